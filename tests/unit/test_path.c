// SPDX-License-Identifier: GPL-2.0-or-later
/* No path, however a tenant built the tree, leaves the root that it is resolved in. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "base/path.h"
#include "scratch.h"

/* A root with a way out of every kind, and "outside" beside it. */
static int root_with_traps(const struct scratch *scratch)
{
	int fd = scratch->fd;

	assert_int_equal(mkdirat(fd, "outside", 0755), 0);
	assert_int_equal(mkdirat(fd, "root", 0755), 0);
	assert_int_equal(mkdirat(fd, "root/dir", 0755), 0);
	assert_int_equal(symlinkat("../outside", fd, "root/up"), 0);
	assert_int_equal(symlinkat(scratch->path, fd, "root/absolute"), 0);
	assert_int_equal(symlinkat("/dir", fd, "root/inside"), 0);
	assert_int_equal(symlinkat("/nowhere", fd, "root/dangling"), 0);
	assert_int_equal(symlinkat("loop", fd, "root/loop"), 0);
	assert_int_equal(symlinkat("/proc/self/root", fd, "root/magic"), 0);
	return openat(fd, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool is_same(int fd, int dir_fd, const char *name)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(dir_fd, name, &b, 0) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

static void resolution_stays_inside_the_root(void **state)
{
	const struct scratch *scratch = *state;
	OWN_FD root = root_with_traps(scratch);
	static const struct { const char *path, *is; } rows[] = {
		{ "", "root" }, { "/", "root" }, { "..", "root" }, { "/../../..", "root" },
		{ "dir", "root/dir" }, { "/dir", "root/dir" }, { "inside", "root/dir" },
		{ "dir/../../dir", "root/dir" },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		OWN_FD fd = path_open_in_root(root, rows[i].path, O_PATH, 0);

		assert_true(fd >= 0);
		assert_true(is_same(fd, scratch->fd, rows[i].is));
	}
	assert_int_equal(path_open_in_root(root, "up", O_PATH, 0), -ENOENT);
	assert_int_equal(path_open_in_root(root, "absolute", O_PATH, 0), -ENOENT);
	assert_int_equal(path_open_in_root(root, "dangling", O_PATH, 0), -ENOENT);
	assert_int_equal(path_open_in_root(root, "loop", O_PATH, 0), -ELOOP);
	assert_int_equal(path_open_in_root(root, "magic", O_PATH, 0), -ENOENT);
}

static void magic_links_are_refused(void **state)
{
	OWN_FD proc = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(path_open_in_root(proc, "root", O_PATH, 0), -ELOOP);
	assert_int_equal(path_open_in_root(proc, "fd/0", O_PATH, 0), -ELOOP);
}

static void directories_are_made_inside_only(void **state)
{
	const struct scratch *scratch = *state;
	OWN_FD root = root_with_traps(scratch);
	OWN_FD deep = path_make_dir_in_root(root, "/a/b/c", 0755);
	OWN_FD again = path_make_dir_in_root(root, "a//b/c/", 0755);
	OWN_FD through = path_make_dir_in_root(root, "inside/new", 0755);

	assert_true(is_same(deep, scratch->fd, "root/a/b/c"));
	assert_true(is_same(again, scratch->fd, "root/a/b/c"));
	assert_true(is_same(through, scratch->fd, "root/dir/new"));
	assert_true(path_make_dir_in_root(root, "up/new", 0755) < 0);
	assert_true(path_make_dir_in_root(root, "absolute/new", 0755) < 0);
	assert_true(path_make_dir_in_root(root, "dangling", 0755) < 0);
	assert_true(path_make_dir_in_root(root, "loop/x", 0755) < 0);
	assert_int_equal(faccessat(scratch->fd, "outside/new", F_OK, 0), -1);
	assert_int_equal(faccessat(scratch->fd, "new", F_OK, 0), -1);
}

static void files_are_made_inside_only(void **state)
{
	const struct scratch *scratch = *state;
	OWN_FD root = root_with_traps(scratch);
	OWN_FD file = path_make_file_in_root(root, "/x/y/file", 0600);
	OWN_FD top = path_make_file_in_root(root, "top", 0600);
	OWN_FD existing = path_make_file_in_root(root, "top", 0600);

	assert_true(is_same(file, scratch->fd, "root/x/y/file"));
	assert_true(is_same(top, scratch->fd, "root/top"));
	assert_true(is_same(existing, scratch->fd, "root/top"));
	assert_true(path_make_file_in_root(root, "dangling", 0600) < 0);
	assert_true(path_make_file_in_root(root, "up/file", 0600) < 0);
	assert_true(path_make_file_in_root(root, "top/below", 0600) < 0);
	assert_int_equal(faccessat(scratch->fd, "outside/file", F_OK, 0), -1);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
	const struct scratch *scratch = *state;
	char path[PATH_MAX + 10];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(path_make_dir_in_root(scratch->fd, path, 0755), -ENAMETOOLONG);
	assert_int_equal(path_make_file_in_root(scratch->fd, path, 0755), -ENAMETOOLONG);
}

static void a_descriptor_has_a_path(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(path_of_fd(7, buf), "/proc/self/fd/7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(resolution_stays_inside_the_root),
		cmocka_unit_test(magic_links_are_refused),
		scratch_test(directories_are_made_inside_only),
		scratch_test(files_are_made_inside_only),
		scratch_test(a_path_that_is_too_long_is_refused),
		cmocka_unit_test(a_descriptor_has_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
