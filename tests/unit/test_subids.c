// SPDX-License-Identifier: GPL-2.0-or-later
/* Ids that belong to users of the host are recognised, and other text is passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/own.h"
#include "runtime/subids.h"

static void lines_become_ranges_and_others_are_passed_over(void **state)
{
	static const char text[] =
		"alice:100000:65536\n"
		"# a comment\n"
		"\n"
		"bob:x:65536\n"
		"bob:200000\n"
		"bob:200000:0\n"
		"bob:-1:5\n"
		"carol:99999999999999999999999999999999:5\n"
		"0:300000:1:2\n"
		":\n"
		"dave:4294967295:1";
	struct subids subids = { 0 };

	(void)state;
	assert_int_equal(subids_parse(&subids, text), 0);
	assert_int_equal(subids.count, 2);
	assert_int_equal(subids.ranges[0].first, 100000);
	assert_int_equal(subids.ranges[0].end, 165536);
	assert_int_equal(subids.ranges[1].first, 4294967295);
	subids_free(&subids);
	assert_int_equal(subids.count, 0);
}

static void overlap_is_any_shared_id(void **state)
{
	static const struct { uint64_t first, count, end; } rows[] = {
		{ 0, 100, 0 }, { 0, 101, 200 }, { 100, 1, 200 }, { 199, 1, 200 }, { 200, 10, 0 },
		{ 150, 10, 200 }, { 0, 1000, 200 }, { 299, 2, 301 },
	};
	struct subids subids = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(subids_parse(&subids, "a:100:100\nb:300:1\n"), 0);
	for (i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(subids_overlap(&subids, rows[i].first, rows[i].count),
				 rows[i].end);
	subids_free(&subids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_ranges_and_others_are_passed_over),
		cmocka_unit_test(overlap_is_any_shared_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
