// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "images/digest.h"
#include "images/unpack.h"
#include "need.h"

/* What the tests that make devices and whiteouts need; found out before the first. */
static const char *missing;

/* A tar as its author wrote it, byte by byte: libarchive would refuse to write some of these. */
struct tar {
	char bytes[64 << 10];
	size_t len;
};

/* A directory to unpack into, with a sibling that nothing must touch. */
struct fixture {
	char base[32];
	int base_fd, tree_fd;
	struct tar tar;
	struct unpack_result result;
	struct vps_err err;
};

static int probe(void **state)
{
	(void)state;
	if (geteuid() != 0 || mknod("/tmp/test_unpack.probe", S_IFCHR, makedev(0, 0)) < 0)
		missing = "root with CAP_MKNOD";
	else if (unlink("/tmp/test_unpack.probe") < 0)
		return -1;
	return 0;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	OWN_FD outside = FD_NONE;

	(void)snprintf(f->base, sizeof(f->base), "/tmp/test_unpack.XXXXXX");
	assert_non_null(mkdtemp(f->base));
	f->base_fd = open(f->base, O_RDONLY | O_DIRECTORY);
	assert_int_equal(mkdirat(f->base_fd, "tree", 0755), 0);
	assert_int_equal(mkdirat(f->base_fd, "etc", 0755), 0);
	outside = openat(f->base_fd, "secret", O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(outside, "secret", 6), 6);
	f->tree_fd = openat(f->base_fd, "tree", O_RDONLY | O_DIRECTORY);
	*state = f;
	return 0;
}

/* Whatever was unpacked: beside the tree there is what there was, and in it what there was. */
static int teardown(void **state)
{
	struct fixture *f = *state;
	OWN_MEM char *secret = NULL;
	struct vps_err err = { 0 };
	struct stat st;

	assert_int_equal(file_read(f->base_fd, "secret", 100, &secret, NULL, &err), 0);
	assert_string_equal(secret, "secret");
	assert_int_equal(fstatat(f->base_fd, "secret", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(unlinkat(f->base_fd, "secret", 0), 0);
	assert_int_equal(unlinkat(f->base_fd, "etc", AT_REMOVEDIR), 0);	/* empty */
	assert_int_equal(tree_remove(f->base_fd, "tree", &err), 0);
	assert_int_equal(rmdir(f->base), 0);				/* empty too */
	close(f->tree_fd);
	close(f->base_fd);
	free(f);
	return 0;
}

static void add_block(struct tar *tar, const void *data, size_t len)
{
	size_t padded = (len + 511) / 512 * 512;

	assert_true(tar->len + padded <= sizeof(tar->bytes));
	memset(tar->bytes + tar->len, 0, padded);
	memcpy(tar->bytes + tar->len, data, len);
	tar->len += padded;
}

/* POSIX ustar: fields at fixed places, numbers in octal, a sum over it all. */
static void add_as(struct tar *tar, char type, const char *path, unsigned mode,
		   const char *link, const char *data, unsigned long uid)
{
	char head[512] = "";
	size_t len = data ? strlen(data) : 0, i;
	unsigned sum = 0;

	assert_true(strlen(path) <= 100 && strlen(link) <= 100);
	memcpy(head, path, strlen(path));
	(void)snprintf(head + 100, 8, "%07o", mode);
	(void)snprintf(head + 108, 8, "%07lo", uid);
	(void)snprintf(head + 116, 8, "%07lo", uid == getuid() ? (unsigned long)getgid() : uid);
	(void)snprintf(head + 124, 12, "%011zo", len);
	(void)snprintf(head + 136, 12, "%011o", 1000000000);
	memset(head + 148, ' ', 8);
	head[156] = type;
	memcpy(head + 157, link, strlen(link));
	memcpy(head + 257, "ustar\00000", 8);
	(void)snprintf(head + 329, 8, "%07o", 1);
	(void)snprintf(head + 337, 8, "%07o", 3);
	for (i = 0; i < sizeof(head); i++)
		sum += (unsigned char)head[i];
	(void)snprintf(head + 148, 8, "%06o", sum);
	add_block(tar, head, sizeof(head));
	add_block(tar, data ? data : "", len);
}

static void add_dir(struct fixture *f, const char *path)
{
	add_as(&f->tar, '5', path, 0755, "", NULL, getuid());
}

static void add_file(struct fixture *f, const char *path, const char *data)
{
	add_as(&f->tar, '0', path, 0644, "", data, getuid());
}

static void add_symlink(struct fixture *f, const char *path, const char *target)
{
	add_as(&f->tar, '2', path, 0777, target, NULL, getuid());
}

static void add_hardlink(struct fixture *f, const char *path, const char *target)
{
	add_as(&f->tar, '1', path, 0644, target, NULL, getuid());
}

/* A pax record: "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static void add_pax(struct fixture *f, const char *key, const char *value)
{
	char record[300];
	size_t len = strlen(key) + strlen(value) + 3, total = len + 2;

	if (total >= 100)
		total++;
	(void)snprintf(record, sizeof(record), "%zu %s=%s\n", total, key, value);
	assert_int_equal(strlen(record), total);
	add_as(&f->tar, 'x', "pax", 0644, "", record, getuid());
}

static int unpack_bytes(struct fixture *f, bool is_layer, int blob_fd, uint64_t max_files)
{
	OWN_FD fd = memfd_create("tar", MFD_CLOEXEC);
	struct unpack unpack = {
		.input_fd = fd, .tree_fd = f->tree_fd, .blob_fd = blob_fd, .is_layer = is_layer,
		.max_files = max_files,
	};

	assert_int_equal(fd_write_all(fd, f->tar.bytes, f->tar.len), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	f->err = (struct vps_err){ 0 };
	return unpack_tar(&unpack, &f->result, &f->err);
}

static int unpack_as(struct fixture *f, bool is_layer)
{
	static const char end[1024];

	add_block(&f->tar, end, sizeof(end));
	return unpack_bytes(f, is_layer, FD_NONE, 0);
}

static int unpack(struct fixture *f)
{
	return unpack_as(f, false);
}

static void assert_text(const struct fixture *f, const char *path, const char *text)
{
	OWN_MEM char *found = NULL;
	struct vps_err err = { 0 };

	assert_int_equal(file_read(f->tree_fd, path, 1000, &found, NULL, &err), 0);
	assert_string_equal(found, text);
}

static mode_t mode_of(const struct fixture *f, const char *path)
{
	struct stat st;

	return fstatat(f->tree_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode : 0;
}

static void a_symlink_to_the_root_leads_to_the_tree_s_own(void **state)
{
	struct fixture *f = *state;

	add_dir(f, "etc");
	add_symlink(f, "a", "/");
	add_file(f, "a/etc/x", "inside");
	add_symlink(f, "up", "../../../../..");
	add_file(f, "up/etc/y", "inside");
	assert_int_equal(unpack(f), 0);
	assert_text(f, "etc/x", "inside");
	assert_text(f, "etc/y", "inside");
}

static void an_absolute_symlink_to_outside_resolves_inside(void **state)
{
	struct fixture *f = *state;
	char target[64];

	(void)snprintf(target, sizeof(target), "%s/etc", f->base);
	add_symlink(f, "a", target);
	add_file(f, "a/x", "?");
	assert_true(unpack(f) < 0);		/* inside, there is no such directory */
	assert_non_null(strstr(f->err.text, "entry \"a/x\""));
}

static void dots_and_slashes_stay_inside(void **state)
{
	struct fixture *f = *state;

	add_file(f, "../x1", "1");
	add_file(f, "/x2", "2");
	add_file(f, "./a/../../../x3", "3");
	add_file(f, "//b//./c", "4");
	assert_int_equal(unpack(f), 0);
	assert_text(f, "x1", "1");
	assert_text(f, "x2", "2");
	assert_text(f, "x3", "3");
	assert_text(f, "b/c", "4");
}

static void a_name_of_two_dots_is_refused(void **state)
{
	static const char *const names[] = { "..", "a/..", "../..", "a/../" };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		f->tar.len = 0;
		add_dir(f, names[i]);
		assert_int_equal(unpack(f), -EBADMSG);
		assert_non_null(strstr(f->err.text, "\"..\" is no name"));
	}
}

static void the_root_is_a_directory_and_takes_attributes(void **state)
{
	struct fixture *f = *state;

	add_as(&f->tar, '5', "./", 0751, "", NULL, getuid());
	assert_int_equal(unpack(f), 0);
	assert_int_equal(mode_of(f, "."), S_IFDIR | 0751);
	f->tar.len = 0;
	add_symlink(f, "./", "/etc");
	assert_int_equal(unpack(f), -EBADMSG);
}

static void a_hard_link_to_outside_is_refused(void **state)
{
	static const char *const targets[] = { "../secret", "/secret", "a/../secret", "missing", "" };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_LEN(targets); i++) {
		f->tar.len = 0;
		add_hardlink(f, "x", targets[i]);
		assert_true(unpack(f) < 0);
		assert_non_null(strstr(f->err.text, "x"));
		assert_int_equal(mode_of(f, "x"), 0);
	}
}

static void a_hard_link_to_a_symlink_does_not_follow_it(void **state)
{
	struct fixture *f = *state;
	char target[64];

	(void)snprintf(target, sizeof(target), "%s/secret", f->base);
	add_symlink(f, "s", target);
	add_hardlink(f, "x", "s");
	assert_int_equal(unpack(f), 0);
	assert_true(S_ISLNK(mode_of(f, "x")));
}

static void a_hard_link_through_a_symlink_stays_inside(void **state)
{
	struct fixture *f = *state;
	char target[64];

	(void)snprintf(target, sizeof(target), "%s", f->base);
	add_symlink(f, "s", target);
	add_hardlink(f, "x", "s/secret");
	assert_true(unpack(f) < 0);
}

static void a_hard_link_is_the_same_file(void **state)
{
	struct fixture *f = *state;
	struct stat a, b;

	add_file(f, "dir/a", "same");
	add_hardlink(f, "b", "dir/a");
	add_hardlink(f, "/c", "/./dir/../dir/a");
	assert_int_equal(unpack(f), 0);
	assert_int_equal(fstatat(f->tree_fd, "dir/a", &a, 0), 0);
	assert_int_equal(fstatat(f->tree_fd, "c", &b, 0), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(a.st_nlink, 3);
}

static void a_file_never_writes_through_a_symlink_of_its_name(void **state)
{
	struct fixture *f = *state;
	char target[64];

	(void)snprintf(target, sizeof(target), "%s/secret", f->base);
	add_symlink(f, "x", target);
	add_file(f, "x", "mine");
	assert_int_equal(unpack(f), 0);
	assert_text(f, "x", "mine");
	assert_true(S_ISREG(mode_of(f, "x")));
}

static void a_directory_replaces_a_symlink_of_its_name(void **state)
{
	struct fixture *f = *state;
	char target[64];

	(void)snprintf(target, sizeof(target), "%s/etc", f->base);
	add_symlink(f, "x", target);
	add_dir(f, "x");
	add_file(f, "x/y", "inside");
	assert_int_equal(unpack(f), 0);
	assert_true(S_ISDIR(mode_of(f, "x")));
	assert_text(f, "x/y", "inside");
}

/* The directory's descriptor is kept from entry to entry: not beyond what replaces it. */
static void a_directory_that_turns_into_a_symlink_is_not_written_to_any_more(void **state)
{
	struct fixture *f = *state;

	add_file(f, "x/a", "1");
	add_dir(f, "y");
	add_file(f, "x/b", "2");
	add_symlink(f, "x", "y");
	add_file(f, "x/c", "3");
	assert_int_equal(unpack(f), 0);
	assert_true(S_ISLNK(mode_of(f, "x")));
	assert_text(f, "y/c", "3");
	assert_int_equal(mode_of(f, "y/a"), 0);
}

static void the_last_of_several_entries_of_a_name_wins(void **state)
{
	struct fixture *f = *state;

	add_file(f, "a", "first");
	add_file(f, "a", "second");
	add_file(f, "b/c/d", "deep");
	add_file(f, "b", "flat");
	add_file(f, "e", "file");
	add_file(f, "e/f", "below");
	assert_int_equal(unpack(f), -ENOTDIR);
	assert_text(f, "a", "second");
	assert_text(f, "b", "flat");
}

static void var_run_may_be_a_symlink_to_run(void **state)
{
	struct fixture *f = *state;

	add_dir(f, "run");
	add_dir(f, "var");
	add_symlink(f, "var/run", "/run");
	add_file(f, "var/run/utmp", "legitimate");
	add_symlink(f, "var/lock", "../run");
	add_file(f, "var/lock/x", "legitimate");
	assert_int_equal(unpack(f), 0);
	assert_text(f, "run/utmp", "legitimate");
	assert_text(f, "run/x", "legitimate");
	assert_true(S_ISLNK(mode_of(f, "var/run")));
}

static void modes_and_times_are_the_archive_s(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	add_as(&f->tar, '5', "tmp", 01777, "", NULL, getuid());
	add_as(&f->tar, '0', "su", 04755, "", "#!", getuid());
	add_file(f, "tmp/later", "changes the directory's time");
	add_symlink(f, "link", "su");
	assert_int_equal(unpack(f), 0);
	assert_int_equal(mode_of(f, "tmp"), S_IFDIR | 01777);
	assert_int_equal(mode_of(f, "su"), S_IFREG | 04755);
	assert_int_equal(fstatat(f->tree_fd, "tmp", &st, 0), 0);
	assert_int_equal(st.st_mtime, 1000000000);
	assert_int_equal(fstatat(f->tree_fd, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mtime, 1000000000);
}

static void ids_that_no_vps_has_are_refused_by_name(void **state)
{
	struct fixture *f = *state;

	add_as(&f->tar, '0', "big", 0644, "", "x", 65536);
	assert_int_equal(unpack(f), -VPS_EREFUSED);
	assert_non_null(strstr(f->err.text, "entry \"big\": owner 65536:65536"));
}

static void attributes_are_kept_or_dropped_by_their_name(void **state)
{
	struct fixture *f = *state;
	char value[16];

	add_pax(f, "SCHILY.xattr.user.kept", "yes");
	add_file(f, "kept", "x");
	add_pax(f, "SCHILY.xattr.trusted.overlay.opaque", "y");
	add_dir(f, "dropped");
	add_pax(f, "SCHILY.xattr.security.selinux", "label");
	add_file(f, "dropped/too", "x");
	assert_int_equal(unpack(f), 0);
	assert_int_equal(fchdir(f->tree_fd), 0);
	assert_int_equal(getxattr("kept", "user.kept", value, sizeof(value)), 3);
	assert_true(getxattr("dropped", "trusted.overlay.opaque", value, sizeof(value)) < 0);
	assert_true(getxattr("dropped/too", "security.selinux", value, sizeof(value)) < 0);
	assert_int_equal(chdir("/"), 0);
}

static void an_access_control_list_is_stored_as_the_kernel_wants_it(void **state)
{
	static const char list[] = "user::rw-,group::r--,mask::rw-,other::---,user:web:rw-:33";
	/* Version 2, then tag, permissions, id of each; in the order of the tags. */
	static const char wanted[] =
		"\2\0\0\0" "\1\0\6\0\377\377\377\377" "\2\0\6\0\41\0\0\0"
		"\4\0\4\0\377\377\377\377" "\20\0\6\0\377\377\377\377"
		"\40\0\0\0\377\377\377\377";
	struct fixture *f = *state;
	char value[100];

	add_pax(f, "SCHILY.acl.access", list);
	add_file(f, "x", "x");
	assert_int_equal(unpack(f), 0);
	assert_int_equal(fchdir(f->tree_fd), 0);
	assert_int_equal(getxattr("x", "system.posix_acl_access", value, sizeof(value)),
			 sizeof(wanted) - 1);
	assert_memory_equal(value, wanted, sizeof(wanted) - 1);
	assert_int_equal(chdir("/"), 0);
}

static void an_access_control_list_for_ids_that_no_vps_has_is_refused(void **state)
{
	struct fixture *f = *state;

	add_pax(f, "SCHILY.acl.access", "user::rw-,user:x:rw-:70000,group::r--,mask::rw-,other::---");
	add_file(f, "x", "x");
	assert_int_equal(unpack(f), -VPS_EREFUSED);
	assert_non_null(strstr(f->err.text, "entry \"x\""));
}

static void devices_and_fifos_are_made_with_their_numbers(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	need(missing);
	add_as(&f->tar, '3', "dev/null", 0666, "", NULL, 0);
	add_as(&f->tar, '4', "dev/disk", 0660, "", NULL, 0);
	add_as(&f->tar, '6', "dev/fifo", 0600, "", NULL, 0);
	assert_int_equal(unpack(f), 0);
	assert_int_equal(fstatat(f->tree_fd, "dev/null", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFCHR | 0666);
	assert_int_equal(st.st_rdev, makedev(1, 3));
	assert_int_equal(mode_of(f, "dev/disk"), S_IFBLK | 0660);
	assert_int_equal(mode_of(f, "dev/fifo"), S_IFIFO | 0600);
}

static bool is_opaque(const struct fixture *f, const char *path)
{
	OWN_FD fd = openat(f->tree_fd, path, O_RDONLY | O_DIRECTORY);
	char value[4];

	return fgetxattr(fd, "trusted.overlay.opaque", value, sizeof(value)) == 1 && *value == 'y';
}

static void whiteouts_become_overlayfs_s(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	need(missing);
	add_file(f, "a/.wh.gone", "");
	add_file(f, "b/.wh..wh..opq", "");
	add_file(f, "b/.wh..wh.plnk", "aufs's own");
	assert_int_equal(unpack_as(f, true), 0);
	assert_int_equal(fstatat(f->tree_fd, "a/gone", &st, 0), 0);
	assert_true(S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0));
	assert_true(is_opaque(f, "b"));
	assert_false(is_opaque(f, "a"));
	assert_int_equal(mode_of(f, "b/.wh..wh.plnk"), 0);
}

static void a_directory_hidden_and_made_anew_shows_nothing_of_the_old(void **state)
{
	struct fixture *f = *state;

	need(missing);
	add_file(f, ".wh.first", "");
	add_dir(f, "first");
	add_dir(f, "second");
	add_file(f, "second/kept", "x");
	add_file(f, ".wh.second", "");
	assert_int_equal(unpack_as(f, true), 0);
	assert_true(is_opaque(f, "first"));
	assert_true(is_opaque(f, "second"));
	assert_text(f, "second/kept", "x");
}

static void a_whiteout_of_no_name_is_refused(void **state)
{
	static const char *const names[] = { "a/.wh.", "a/.wh..", "a/.wh..." };
	struct fixture *f = *state;
	size_t i;

	need(missing);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		f->tar.len = 0;
		add_file(f, names[i], "");
		assert_int_equal(unpack_as(f, true), -EBADMSG);
	}
}

static void in_a_root_file_system_such_names_are_plain_names(void **state)
{
	struct fixture *f = *state;

	add_file(f, ".wh.x", "a file");
	assert_int_equal(unpack(f), 0);
	assert_text(f, ".wh.x", "a file");
}

static void more_files_than_allowed_are_refused(void **state)
{
	struct fixture *f = *state;

	add_file(f, "a", "");
	add_file(f, "b", "");
	add_file(f, "c", "");
	assert_int_equal(unpack_bytes(f, false, FD_NONE, 2), -VPS_EREFUSED);
	assert_non_null(strstr(f->err.text, "more files"));
}

static void a_cut_archive_is_refused_wherever_it_is_cut(void **state)
{
	struct fixture *f = *state;
	size_t whole, len;

	add_file(f, "a", "some text");
	add_file(f, "b", "some more");
	whole = f->tar.len;
	for (len = 1; len < whole; len += 100) {
		if (len % 1024 == 0)	/* between two entries: that is how some tars end */
			continue;
		f->tar.len = len;
		assert_int_equal(unpack_bytes(f, false, FD_NONE, 0), -EBADMSG);
	}
}

static void rubbish_is_refused(void **state)
{
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < 8192; i++)
		f->tar.bytes[i] = (char)(i * 7919 >> 3);
	f->tar.len = 8192;
	assert_int_equal(unpack_bytes(f, false, FD_NONE, 0), -EBADMSG);
	f->tar.len = 0;
	assert_int_equal(unpack_bytes(f, false, FD_NONE, 0), -EBADMSG);
	assert_non_null(strstr(f->err.text, "empty"));
}

static void the_diff_id_covers_every_byte_to_the_end(void **state)
{
	static const char trailer[3000] = "bytes behind the end of the archive";
	struct fixture *f = *state;
	OWN_FD blob_fd = memfd_create("blob", MFD_CLOEXEC);
	OWN_MEM char *blob = NULL;
	char expected[DIGEST_SIZE];
	struct vps_err err = { 0 };
	size_t len;

	add_file(f, "a", "text");
	add_block(&f->tar, "\0", 1);
	add_block(&f->tar, "\0", 1);
	add_block(&f->tar, trailer, sizeof(trailer));
	assert_int_equal(unpack_bytes(f, false, blob_fd, 0), 0);
	assert_int_equal(digest_of(f->tar.bytes, f->tar.len, expected), 0);
	assert_string_equal(f->result.diff_id, expected + 7);
	assert_int_equal(f->result.bytes, f->tar.len);
	assert_int_equal(f->result.files, 1);
	/* The blob is what OCI may call a layer: zstd, with its own digest and size. */
	assert_int_equal(lseek(blob_fd, 0, SEEK_SET), 0);
	assert_int_equal(file_read_fd(blob_fd, "blob", 1 << 20, &blob, &len, &err), 0);
	assert_int_equal(digest_of(blob, len, expected), 0);
	assert_string_equal(f->result.layer.digest, expected);
	assert_int_equal(f->result.layer.size, len);
	assert_string_equal(f->result.layer.media_type, MEDIA_LAYER_ZSTD);
	assert_memory_equal(blob, "\x28\xb5\x2f\xfd", 4);
	/* That blob is kept as it is when it comes in itself, and is the same layer. */
	memcpy(f->tar.bytes, blob, len);
	f->tar.len = len;
	(void)snprintf(expected, sizeof(expected), "%s", f->result.diff_id);
	assert_int_equal(ftruncate(blob_fd, 0), 0);
	assert_int_equal(lseek(blob_fd, 0, SEEK_SET), 0);
	assert_int_equal(unpack_bytes(f, false, blob_fd, 0), 0);
	assert_string_equal(f->result.diff_id, expected);
	assert_int_equal(f->result.layer.size, len);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_symlink_to_the_root_leads_to_the_tree_s_own),
		TEST(an_absolute_symlink_to_outside_resolves_inside),
		TEST(dots_and_slashes_stay_inside),
		TEST(a_name_of_two_dots_is_refused),
		TEST(the_root_is_a_directory_and_takes_attributes),
		TEST(a_hard_link_to_outside_is_refused),
		TEST(a_hard_link_to_a_symlink_does_not_follow_it),
		TEST(a_hard_link_through_a_symlink_stays_inside),
		TEST(a_hard_link_is_the_same_file),
		TEST(a_file_never_writes_through_a_symlink_of_its_name),
		TEST(a_directory_replaces_a_symlink_of_its_name),
		TEST(a_directory_that_turns_into_a_symlink_is_not_written_to_any_more),
		TEST(the_last_of_several_entries_of_a_name_wins),
		TEST(var_run_may_be_a_symlink_to_run),
		TEST(modes_and_times_are_the_archive_s),
		TEST(ids_that_no_vps_has_are_refused_by_name),
		TEST(attributes_are_kept_or_dropped_by_their_name),
		TEST(an_access_control_list_is_stored_as_the_kernel_wants_it),
		TEST(an_access_control_list_for_ids_that_no_vps_has_is_refused),
		TEST(devices_and_fifos_are_made_with_their_numbers),
		TEST(whiteouts_become_overlayfs_s),
		TEST(a_directory_hidden_and_made_anew_shows_nothing_of_the_old),
		TEST(a_whiteout_of_no_name_is_refused),
		TEST(in_a_root_file_system_such_names_are_plain_names),
		TEST(more_files_than_allowed_are_refused),
		TEST(a_cut_archive_is_refused_wherever_it_is_cut),
		TEST(rubbish_is_refused),
		TEST(the_diff_id_covers_every_byte_to_the_end),
	};

	return cmocka_run_group_tests(tests, probe, NULL);
}
