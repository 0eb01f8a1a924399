// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of statistics is sound, and reads what the kernel writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "runtime/statistics.h"

static void every_row_is_whole(void **state)
{
	int id, other;

	(void)state;
	for (id = 0; id < STATISTICS; id++) {
		const bool is_in_file = statistics[id].form != STAT_QUOTA && statistics[id].form != STAT_LINK;

		assert_non_null(statistics[id].name);
		assert_int_equal(is_in_file, statistics[id].file != NULL);
		if (statistics[id].file)
			assert_non_null(strchr(statistics[id].file, '.'));
		assert_int_equal(!is_in_file || statistics[id].form == STAT_NUMBER,
				 statistics[id].key == NULL);
		assert_in_range(statistics[id].limit, 0, RESOURCES);
		for (other = 0; other < id; other++)
			assert_string_not_equal(statistics[id].name, statistics[other].name);
	}
}

static void what_the_kernel_writes_is_read(void **state)
{
	static const struct { enum statistic_id id; const char *text; int64_t value; } rows[] = {
		{ STAT_CPU, "usage_usec 12\nuser_usec 3\n", 12 },
		{ STAT_THROTTLED, "usage_usec 12\nnr_throttled 7\nthrottled_usec 5\n", 5 },
		{ STAT_THROTTLED, "usage_usec 12\n", -1 },
		{ STAT_MEMORY, "4096\n", 4096 },
		{ STAT_MEMORY, "", -1 },
		{ STAT_MEMORY, "99999999999999999999\n", -1 },
		{ STAT_READ, "8:0 rbytes=1 wbytes=2 rios=3 wios=4\n8:16 rbytes=10 wbytes=20 rios=30 wios=40\n", 11 },
		{ STAT_WRITES, "8:0 rbytes=1 wbytes=2 rios=3 wios=4\n8:16 rbytes=10 wbytes=20 rios=30 wios=40\n", 44 },
		/* what goes through a loop device is counted where its file lies */
		{ STAT_READ, "7:3 rbytes=5 wbytes=0 rios=1 wios=0\n8:0 rbytes=5 wbytes=0 rios=1 wios=0\n", 5 },
		{ STAT_READ, "8:0 wbytes=2\n8:16 rbytes=10 wbytes=20\n", 10 },
		{ STAT_READ, "", 0 },
		{ STAT_READ, "8:0 rbytes=x", -1 },
		{ STAT_MEMORY_FULL, "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\nfull avg10=0.00 total=6\n", 6 },
		{ STAT_MEMORY_SOME, "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n", 5 },
		{ STAT_MEMORY_FULL, "some total=5\n", -1 },
		{ STAT_OOM_KILLS, "oom 3\noom_kill 2\noom_group_kill 1\n", 2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(statistic_parse(rows[i].id, rows[i].text), rows[i].value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_whole),
		cmocka_unit_test(what_the_kernel_writes_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
