// SPDX-License-Identifier: GPL-2.0-or-later
/* How large a file is for a limit, and which limit a size stands for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/own.h"
#include "images/diskfile.h"

#define MIB	(UINT64_C(1) << 20)
#define GIB	(UINT64_C(1) << 30)
#define HOST	(100 * GIB)

static void without_quotas_the_size_is_the_limit(void **state)
{
	static const uint64_t limits[] = { DISKFILE_LOWEST, 300 * MIB, 10 * GIB, HOST - 4096 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(limits); i++) {
		uint64_t size = diskfile_size(limits[i], false, HOST);

		assert_true(size == limits[i] + 64 * MIB);
		assert_true(diskfile_limit(size, HOST) == limits[i]);
	}
	assert_true(diskfile_limit(diskfile_size(QUOTA_NO_LIMIT, false, HOST), HOST) == QUOTA_NO_LIMIT);
}

static void a_limit_is_rounded_up_to_a_block(void **state)
{
	uint64_t size = diskfile_size(300 * MIB + 1024, false, HOST);

	(void)state;
	assert_true(diskfile_limit(size, HOST) == 300 * MIB + 4096);
}

static void no_file_system_is_smaller_than_xfs_can_be(void **state)
{
	(void)state;
	assert_true(diskfile_size(MIB, false, HOST) == 300 * MIB);
	assert_true(diskfile_size(QUOTA_NO_LIMIT, false, 0) == 300 * MIB);
	assert_true(diskfile_limit(0, HOST) == 0);
}

static void with_quotas_there_is_room_above_the_limit(void **state)
{
	uint64_t limit;

	(void)state;
	for (limit = MIB; limit <= GIB << 30; limit *= 2) {
		uint64_t size = diskfile_size(limit, true, HOST);

		assert_true(size >= limit + limit / 4 && size >= 4 * GIB);
		assert_true(size % 4096 == 0);
		assert_true(size <= diskfile_size(limit * 2, true, HOST));
	}
	assert_true(diskfile_size(QUOTA_NO_LIMIT, true, HOST) >= HOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_quotas_the_size_is_the_limit),
		cmocka_unit_test(a_limit_is_rounded_up_to_a_block),
		cmocka_unit_test(no_file_system_is_smaller_than_xfs_can_be),
		cmocka_unit_test(with_quotas_there_is_room_above_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
