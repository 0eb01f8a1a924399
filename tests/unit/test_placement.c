// SPDX-License-Identifier: LGPL-2.1-or-later
/* Unit tests of isolation/placement.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/own.h"
#include "isolation/placement.h"

static void a_list_is_a_set_of_numbers(void **state)
{
	struct placement set;

	(void)state;
	assert_int_equal(placement_parse("0-3,7,64", &set), 0);
	assert_int_equal(set.bits[0], 0x8f);
	assert_int_equal(set.bits[1], 1);
	assert_int_equal(placement_parse("4095", &set), 0);
	assert_int_equal(set.bits[0], 0);
}

static void what_is_no_list_is_refused_and_leaves_the_set(void **state)
{
	static const char *const wrong[] = {
		"", "-", "1-", "-1", "1,", ",1", "3-1", "a", "1 ", " 1", "0x1", "4096", "1-4096",
		"99999999999999999999", "1--2", "1,,2",
	};
	struct placement set = { .bits = { 5 } };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(placement_parse(wrong[i], &set), -EINVAL);
	assert_int_equal(set.bits[0], 5);
}

static void a_thread_moves_and_comes_back(void **state)
{
	struct placement before, now, none = { .bits = { 0 } };
	struct vps_err err = { 0 }, again = { 0 };

	(void)state;
	assert_int_equal(placement_get_cpus(&before, &err), 0);
	assert_int_equal(placement_set_cpus(&none, &err), -EINVAL);
	assert_int_equal(placement_free_cpus(&again), 0);
	assert_int_equal(placement_set_cpus(&before, &err), 0);
	assert_int_equal(placement_get_cpus(&now, &err), 0);
	assert_memory_equal(&before, &now, sizeof(now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_a_set_of_numbers),
		cmocka_unit_test(what_is_no_list_is_refused_and_leaves_the_set),
		cmocka_unit_test(a_thread_moves_and_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
