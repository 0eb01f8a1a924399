// SPDX-License-Identifier: LGPL-2.1-or-later
/* Copies a tree by descriptors; called by isolation for what a tmpfs starts with. */
#include "base/tree_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/path.h"

#define DEPTH_MAX	64
#define RESOLVE		(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV)

static void own_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

static int copy_bytes(int from_fd, int to_fd)
{
	ssize_t n;

	do
		n = copy_file_range(from_fd, NULL, to_fd, NULL, 1 << 30, 0);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (n == 0)
		return 0;
	if (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS)
		return -errno;
	for (;;) {	/* between file systems that cannot do it themselves */
		char buf[32768];
		ssize_t at, written;

		n = read(from_fd, buf, sizeof(buf));
		if (n <= 0)
			return n < 0 ? -errno : 0;
		for (at = 0; at < n; at += written) {
			written = write(to_fd, buf + at, (size_t)(n - at));
			if (written < 0)
				return -errno;
		}
	}
}

static int copy_file(int from_dir, int to_dir, const char *name)
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
	return to_fd < 0 ? -errno : copy_bytes(from_fd, to_fd);
}

static int copy_link(int from_dir, int to_dir, const char *name)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(from_dir, name, target, sizeof(target) - 1);

	if (len < 0)
		return -errno;
	target[len] = '\0';
	return symlinkat(target, to_dir, name) < 0 ? -errno : 0;
}

/* Owner before mode: chown(2) takes the set-user-ID bit away. */
static int copy_metadata(int to_dir, const char *name, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISLNK(st->st_mode) && fchmodat(to_dir, name, st->st_mode & 07777, 0) < 0)
		return -errno;
	return utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int copy_dir(int from_fd, int to_fd, unsigned depth);

static int copy_subdir(int from_dir, int to_dir, const char *name, unsigned depth)
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
	return to_fd < 0 ? -errno : copy_dir(from_fd, to_fd, depth + 1);
}

static int copy_entry(int from_dir, int to_dir, const char *name, unsigned depth)
{
	struct stat st;
	int r = fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;

	if (r < 0)
		return r;
	switch (st.st_mode & S_IFMT) {
	case S_IFDIR:
		r = copy_subdir(from_dir, to_dir, name, depth);
		break;
	case S_IFREG:
		r = copy_file(from_dir, to_dir, name);
		break;
	case S_IFLNK:
		r = copy_link(from_dir, to_dir, name);
		break;
	case S_IFSOCK:
		return 0;	/* nobody listens on a copy */
	default:
		r = mknodat(to_dir, name, st.st_mode & (S_IFMT | 07777), st.st_rdev) < 0 ? -errno : 0;
	}
	return r == 0 ? copy_metadata(to_dir, name, &st) : r;
}

/* from_fd can be read; the entries of one directory. */
static int copy_dir(int from_fd, int to_fd, unsigned depth)
{
	int copy = fcntl(from_fd, F_DUPFD_CLOEXEC, 0);
	__attribute__((cleanup(own_dir))) DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	int r = 0;

	if (!dir) {
		r = -errno;
		own_close(&copy);
		return r;
	}
	if (depth > DEPTH_MAX)
		return -ELOOP;
	while (r == 0 && (errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = copy_entry(from_fd, to_fd, entry->d_name, depth);
	return r < 0 ? r : -errno;
}

int tree_copy(int from_fd, int to_fd, struct vps_err *err)
{
	OWN_FD readable_fd = openat(from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = readable_fd < 0 ? -errno : copy_dir(readable_fd, to_fd, 0);

	return r < 0 ? vps_err_set(err, r, "cannot copy the directory") : 0;
}
