// SPDX-License-Identifier: LGPL-2.1-or-later
/* Unit tests of base/cpulist.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cpulist.h"
#include "base/own.h"

static void a_list_is_a_set_of_numbers(void **state)
{
	struct cpulist set;

	(void)state;
	assert_true(cpulist_parse("0-3,7,64", &set));
	assert_int_equal(set.words[0], 0x8f);
	assert_int_equal(set.words[1], 1);
	assert_true(cpulist_parse("8191", &set));
	assert_int_equal(set.words[0], 0);
	assert_true(cpulist_parse("", &set));
	assert_int_equal(set.words[127], 0);
}

static void what_is_no_list_is_refused(void **state)
{
	static const char *const wrong[] = {
		"-", "1-", "-1", "1,", ",1", "3-1", "a", "1 ", " 1", "0x1", "8192", "1-8192",
		"99999999999999999999", "1--2", "1,,2",
	};
	struct cpulist set;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(cpulist_parse(wrong[i], &set));
}

static void sets_are_compared(void **state)
{
	struct cpulist few, many, others;

	(void)state;
	assert_true(cpulist_parse("2,100", &few));
	assert_true(cpulist_parse("0-127", &many));
	assert_true(cpulist_parse("101", &others));
	assert_true(cpulist_is_within(&few, &many));
	assert_false(cpulist_is_within(&many, &few));
	assert_true(cpulist_overlaps(&few, &many));
	assert_false(cpulist_overlaps(&few, &others));
	assert_true(cpulist_is_equal(&few, &few));
	assert_false(cpulist_is_equal(&few, &many));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_a_set_of_numbers),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(sets_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
