// SPDX-License-Identifier: LGPL-2.1-or-later
/* One table of suffixes, one parser, one printer; called by specs and command lines. */
#include "units.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct suffix {
	const char *text;
	uint64_t    scale;	/* steps of the unit's scale in one of these */
};

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)

#define KILO UINT64_C(1000)
#define MEGA (1000 * KILO)
#define GIGA (1000 * MEGA)
#define TERA (1000 * GIGA)

/* First of equals is what unit_format() writes; largest first. */
static const struct suffix byte_suffixes[] = {
	{ "T", TIB }, { "G", GIB }, { "M", MIB }, { "K", KIB }, { "", 1 },
	{ "TiB", TIB }, { "GiB", GIB }, { "MiB", MIB }, { "KiB", KIB }, { "B", 1 },
	{ "TB", TIB }, { "GB", GIB }, { "MB", MIB }, { "KB", KIB }, { "kB", KIB },
	{ "t", TIB }, { "g", GIB }, { "m", MIB }, { "k", KIB },
	{ NULL, 0 },
};
static const struct suffix count_suffixes[] = { { "", 1 }, { NULL, 0 } };
static const struct suffix cpu_suffixes[] = { { "", 1000 }, { NULL, 0 } };
static const struct suffix rate_suffixes[] = {
	{ "Tbit", TERA }, { "Gbit", GIGA }, { "Mbit", MEGA }, { "Kbit", KILO }, { "bit", 1 },
	{ "tbit", TERA }, { "gbit", GIGA }, { "mbit", MEGA }, { "kbit", KILO }, { "", 1 },
	{ NULL, 0 },
};
static const struct suffix time_suffixes[] = {
	{ "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { "", 1000 },
	{ NULL, 0 },
};

static const struct unit_info {
	const struct suffix *suffixes;
	const char          *example;
} units[UNIT_KINDS] = {
	[UNIT_COUNT]   = { count_suffixes, "a whole number" },
	[UNIT_BYTES]   = { byte_suffixes, "a size such as 512M or 2G" },
	[UNIT_CPUS]    = { cpu_suffixes, "a number of processors such as 1.5" },
	[UNIT_RATE]    = { rate_suffixes, "a rate such as 100Mbit" },
	[UNIT_SECONDS] = { time_suffixes, "a time such as 30s or 5m" },
};

static bool add_digit(uint64_t *value, char digit)
{
	return !__builtin_mul_overflow(*value, 10, value) &&
	       !__builtin_add_overflow(*value, (uint64_t)(digit - '0'), value);
}

/* whole.fraction times scale, only if that comes out even. */
static int combine(uint64_t whole, uint64_t fraction, uint64_t divisor, uint64_t scale,
		   uint64_t *ret_value)
{
	unsigned __int128 rest = (unsigned __int128)fraction * scale;	/* 1e9 TiB at most */
	uint64_t value;

	if (rest % divisor)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, scale, &value) ||
	    __builtin_add_overflow(value, (uint64_t)(rest / divisor), &value))
		return -ERANGE;
	if (value == UINT64_MAX)	/* taken: it means "max" */
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int unit_parse(enum unit unit, const char *text, uint64_t *ret_value)
{
	uint64_t whole = 0, fraction = 0, divisor = 1;
	const struct suffix *suffix;

	if (strcmp(text, "max") == 0) {
		*ret_value = UINT64_MAX;
		return 0;
	}
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	for (; isdigit((unsigned char)*text); text++)
		if (!add_digit(&whole, *text))
			return -ERANGE;
	if (*text == '.') {
		if (!isdigit((unsigned char)*++text))
			return -EINVAL;
		for (; isdigit((unsigned char)*text); text++)
			if (divisor > 100000000 || !add_digit(&fraction, *text))
				return -EINVAL;
			else
				divisor *= 10;
	}
	for (suffix = units[unit].suffixes; suffix->text; suffix++)
		if (strcmp(text, suffix->text) == 0)
			return combine(whole, fraction, divisor, suffix->scale, ret_value);
	return -EINVAL;
}

/* Thousandths as a decimal without zeros at its end: 1500 is "1.5". */
static void format_thousandths(uint64_t value, char *buf, size_t size)
{
	char fraction[8];
	int len = snprintf(fraction, sizeof(fraction), ".%03u", (unsigned)(value % 1000));

	while (fraction[len - 1] == '0')
		fraction[--len] = '\0';
	if (len == 1)
		fraction[0] = '\0';
	(void)snprintf(buf, size, "%ju%s", (uintmax_t)(value / 1000), fraction);
}

const char *unit_format(enum unit unit, uint64_t value, char *buf, size_t size)
{
	const struct suffix *suffix = units[unit].suffixes;

	if (value == UINT64_MAX) {
		(void)snprintf(buf, size, "max");
	} else if (unit == UNIT_CPUS) {
		format_thousandths(value, buf, size);
	} else {
		while (suffix->scale > 1 && (value == 0 || value % suffix->scale))
			suffix++;
		(void)snprintf(buf, size, "%ju%s", (uintmax_t)(value / suffix->scale), suffix->text);
	}
	return buf;
}

const char *unit_example(enum unit unit)
{
	return units[unit].example;
}

int number_parse(const char *text, uint64_t lowest, uint64_t highest, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return -EINVAL;
		if (!add_digit(&value, *text))
			return -ERANGE;
	}
	if (value < lowest || value > highest)
		return -ERANGE;
	*ret_value = value;
	return 0;
}
