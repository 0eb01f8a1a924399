// SPDX-License-Identifier: GPL-2.0-or-later
/* A tree that is copied whole is the same tree; a small one has the same files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cmocka.h>

#include "base/own.h"
#include "base/tree_copy.h"
#include "need.h"
#include "scratch.h"

static const char *no_root;	/* owners, devices and trusted attributes are root's to make */

struct trees {
	int from, to;
};

static struct trees make_trees(const struct scratch *scratch)
{
	struct trees trees;

	assert_int_equal(mkdirat(scratch->fd, "from", 0755), 0);
	assert_int_equal(mkdirat(scratch->fd, "to", 0700), 0);
	trees.from = openat(scratch->fd, "from", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	trees.to = openat(scratch->fd, "to", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(trees.from >= 0 && trees.to >= 0);
	return trees;
}

static void drop(struct trees *trees)
{
	own_close(&trees->from);
	own_close(&trees->to);
}

static void put(int dir_fd, const char *name, const char *text)
{
	OWN_FD fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

static struct stat look(int dir_fd, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

static void copy(const struct trees *trees, enum tree_copy_mode mode)
{
	struct vps_err err = { 0 };

	if (tree_copy(trees->from, trees->to, mode, &err) < 0)
		fail_msg("%s", err.text);
}

static void same(const struct trees *trees, const char *name)
{
	struct stat a = look(trees->from, name), b = look(trees->to, name);

	assert_int_equal(a.st_mode, b.st_mode);
	assert_int_equal(a.st_uid, b.st_uid);
	assert_int_equal(a.st_gid, b.st_gid);
	assert_int_equal(a.st_rdev, b.st_rdev);
	assert_int_equal(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
	assert_int_equal(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
	if (!S_ISDIR(a.st_mode))
		assert_int_equal(a.st_nlink, b.st_nlink);
	if (S_ISREG(a.st_mode))
		assert_int_equal(a.st_size, b.st_size);
}

static void what_every_kind_of_file_is_it_stays(void **state)
{
	static const char *const names[] = { ".", "d", "d/file", "d/link", "d/fifo", "d/socket",
					     "d/whiteout", "d/setuid" };
	struct trees trees;
	char target[32] = "";
	size_t i;

	need(no_root);
	trees = make_trees(*state);
	assert_int_equal(mkdirat(trees.from, "d", 02750), 0);
	put(trees.from, "d/file", "text");
	put(trees.from, "d/setuid", "");
	assert_int_equal(fchownat(trees.from, "d/setuid", 7, 8, 0), 0);
	assert_int_equal(fchmodat(trees.from, "d/setuid", 06755, 0), 0);
	assert_int_equal(symlinkat("../nowhere", trees.from, "d/link"), 0);
	assert_int_equal(mknodat(trees.from, "d/fifo", S_IFIFO | 0600, 0), 0);
	assert_int_equal(mknodat(trees.from, "d/socket", S_IFSOCK | 0600, 0), 0);
	assert_int_equal(mknodat(trees.from, "d/whiteout", S_IFCHR, makedev(0, 0)), 0);
	assert_int_equal(fchmod(trees.from, 01711), 0);
	assert_int_equal(fchown(trees.from, 3, 4), 0);
	copy(&trees, TREE_COPY_WHOLE);
	for (i = 0; i < ARRAY_LEN(names); i++)
		same(&trees, names[i]);
	assert_int_equal(readlinkat(trees.to, "d/link", target, sizeof(target)), 10);
	assert_string_equal(target, "../nowhere");
	drop(&trees);
}

static void names_of_one_file_stay_names_of_one_file(void **state)
{
	struct trees trees = make_trees(*state);

	/* The name that links are held under may be taken. */
	assert_int_equal(mkdirat(trees.from, ".links-0", 0755), 0);
	put(trees.from, "a", "text");
	assert_int_equal(mkdirat(trees.from, "d", 0755), 0);
	assert_int_equal(linkat(trees.from, "a", trees.from, "d/b", 0), 0);
	assert_int_equal(linkat(trees.from, "a", trees.from, ".links-0/c", 0), 0);
	assert_int_equal(symlinkat("x", trees.from, "s"), 0);
	assert_int_equal(linkat(trees.from, "s", trees.from, "d/s", 0), 0);
	copy(&trees, TREE_COPY_WHOLE);
	assert_int_equal(look(trees.to, "a").st_nlink, 3);
	assert_int_equal(look(trees.to, "a").st_ino, look(trees.to, "d/b").st_ino);
	assert_int_equal(look(trees.to, "a").st_ino, look(trees.to, ".links-0/c").st_ino);
	assert_int_equal(look(trees.to, "s").st_ino, look(trees.to, "d/s").st_ino);
	assert_int_equal(faccessat(trees.to, ".links-1", F_OK, 0), -1);
	drop(&trees);
}

static void holes_take_no_room(void **state)
{
	struct trees trees = make_trees(*state);
	OWN_FD fd = openat(trees.from, "sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char text[8] = "";

	assert_int_equal(pwrite(fd, "middle", 6, 3 << 20), 6);
	assert_int_equal(ftruncate(fd, INT64_C(1) << 40), 0);
	copy(&trees, TREE_COPY_WHOLE);
	same(&trees, "sparse");
	assert_true(look(trees.to, "sparse").st_blocks <= look(trees.from, "sparse").st_blocks + 128);
	own_close(&fd);
	fd = openat(trees.to, "sparse", O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, text, 6, 3 << 20), 6);
	assert_string_equal(text, "middle");
	drop(&trees);
}

static void extended_attributes_are_copied(void **state)
{
	static const char capability[20] = { 0, 0, 0, 2, 0, 4 };
	struct trees trees;
	char path[100], got[32] = "";

	need(no_root);
	trees = make_trees(*state);
	put(trees.from, "file", "text");
	(void)snprintf(path, sizeof(path), "%s/from", ((struct scratch *)*state)->path);
	if (setxattr(path, "trusted.overlay.opaque", "y", 1, 0) < 0 && errno == EOPNOTSUPP) {
		drop(&trees);
		skip();		/* this file system has none */
	}
	(void)snprintf(path, sizeof(path), "%s/from/file", ((struct scratch *)*state)->path);
	assert_int_equal(setxattr(path, "trusted.some", "thing", 5, 0), 0);
	assert_int_equal(setxattr(path, "security.capability", capability, sizeof(capability), 0), 0);
	copy(&trees, TREE_COPY_WHOLE);
	(void)snprintf(path, sizeof(path), "%s/to", ((struct scratch *)*state)->path);
	assert_int_equal(getxattr(path, "trusted.overlay.opaque", got, sizeof(got)), 1);
	(void)snprintf(path, sizeof(path), "%s/to/file", ((struct scratch *)*state)->path);
	assert_int_equal(getxattr(path, "trusted.some", got, sizeof(got)), 5);
	assert_memory_equal(got, "thing", 5);
	assert_int_equal(getxattr(path, "security.capability", got, sizeof(got)), sizeof(capability));
	assert_memory_equal(got, capability, sizeof(capability));
	drop(&trees);
}

/* Directories below each other, so many; the descriptor of the deepest. */
static int dig(int fd, unsigned deep)
{
	int at = dup(fd);

	while (deep-- > 0) {
		int next;

		assert_int_equal(mkdirat(at, "d", 0755), 0);
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		(void)close(at);
		at = next;
	}
	return at;
}

static void a_deep_tree_is_copied_and_one_too_deep_is_named(void **state)
{
	struct trees trees = make_trees(*state);
	struct vps_err err = { 0 };
	OWN_FD deepest = dig(trees.from, 1000);
	OWN_FD other = FD_NONE;

	copy(&trees, TREE_COPY_WHOLE);
	assert_int_equal(mkdirat(((struct scratch *)*state)->fd, "other", 0700), 0);
	other = openat(((struct scratch *)*state)->fd, "other", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* The copy is as deep: too deep for a small tree. */
	assert_int_equal(tree_copy(trees.to, other, TREE_COPY_FILES, &err), -ENAMETOOLONG);
	assert_non_null(strstr(err.text, "more than 64 deep"));
	drop(&trees);
}

static void of_a_small_tree_files_are_copied(void **state)
{
	struct trees trees = make_trees(*state);

	put(trees.from, "a", "text");
	assert_int_equal(linkat(trees.from, "a", trees.from, "b", 0), 0);
	assert_int_equal(mknodat(trees.from, "socket", S_IFSOCK | 0600, 0), 0);
	copy(&trees, TREE_COPY_FILES);
	assert_int_equal(look(trees.to, "a").st_nlink, 1);
	assert_int_equal(look(trees.to, "b").st_size, 4);
	assert_int_equal(faccessat(trees.to, "socket", F_OK, 0), -1);
	drop(&trees);
}

static void what_cannot_be_copied_is_named(void **state)
{
	struct trees trees = make_trees(*state);
	struct vps_err err = { 0 };

	put(trees.from, "here", "text");
	put(trees.to, "here", "other");
	assert_int_equal(tree_copy(trees.from, trees.to, TREE_COPY_WHOLE, &err), -EEXIST);
	assert_non_null(strstr(err.text, "here"));
	drop(&trees);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(what_every_kind_of_file_is_it_stays),
		scratch_test(names_of_one_file_stay_names_of_one_file),
		scratch_test(holes_take_no_room),
		scratch_test(extended_attributes_are_copied),
		scratch_test(a_deep_tree_is_copied_and_one_too_deep_is_named),
		scratch_test(of_a_small_tree_files_are_copied),
		scratch_test(what_cannot_be_copied_is_named),
	};

	if (geteuid() != 0)
		no_root = "root";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
