// SPDX-License-Identifier: GPL-2.0-or-later
/* What a change of limits overwrites is remembered, so that it can be put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "isolation/cg_stat.h"
#include "isolation/cg_undo.h"
#include "scratch.h"

static void holds(const struct scratch *scratch, const char *file, const char *text)
{
	OWN_FD fd = openat(scratch->fd, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

static void what_is_overwritten_is_remembered_backwards(void **state)
{
	static const struct cg_value values[] = {
		{ "memory.max", "1000" },
		{ "not.there", "1" },
		{ "cpuset.cpus", "0-1" },
		{ "io.max", "8:0 rbps=1\n8:16 wbps=2" },
		{ "io.weight", "default 50" },
		{ "io.weight", "8:0 70" },
		{ "rdma.max", "mlx4_0 hca_handle=2" },
	};
	static const struct cg_value expected[] = {
		{ "rdma.max", "mlx4_0 hca_handle=max hca_object=max" },
		{ "io.weight", "8:0 default" },
		{ "io.weight", "default 100" },
		{ "io.max", "8:0 rbps=max wbps=max riops=max wiops=max\n8:16 rbps=5 wbps=6 riops=max wiops=max" },
		{ "cpuset.cpus", "" },
		{ "memory.max", "max" },
	};
	const struct scratch *scratch = *state;
	const struct cg_value *undo = NULL;
	struct arena arena = { 0 };
	struct vps_err err = { 0 };
	size_t count = 0, i;

	holds(scratch, "memory.max", "max\n");
	holds(scratch, "cpuset.cpus", "\n");
	holds(scratch, "io.max", "8:160 rbps=9\n8:16 rbps=5 wbps=6 riops=max wiops=max\n");
	holds(scratch, "io.weight", "default 100\n");
	holds(scratch, "rdma.max", "");
	assert_int_equal(cg_remember(scratch->fd, values, ARRAY_LEN(values), &arena, &undo, &count, &err), 0);
	assert_int_equal(count, ARRAY_LEN(expected));
	for (i = 0; i < count; i++) {
		assert_string_equal(undo[i].file, expected[i].file);
		assert_string_equal(undo[i].value, expected[i].value);
	}
	arena_free(&arena);
}

static void statistics_are_read_by_line(void **state)
{
	const struct scratch *scratch = *state;
	OWN_CG_STAT stat = { 0 };
	const char *key;
	char *rest;

	holds(scratch, "memory.events", "low 0\noom 3\noom_kill 2\nlonely\n");
	assert_int_equal(cg_stat_number(scratch->fd, "memory.events", "oom_kill"), 2);
	assert_int_equal(cg_stat_number(scratch->fd, "memory.events", "oo"), 0);
	assert_int_equal(cg_stat_number(scratch->fd, "memory.events", "lonely"), 0);
	assert_int_equal(cg_stat_number(scratch->fd, "no.such", "oom"), 0);
	assert_true(cg_stat_open(&stat, scratch->fd, "memory.events"));
	assert_true(cg_stat_next(&stat, &key, &rest));
	assert_string_equal(key, "low");
	assert_string_equal(rest, "0");
	while (cg_stat_next(&stat, &key, &rest))
		;
	assert_string_equal(key, "lonely");
	assert_string_equal(rest, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_overwritten_is_remembered_backwards,
						scratch_make, scratch_drop),
		cmocka_unit_test_setup_teardown(statistics_are_read_by_line, scratch_make, scratch_drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
