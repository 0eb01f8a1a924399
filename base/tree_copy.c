// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copies a tree by descriptors; called by isolation for what a tmpfs starts
 * with, and by runtime when what a VPS wrote moves to another file system.
 */
#include "base/tree_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/path.h"

#define DEPTH_FILES	64
#define DEPTH_WHOLE	1000	/* each directory holds three descriptors and half a KiB of stack */
#define FDS_WHOLE	(3 * DEPTH_WHOLE + 100)
#define BUFFER_SIZE	65536	/* largest extended attribute, and largest list of their names */
#define RESOLVE		(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV)

/* One tree_copy() on its way. */
struct copying {
	bool            is_whole;
	int             links_fd;	/* holds each file that has several names by its inode number */
	char           *names, *data;	/* BUFFER_SIZE each; not on the stack, which is deep */
	struct vps_err *err;
};

/* From where they stand to the end. */
static int copy_stream(const struct copying *c, int from_fd, int to_fd)
{
	ssize_t n;
	int r = 0;

	do
		n = copy_file_range(from_fd, NULL, to_fd, NULL, 1 << 30, 0);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (n == 0)
		return 0;
	if (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS)
		return -errno;
	/* Between file systems that cannot do it themselves. */
	while (r == 0 && (n = read(from_fd, c->data, BUFFER_SIZE)) > 0)
		r = fd_write_all(to_fd, c->data, (size_t)n);
	return n < 0 ? -errno : r;
}

/* Only what is not a hole: a tenant's file may be larger than the host's disk. */
static int copy_data(const struct copying *c, int from_fd, int to_fd, off_t size)
{
	off_t at = 0, hole;
	int r = 0;

	while (r == 0 && at < size && (at = lseek(from_fd, at, SEEK_DATA)) >= 0) {
		hole = lseek(from_fd, at, SEEK_HOLE);
		if (hole < 0 || lseek(to_fd, at, SEEK_SET) < 0)
			return -errno;
		while (r == 0 && at < hole) {
			size_t len = hole - at < BUFFER_SIZE ? (size_t)(hole - at) : BUFFER_SIZE;
			ssize_t n = pread(from_fd, c->data, len, at);

			if (n <= 0)
				return n < 0 ? -errno : -EAGAIN;	/* it was cut meanwhile */
			r = fd_write_all(to_fd, c->data, (size_t)n);
			at += n;
		}
	}
	if (at < 0 && errno != ENXIO)	/* that says: only a hole is left */
		return -errno;
	return r == 0 && ftruncate(to_fd, size) < 0 ? -errno : r;
}

__attribute__((noinline))	/* else its caller, which recurses, has its buffers, too */
static int copy_file(const struct copying *c, int from_dir, int to_dir, const char *name)
{
	OWN_FD from_fd = path_open(from_dir, name, O_RDONLY | O_NONBLOCK, 0, RESOLVE);
	OWN_FD to_fd = FD_NONE;
	struct stat st;

	if (from_fd < 0)
		return from_fd;
	if (fstat(from_fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))	/* changed since it was looked at */
		return -EAGAIN;
	to_fd = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to_fd < 0)
		return -errno;
	return c->is_whole ? copy_data(c, from_fd, to_fd, st.st_size) :
			     copy_stream(c, from_fd, to_fd);
}

__attribute__((noinline))
static int copy_link(int from_dir, int to_dir, const char *name)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(from_dir, name, target, sizeof(target) - 1);

	if (len < 0)
		return -errno;
	target[len] = '\0';
	return symlinkat(target, to_dir, name) < 0 ? -errno : 0;
}

/* What a file system of another kind understands; "btrfs.compression" is for its own. */
static bool is_portable(const char *name)
{
	static const char *const prefixes[] = { "security.", "system.posix_acl_", "trusted.", "user." };
	size_t i;

	for (i = 0; i < ARRAY_LEN(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* An empty name: of the directories themselves. By path, since a symlink cannot be opened for it. */
__attribute__((noinline))
static int copy_xattrs(const struct copying *c, int from_dir, int to_dir, const char *name)
{
	char from[NAME_MAX + 40], to[NAME_MAX + 40], dir[32];
	const char *xattr;
	ssize_t len, value;

	(void)snprintf(from, sizeof(from), "%s/%s", path_of_fd(from_dir, dir), name);
	(void)snprintf(to, sizeof(to), "%s/%s", path_of_fd(to_dir, dir), name);
	len = llistxattr(from, c->names, BUFFER_SIZE);
	if (len < 0)
		return errno == EOPNOTSUPP ? 0 : -errno;
	for (xattr = c->names; xattr < c->names + len; xattr += strlen(xattr) + 1) {
		if (!is_portable(xattr))
			continue;
		value = lgetxattr(from, xattr, c->data, BUFFER_SIZE);
		if (value < 0 || lsetxattr(to, xattr, c->data, (size_t)value, 0) < 0)
			return -errno;
	}
	return 0;
}

/* Owner first: chown(2) takes set-ID bits and capabilities away. Then lists: they change modes. */
static int copy_metadata(const struct copying *c, int from_dir, int to_dir, const char *name,
			 const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	const char *path = *name ? name : ".";
	int r;

	if (fchownat(to_dir, path, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	r = c->is_whole ? copy_xattrs(c, from_dir, to_dir, name) : 0;
	if (r < 0)
		return r;
	if (!S_ISLNK(st->st_mode) && fchmodat(to_dir, path, st->st_mode & 07777, 0) < 0)
		return -errno;
	return utimensat(to_dir, path, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int copy_dir(const struct copying *c, int from_fd, int to_fd, unsigned depth);

static int copy_subdir(const struct copying *c, int from_dir, int to_dir, const char *name,
		       unsigned depth)
{
	OWN_FD from_fd = path_open(from_dir, name, O_RDONLY | O_DIRECTORY, 0, RESOLVE);
	OWN_FD to_fd = FD_NONE;

	if (from_fd < 0 && from_fd != -EXDEV)
		return from_fd;
	if (mkdirat(to_dir, name, 0700) < 0)
		return -errno;
	if (from_fd == -EXDEV)		/* a mount point: its directory is all that is copied */
		return 0;
	to_fd = openat(to_dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return to_fd < 0 ? -errno : copy_dir(c, from_fd, to_fd, depth + 1);
}

static int copy_new(const struct copying *c, int from_dir, int to_dir, const char *name,
		    const struct stat *st, unsigned depth)
{
	int r;

	switch (st->st_mode & S_IFMT) {
	case S_IFDIR:
		r = copy_subdir(c, from_dir, to_dir, name, depth);
		break;
	case S_IFREG:
		r = copy_file(c, from_dir, to_dir, name);
		break;
	case S_IFLNK:
		r = copy_link(from_dir, to_dir, name);
		break;
	default:
		r = mknodat(to_dir, name, st->st_mode & (S_IFMT | 07777), st->st_rdev) < 0 ? -errno : 0;
	}
	return r == 0 ? copy_metadata(c, from_dir, to_dir, name, st) : r;
}

/* A file that has several names is copied under the first of them and linked to the others. */
static int copy_named(const struct copying *c, int from_dir, int to_dir, const char *name,
		      const struct stat *st, unsigned depth)
{
	char held[24];
	int r;

	(void)snprintf(held, sizeof(held), "%ju", (uintmax_t)st->st_ino);
	if (linkat(c->links_fd, held, to_dir, name, 0) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;
	r = copy_new(c, from_dir, to_dir, name, st, depth);
	return r == 0 && linkat(to_dir, name, c->links_fd, held, 0) < 0 ? -errno : r;
}

static int copy_entry(const struct copying *c, int from_dir, int to_dir, const char *name,
		      unsigned depth)
{
	struct stat st;
	int r = fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;

	if (r < 0)
		return vps_err_set(c->err, r, "cannot look at %s", name);
	if (S_ISSOCK(st.st_mode) && !c->is_whole)
		return 0;	/* nobody listens on a copy */
	if (c->is_whole && st.st_nlink > 1 && !S_ISDIR(st.st_mode))
		r = copy_named(c, from_dir, to_dir, name, &st, depth);
	else
		r = copy_new(c, from_dir, to_dir, name, &st, depth);
	return r < 0 ? vps_err_set(c->err, r, "cannot copy %s", name) : 0;
}

/* from_fd can be read; the entries of one directory. */
static int copy_dir(const struct copying *c, int from_fd, int to_fd, unsigned depth)
{
	int copy = fcntl(from_fd, F_DUPFD_CLOEXEC, 0);
	OWN_DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	unsigned deepest = c->is_whole ? DEPTH_WHOLE : DEPTH_FILES;
	int r = 0;

	if (!dir) {
		r = -errno;
		own_close(&copy);
		return r;
	}
	if (depth > deepest)
		return vps_err_say(c->err, -ENAMETOOLONG,
				   "its directories lie more than %u deep, which cannot be copied",
				   deepest);
	while (r == 0 && (errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = copy_entry(c, from_fd, to_fd, entry->d_name, depth);
	return r < 0 ? r : -errno;
}

/*
 * In the new tree, whose project and file system its files must have, under a
 * name that nothing there will have.
 */
static int make_links(int from_fd, int to_fd, char name[32])
{
	unsigned n = 0;
	int fd;

	do
		(void)snprintf(name, 32, ".links-%u", n++);
	while (faccessat(from_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	if (mkdirat(to_fd, name, 0700) < 0)
		return -errno;
	fd = openat(to_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int copy_whole(struct copying *c, int from_fd, int to_fd)
{
	OWN_FD links_fd = FD_NONE;
	char name[32];
	struct stat st;
	int r;

	links_fd = make_links(from_fd, to_fd, name);
	if (links_fd < 0)
		return links_fd;
	c->links_fd = links_fd;
	r = copy_dir(c, from_fd, to_fd, 0);
	if (r == 0)
		r = tree_remove(to_fd, name, c->err);
	if (r == 0 && fstat(from_fd, &st) < 0)
		r = -errno;
	return r == 0 ? copy_metadata(c, from_fd, to_fd, "", &st) : r;
}

/* The same, with as many descriptors as a deep tree takes. */
static int copy_deep(struct copying *c, int from_fd, int to_fd)
{
	struct rlimit before, raised;
	int r;

	if (getrlimit(RLIMIT_NOFILE, &before) < 0)
		return -errno;
	raised = before;
	if (raised.rlim_cur < FDS_WHOLE)
		raised.rlim_cur = raised.rlim_max < FDS_WHOLE ? raised.rlim_max : FDS_WHOLE;
	(void)setrlimit(RLIMIT_NOFILE, &raised);	/* with fewer, a deep tree fails with EMFILE */
	r = copy_whole(c, from_fd, to_fd);
	(void)setrlimit(RLIMIT_NOFILE, &before);	/* who is started later inherits it */
	return r;
}

int tree_copy(int from_fd, int to_fd, enum tree_copy_mode mode, struct vps_err *err)
{
	OWN_MEM char *buffer = malloc(2 * BUFFER_SIZE);
	struct copying c = { .is_whole = mode == TREE_COPY_WHOLE, .links_fd = FD_NONE,
			     .names = buffer, .data = buffer + BUFFER_SIZE, .err = err };
	OWN_FD readable_fd = openat(from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = readable_fd < 0 ? -errno : 0;

	if (!buffer)
		r = -ENOMEM;
	if (r == 0)
		r = c.is_whole ? copy_deep(&c, readable_fd, to_fd) :
				 copy_dir(&c, readable_fd, to_fd, 0);
	return r < 0 ? vps_err_set(err, r, "cannot copy the directory") : 0;
}
