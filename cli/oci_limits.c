// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes the options of `update` as a resources document, which the parser of configs then checks. */
#include "cli/oci_limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/own.h"
#include "base/units.h"

#define MAJOR_MAX	4095
#define MINOR_MAX	1048575

static const struct limit_row {
	const char *option, *section, *key;
	enum { VALUE_NUMBER, VALUE_BYTES, VALUE_LIST } kind;
} rows[LIMITS] = {
	[LIMIT_MEMORY]      = { "memory",             "memory",  "limit",           VALUE_BYTES },
	[LIMIT_SWAP]        = { "memory-swap",        "memory",  "swap",            VALUE_BYTES },
	[LIMIT_RESERVATION] = { "memory-reservation", "memory",  "reservation",     VALUE_BYTES },
	[LIMIT_SHARES]      = { "cpu-share",          "cpu",     "shares",          VALUE_NUMBER },
	[LIMIT_QUOTA]       = { "cpu-quota",          "cpu",     "quota",           VALUE_NUMBER },
	[LIMIT_PERIOD]      = { "cpu-period",         "cpu",     "period",          VALUE_NUMBER },
	[LIMIT_BURST]       = { "cpu-burst",          "cpu",     "burst",           VALUE_NUMBER },
	[LIMIT_IDLE]        = { "cpu-idle",           "cpu",     "idle",            VALUE_NUMBER },
	[LIMIT_RT_PERIOD]   = { "cpu-rt-period",      "cpu",     "realtimePeriod",  VALUE_NUMBER },
	[LIMIT_RT_RUNTIME]  = { "cpu-rt-runtime",     "cpu",     "realtimeRuntime", VALUE_NUMBER },
	[LIMIT_CPUS]        = { "cpuset-cpus",        "cpu",     "cpus",            VALUE_LIST },
	[LIMIT_MEMS]        = { "cpuset-mems",        "cpu",     "mems",            VALUE_LIST },
	[LIMIT_PIDS]        = { "pids-limit",         "pids",    "limit",           VALUE_NUMBER },
	[LIMIT_WEIGHT]      = { "blkio-weight",       "blockIO", "weight",          VALUE_NUMBER },
};

static const struct rate_row {
	const char *option, *key;
	enum unit   unit;
} rate_rows[RATES] = {
	[RATE_READ_BPS]   = { "blkio-device-read-bps",   "throttleReadBpsDevice",   UNIT_BYTES },
	[RATE_WRITE_BPS]  = { "blkio-device-write-bps",  "throttleWriteBpsDevice",  UNIT_BYTES },
	[RATE_READ_IOPS]  = { "blkio-device-read-iops",  "throttleReadIOPSDevice",  UNIT_COUNT },
	[RATE_WRITE_IOPS] = { "blkio-device-write-iops", "throttleWriteIOPSDevice", UNIT_COUNT },
};

static const char *const sections[] = { "memory", "cpu", "pids", "blockIO" };

static int put_limit(FILE *out, const struct limit_row *row, const char *text, struct vps_err *err)
{
	const char *digits = text + (*text == '-');
	bool is_bytes = row->kind == VALUE_BYTES;
	uint64_t value;

	if (row->kind == VALUE_LIST) {
		if (text[strspn(text, "0123456789,-")])
			return vps_err_say(err, -EINVAL, "--%s: \"%.60s\" is not a list such as 0-2,4",
					   row->option, text);
		(void)fprintf(out, "\"%s\": \"%s\"", row->key, text);
		return 0;
	}
	if (is_bytes && *text != '-' ? unit_parse(UNIT_BYTES, text, &value) < 0 || value > INT64_MAX :
				       number_parse(digits, 0, INT64_MAX, &value) < 0)
		return vps_err_say(err, -EINVAL, "--%s: \"%.60s\" is not %s", row->option, text,
				   unit_example(is_bytes ? UNIT_BYTES : UNIT_COUNT));
	(void)fprintf(out, "\"%s\": %s%ju", row->key, digits == text ? "" : "-", (uintmax_t)value);
	return 0;
}

/* "8:0" or "/dev/sda". */
static int parse_device(const char *text, unsigned *ret_major, unsigned *ret_minor)
{
	const char *colon = strchr(text, ':');
	uint64_t first, second;
	char number[8];
	struct stat st;

	if (*text == '/') {
		if (stat(text, &st) < 0)
			return -errno;
		*ret_major = major(st.st_rdev);
		*ret_minor = minor(st.st_rdev);
		return S_ISBLK(st.st_mode) ? 0 : -ENOTBLK;
	}
	if (!colon || colon - text >= (ptrdiff_t)sizeof(number))
		return -EINVAL;
	(void)snprintf(number, sizeof(number), "%.*s", (int)(colon - text), text);
	if (number_parse(number, 0, MAJOR_MAX, &first) < 0 ||
	    number_parse(colon + 1, 0, MINOR_MAX, &second) < 0)
		return -EINVAL;
	*ret_major = (unsigned)first;
	*ret_minor = (unsigned)second;
	return 0;
}

static int put_rate(FILE *out, const struct rate_row *row, const char *text, struct vps_err *err)
{
	const char *colon = strrchr(text, ':');
	OWN_MEM char *device = colon ? strndup(text, (size_t)(colon - text)) : NULL;
	unsigned major_number = 0, minor_number = 0;
	uint64_t rate;
	int r;

	if (!device || unit_parse(row->unit, colon + 1, &rate) < 0)
		return vps_err_say(err, -EINVAL, "--%s: \"%.60s\" is not a device and %s such as 8:0:%s",
				   row->option, text, row->unit == UNIT_BYTES ? "a rate" : "a number",
				   row->unit == UNIT_BYTES ? "10M" : "100");
	r = parse_device(device, &major_number, &minor_number);
	if (r < 0)
		return vps_err_set(err, r, "--%s: \"%.60s\" is not a block device", row->option, device);
	/* A rate of 0 is none: so is "max". */
	(void)fprintf(out, "{\"major\": %u, \"minor\": %u, \"rate\": %ju}", major_number, minor_number,
		      rate == UINT64_MAX ? 0 : (uintmax_t)rate);
	return 0;
}

static int put_rates(FILE *out, const struct rate_row *row, const struct text_list *list,
		     struct vps_err *err)
{
	size_t i;
	int r = 0;

	(void)fprintf(out, "\"%s\": [", row->key);
	for (i = 0; r == 0 && i < list->count; i++) {
		if (i)
			(void)fputs(", ", out);
		r = put_rate(out, row, list->items[i], err);
	}
	(void)fputc(']', out);
	return r;
}

/* The members of one section. */
static int put_section(FILE *out, const struct limits *limits, const char *section,
		       struct vps_err *err)
{
	const char *gap = "";
	size_t i;
	int r = 0;

	(void)fprintf(out, "\"%s\": {", section);
	for (i = 0; r == 0 && i < LIMITS; i++) {
		if (strcmp(rows[i].section, section) || !limits->limits[i])
			continue;
		(void)fputs(gap, out);
		r = put_limit(out, &rows[i], limits->limits[i], err);
		gap = ", ";
	}
	for (i = 0; r == 0 && !strcmp(section, "blockIO") && i < RATES; i++) {
		if (!limits->rates[i].count)
			continue;
		(void)fputs(gap, out);
		r = put_rates(out, &rate_rows[i], &limits->rates[i], err);
		gap = ", ";
	}
	(void)fputc('}', out);
	return r;
}

int limits_document(const struct limits *limits, char **ret_text, size_t *ret_len,
		    struct vps_err *err)
{
	FILE *out = open_memstream(ret_text, ret_len);
	size_t i;
	int r = 0;

	if (!out)
		return vps_err_set(err, -errno, "cannot compose the limits");
	(void)fputc('{', out);
	for (i = 0; i < ARRAY_LEN(sections) && r == 0; i++) {
		if (i)
			(void)fputs(", ", out);
		r = put_section(out, limits, sections[i], err);
	}
	(void)fputc('}', out);
	if (fclose(out) != 0 && r == 0)
		r = vps_err_set(err, -ENOMEM, "cannot compose the limits");
	return r;
}
