// SPDX-License-Identifier: GPL-2.0-or-later
/* Amounts survive the way to text and back, and nothing else is taken for one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "base/units.h"

#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)

static void unit_parse_reads_what_people_write(void **state)
{
	static const struct { enum unit unit; const char *text; uint64_t value; } rows[] = {
		{ UNIT_COUNT, "0", 0 },
		{ UNIT_COUNT, "max", UINT64_MAX },
		{ UNIT_COUNT, "18446744073709551614", UINT64_MAX - 1 },
		{ UNIT_BYTES, "4096", 4096 },
		{ UNIT_BYTES, "512M", 512 << 20 },
		{ UNIT_BYTES, "512MiB", 512 << 20 },
		{ UNIT_BYTES, "1.5G", GIB * 3 / 2 },
		{ UNIT_BYTES, "0.500000000T", TIB / 2 },
		{ UNIT_BYTES, "2kB", 2048 },
		{ UNIT_CPUS, "1.5", 1500 },
		{ UNIT_CPUS, "0.1", 100 },
		{ UNIT_CPUS, "0.100000000", 100 },
		{ UNIT_CPUS, "2", 2000 },
		{ UNIT_RATE, "100Mbit", 100000000 },
		{ UNIT_RATE, "1gbit", 1000000000 },
		{ UNIT_RATE, "2.5Gbit", 2500000000 },
		{ UNIT_RATE, "0.1Tbit", 100000000000 },
		{ UNIT_RATE, "0.008Kbit", 8 },
		{ UNIT_RATE, "64000", 64000 },
		{ UNIT_RATE, "64000bit", 64000 },
		{ UNIT_SECONDS, "30", 30000 },
		{ UNIT_SECONDS, "1.5s", 1500 },
		{ UNIT_SECONDS, "5m", 300000 },
		{ UNIT_SECONDS, "2h", 7200000 },
		{ UNIT_SECONDS, "250ms", 250 },
	};
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(unit_parse(rows[i].unit, rows[i].text, &value), 0);
		assert_int_equal(value, rows[i].value);
	}
}

static void unit_parse_refuses_what_is_no_amount(void **state)
{
	static const struct { enum unit unit; const char *text; int r; } rows[] = {
		{ UNIT_COUNT, "", -EINVAL }, { UNIT_COUNT, "-1", -EINVAL },
		{ UNIT_COUNT, "+1", -EINVAL }, { UNIT_COUNT, " 1", -EINVAL },
		{ UNIT_COUNT, "1 ", -EINVAL }, { UNIT_COUNT, "0x10", -EINVAL },
		{ UNIT_COUNT, "1e3", -EINVAL }, { UNIT_COUNT, "1.5", -EINVAL },
		{ UNIT_COUNT, "1K", -EINVAL }, { UNIT_COUNT, "Max", -EINVAL },
		{ UNIT_COUNT, "18446744073709551615", -ERANGE },
		{ UNIT_COUNT, "18446744073709551616", -ERANGE },
		{ UNIT_BYTES, "1.", -EINVAL }, { UNIT_BYTES, ".5G", -EINVAL },
		{ UNIT_BYTES, "1X", -EINVAL }, { UNIT_BYTES, "1 G", -EINVAL },
		{ UNIT_BYTES, "0.1", -EINVAL }, { UNIT_BYTES, "0.999999999T", -EINVAL },
		{ UNIT_BYTES, "16777216T", -ERANGE },
		{ UNIT_BYTES, "0.0000000001T", -EINVAL },
		{ UNIT_CPUS, "1.0005", -EINVAL }, { UNIT_CPUS, "1.5M", -EINVAL },
		{ UNIT_RATE, "100M", -EINVAL }, { UNIT_RATE, "1.5MB", -EINVAL },
		{ UNIT_RATE, "1Mbps", -EINVAL }, { UNIT_RATE, "0.0005Kbit", -EINVAL },
		{ UNIT_SECONDS, "1.0001s", -EINVAL }, { UNIT_SECONDS, "5d", -EINVAL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t value = 42;

		assert_int_equal(unit_parse(rows[i].unit, rows[i].text, &value), rows[i].r);
		assert_int_equal(value, 42);
	}
}

static void unit_format_is_what_parses_back(void **state)
{
	static const uint64_t seeds[] = {
		0, 1, 2, 7, 8, 10, 124, 125, 126, 999, 1000, 1001, 1023, 1024, 1025, 1500, 4095,
		4096, 125000, 125001, 12500000, 123456789, 1 << 20, (1 << 20) + 1, GIB, TIB, TIB + 1,
		UINT64_MAX / 125, UINT64_MAX / 8, UINT64_MAX - 1, UINT64_MAX,
	};
	char text[40];
	uint64_t value;
	size_t i;
	int unit;

	(void)state;
	for (unit = 0; unit < UNIT_KINDS; unit++) {
		for (i = 0; i < ARRAY_LEN(seeds); i++) {
			(void)unit_format((enum unit)unit, seeds[i], text, sizeof(text));
			assert_int_equal(unit_parse((enum unit)unit, text, &value), 0);
			assert_int_equal(value, seeds[i]);
		}
	}
}

static void unit_format_is_short(void **state)
{
	static const struct { enum unit unit; uint64_t value; const char *text; } rows[] = {
		{ UNIT_BYTES, 512 << 20, "512M" },   { UNIT_BYTES, GIB * 3 / 2, "1536M" },
		{ UNIT_BYTES, 0, "0" },		     { UNIT_BYTES, 1025, "1025" },
		{ UNIT_CPUS, 1500, "1.5" },	     { UNIT_CPUS, 2000, "2" },
		{ UNIT_CPUS, 10, "0.01" },	     { UNIT_RATE, 100000000, "100Mbit" },
		{ UNIT_RATE, 1500000, "1500Kbit" },  { UNIT_RATE, 64001, "64001bit" },
		{ UNIT_RATE, 0, "0bit" },
		{ UNIT_SECONDS, 300000, "5m" },	     { UNIT_SECONDS, 1500, "1500ms" },
		{ UNIT_COUNT, UINT64_MAX, "max" },
	};
	char text[40];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(unit_format(rows[i].unit, rows[i].value, text, sizeof(text)),
				    rows[i].text);
}

static void every_unit_has_an_example(void **state)
{
	int unit;

	(void)state;
	for (unit = 0; unit < UNIT_KINDS; unit++)
		assert_non_null(unit_example((enum unit)unit));
}

static void number_parse_is_strict(void **state)
{
	uint64_t value = 42;

	(void)state;
	assert_int_equal(number_parse("", 0, 9, &value), -EINVAL);
	assert_int_equal(number_parse("-1", 0, 9, &value), -EINVAL);
	assert_int_equal(number_parse("1 ", 0, 9, &value), -EINVAL);
	assert_int_equal(number_parse("0x1", 0, 9, &value), -EINVAL);
	assert_int_equal(number_parse("10", 0, 9, &value), -ERANGE);
	assert_int_equal(number_parse("0", 1, 9, &value), -ERANGE);
	assert_int_equal(number_parse("18446744073709551616", 0, UINT64_MAX, &value), -ERANGE);
	assert_int_equal(value, 42);
	assert_int_equal(number_parse("18446744073709551615", 0, UINT64_MAX, &value), 0);
	assert_int_equal(value, UINT64_MAX);
	assert_int_equal(number_parse("007", 0, 9, &value), 0);
	assert_int_equal(value, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unit_parse_reads_what_people_write),
		cmocka_unit_test(unit_parse_refuses_what_is_no_amount),
		cmocka_unit_test(unit_format_is_what_parses_back),
		cmocka_unit_test(unit_format_is_short),
		cmocka_unit_test(every_unit_has_an_example),
		cmocka_unit_test(number_parse_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
