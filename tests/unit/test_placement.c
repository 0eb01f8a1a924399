// SPDX-License-Identifier: LGPL-2.1-or-later
/* Unit tests of isolation/placement.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>

#include <cmocka.h>

#include "isolation/placement.h"

static void a_thread_moves_and_comes_back(void **state)
{
	struct cpulist before, now, none = { 0 };
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
		cmocka_unit_test(a_thread_moves_and_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
