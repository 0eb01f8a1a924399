// SPDX-License-Identifier: LGPL-2.1-or-later
/* Safe path resolution by openat2(2); called wherever a tenant may own the tree. */
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "own.h"

#define IN_ROOT	(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)

int path_open(int dir_fd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC | O_NOCTTY),
		.mode = mode,
		.resolve = resolve,
	};
	int tries = 128;	/* a tenant who renames for ever must not hold us for ever */
	long fd;

	if (flags & O_PATH)	/* openat2 refuses what openat ignores */
		how.flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	do
		fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || (errno == EAGAIN && --tries > 0)));
	return fd < 0 ? -errno : (int)fd;
}

int path_open_in_root(int root_fd, const char *path, int flags, mode_t mode)
{
	return path_open(root_fd, *path ? path : "/", flags, mode, IN_ROOT);
}

/* Take the last part of a path away. */
static void cut(char *path)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	path[len] = '\0';
}

/*
 * Open the directory that the first len bytes of path name, below that of the
 * bytes before, making it if missing. buf has room for the path.
 */
static int step(int root_fd, int parent_fd, const char *path, size_t at, size_t len, mode_t mode,
		char *buf)
{
	char *name = buf + at;

	memcpy(buf, path, len);
	buf[len] = '\0';
	if (mkdirat(parent_fd, name, mode) == 0)	/* what we made is neither symlink nor ".." */
		return path_open(parent_fd, name, O_PATH | O_DIRECTORY, 0,
				 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	return errno == EEXIST ? path_open_in_root(root_fd, buf, O_PATH | O_DIRECTORY, 0) : -errno;
}

int path_make_dir_in_root(int root_fd, const char *path, mode_t mode)
{
	char part[PATH_MAX];
	OWN_FD fd = FD_NONE;
	size_t at, len;

	if (strlen(path) >= sizeof(part))
		return -ENAMETOOLONG;
	(void)snprintf(part, sizeof(part), "%s", path);
	/* From its end: most of a path is there. */
	for (;;) {
		fd = path_open_in_root(root_fd, part, O_PATH | O_DIRECTORY, 0);
		if (fd != -ENOENT || !*part)
			break;
		cut(part);
	}
	for (at = strlen(part); fd >= 0; at = len) {
		int next;

		at += strspn(path + at, "/");
		len = at + strcspn(path + at, "/");
		if (len == at)
			break;
		next = step(root_fd, fd, path, at, len, mode, part);
		own_close(&fd);
		fd = next;
	}
	return fd_take(&fd);
}

int path_make_file_in_root(int root_fd, const char *path, mode_t mode)
{
	int whole = path_open_in_root(root_fd, path, O_PATH, 0);
	OWN_FD parent = FD_NONE;
	char dir[PATH_MAX];
	const char *leaf;
	char *slash;
	int fd;

	if (whole != -ENOENT)
		return whole;
	if (strlen(path) >= sizeof(dir))
		return -ENAMETOOLONG;
	(void)snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	leaf = slash ? slash + 1 : path;
	if (slash)
		*slash = '\0';
	parent = path_make_dir_in_root(root_fd, slash && *dir ? dir : "/", 0755);
	if (parent < 0)
		return parent;
	fd = openat(parent, leaf, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC | O_NONBLOCK,
		    mode);
	return fd < 0 ? -errno : fd;
}

const char *path_of_fd(int fd, char buf[32])
{
	(void)snprintf(buf, 32, "/proc/self/fd/%d", fd);
	return buf;
}
