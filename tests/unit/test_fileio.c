// SPDX-License-Identifier: GPL-2.0-or-later
/* Files are read within their bound, replaced whole, and trees go however they are built. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "scratch.h"

static void put(int dir_fd, const char *name, const char *text)
{
	struct vps_err err = { 0 };

	assert_int_equal(file_replace(dir_fd, name, text, strlen(text), 0644, false, &err), 0);
}

static unsigned count_entries(int dir_fd)
{
	int dup = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_DIR *dir = fdopendir(dup);
	unsigned count = 0;

	while (readdir(dir))
		count++;
	return count - 2;
}

static void a_file_is_read_whole_and_terminated(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };
	OWN_MEM char *text = NULL;
	size_t len = 0;

	put(scratch->fd, "f", "hello\n");
	assert_int_equal(file_read(scratch->fd, "f", 6, &text, &len, &err), 0);
	assert_int_equal(len, 6);
	assert_string_equal(text, "hello\n");
}

static void a_file_above_the_bound_is_refused(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };
	char *text = NULL;

	put(scratch->fd, "f", "hello\n");
	assert_int_equal(file_read(scratch->fd, "f", 5, &text, NULL, &err), -EFBIG);
	assert_null(text);
	assert_non_null(strstr(err.text, "5 bytes"));
	assert_int_equal(file_read(AT_FDCWD, "/dev/zero", 100000, &text, NULL, &err), -EFBIG);
}

static void a_large_and_an_empty_file_are_read(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };
	OWN_MEM char *big = malloc(300001), *text = NULL, *empty = NULL;
	size_t len = 9;

	memset(big, 'x', 300000);
	big[300000] = '\0';
	put(scratch->fd, "f", big);
	assert_int_equal(file_read(scratch->fd, "f", 300000, &text, &len, &err), 0);
	assert_int_equal(len, 300000);
	assert_string_equal(text, big);
	put(scratch->fd, "f", "");
	assert_int_equal(file_read(scratch->fd, "f", 0, &empty, &len, &err), 0);
	assert_int_equal(len, 0);
	assert_string_equal(empty, "");
}

static void a_missing_file_is_named(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };
	char *text = NULL;

	assert_int_equal(file_read(scratch->fd, "none", 5, &text, NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "none"));
	memset(&err, 0, sizeof(err));
	assert_int_equal(file_write(scratch->fd, "none", "x", &err), -ENOENT);
}

static void a_line_loses_its_newline(void **state)
{
	const struct scratch *scratch = *state;
	char line[8];

	put(scratch->fd, "f", "max\n");
	assert_int_equal(file_read_line(scratch->fd, "f", line, sizeof(line)), 3);
	assert_string_equal(line, "max");
	put(scratch->fd, "f", "0123456789");
	assert_int_equal(file_read_line(scratch->fd, "f", line, sizeof(line)), 7);
	assert_string_equal(line, "0123456");
	put(scratch->fd, "f", "");
	assert_int_equal(file_read_line(scratch->fd, "f", line, sizeof(line)), 0);
	assert_int_equal(file_read_line(scratch->fd, "none", line, sizeof(line)), -ENOENT);
}

static void replacing_leaves_one_file_with_its_mode(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };
	OWN_MEM char *text = NULL;
	struct stat st;

	put(scratch->fd, "f", "old and longer");
	assert_int_equal(file_replace(scratch->fd, "f", "new", 3, 0600, true, &err), 0);
	assert_int_equal(file_read(scratch->fd, "f", 100, &text, NULL, &err), 0);
	assert_string_equal(text, "new");
	assert_int_equal(fstatat(scratch->fd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(count_entries(scratch->fd), 1);
}

static void a_replacement_that_fails_leaves_the_old_and_no_temporary(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };

	assert_int_equal(mkdirat(scratch->fd, "d", 0755), 0);
	assert_int_equal(mkdirat(scratch->fd, "d/inside", 0755), 0);
	assert_true(file_replace(scratch->fd, "d", "new", 3, 0600, false, &err) < 0);
	assert_int_equal(count_entries(scratch->fd), 1);
	assert_int_equal(faccessat(scratch->fd, "d/inside", F_OK, 0), 0);
}

static void directories_are_made_with_their_parents(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };
	OWN_FD fd = dir_make(scratch->fd, "a/b/c", 0700, &err);
	OWN_FD again = dir_make(scratch->fd, "a/b/c", 0700, &err);

	assert_true(fd >= 0 && again >= 0);
	assert_int_equal(faccessat(scratch->fd, "a/b/c", F_OK, 0), 0);
	put(scratch->fd, "file", "");
	assert_int_equal(dir_make(scratch->fd, "file/x", 0700, &err), -ENOTDIR);
	memset(&err, 0, sizeof(err));
	assert_int_equal(dir_make(scratch->fd, "", 0700, &err), -ENAMETOOLONG);
}

/* Chains of directories deeper than the walk goes, with the names that it would move them to. */
static void a_tree_of_any_depth_goes(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE;
	int depth;

	assert_int_equal(mkdirat(scratch->fd, "tree", 0755), 0);
	assert_int_equal(mkdirat(scratch->fd, "tree/.deep-0", 0755), 0);
	put(scratch->fd, "x", "");
	assert_int_equal(renameat(scratch->fd, "x", scratch->fd, "tree/.deep-0/file"), 0);
	assert_int_equal(symlinkat("/", scratch->fd, "tree/.deep-1"), 0);
	fd = openat(scratch->fd, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (depth = 0; depth < 500; depth++) {
		int down;

		assert_int_equal(mkdirat(fd, "d", 0755), 0);
		put(fd, "f", "text");
		down = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		own_close(&fd);
		fd = down;
	}
	assert_int_equal(tree_remove(scratch->fd, "tree", &err), 0);
	assert_int_equal(faccessat(scratch->fd, "tree", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

static void removing_never_follows_a_symlink(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };

	assert_int_equal(mkdirat(scratch->fd, "keep", 0755), 0);
	assert_int_equal(mkdirat(scratch->fd, "keep/inside", 0755), 0);
	assert_int_equal(mkdirat(scratch->fd, "tree", 0755), 0);
	assert_int_equal(symlinkat("../keep", scratch->fd, "tree/link"), 0);
	assert_int_equal(symlinkat("keep", scratch->fd, "top"), 0);
	assert_int_equal(tree_remove(scratch->fd, "tree", &err), 0);
	assert_int_equal(tree_remove(scratch->fd, "top", &err), 0);
	assert_int_equal(faccessat(scratch->fd, "keep/inside", F_OK, 0), 0);
}

static void removing_what_is_not_there_is_success(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };

	assert_int_equal(tree_remove(scratch->fd, "none", &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_file_is_read_whole_and_terminated),
		scratch_test(a_file_above_the_bound_is_refused),
		scratch_test(a_large_and_an_empty_file_are_read),
		scratch_test(a_missing_file_is_named),
		scratch_test(a_line_loses_its_newline),
		scratch_test(replacing_leaves_one_file_with_its_mode),
		scratch_test(a_replacement_that_fails_leaves_the_old_and_no_temporary),
		scratch_test(directories_are_made_with_their_parents),
		scratch_test(a_tree_of_any_depth_goes),
		scratch_test(removing_never_follows_a_symlink),
		scratch_test(removing_what_is_not_there_is_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
