// SPDX-License-Identifier: LGPL-2.1-or-later
/* Bounded reads, whole writes, atomic replacement; called wherever a file is touched. */
#include "fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "own.h"

/* For all of a file that says its size, and one byte of what comes behind; files of procfs say 0. */
static size_t first_room(int fd, size_t max)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (uintmax_t)st.st_size > max)
		return 4096;
	return (size_t)st.st_size + 2;
}

int file_read_fd(int fd, const char *name, size_t max, char **ret_text, size_t *ret_len,
		 struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	size_t len = 0, room = 0;

	for (;;) {
		ssize_t got;

		if (room - len < 2) {		/* a byte to read and one for the NUL */
			size_t grown = room ? room * 2 : first_room(fd, max);
			char *bigger = realloc(text, grown);

			if (!bigger)
				return vps_err_set(err, -ENOMEM, "cannot read %s", name);
			text = bigger;
			room = grown;
		}
		got = read(fd, text + len, room - len - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return vps_err_set(err, -errno, "cannot read %s", name);
		if (got == 0)
			break;
		len += (size_t)got;
		if (len > max)
			return vps_err_say(err, -EFBIG, "%s is larger than %zu bytes", name, max);
	}
	text[len] = '\0';
	*ret_text = mem_take(&text);
	if (ret_len)
		*ret_len = len;
	return 0;
}

int file_read(int dir_fd, const char *path, size_t max, char **ret_text, size_t *ret_len,
	      struct vps_err *err)
{
	OWN_FD fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return vps_err_set(err, -errno, "cannot open %s", path);
	return file_read_fd(fd, path, max, ret_text, ret_len, err);
}

int file_read_regular(int dir_fd, const char *path, size_t max, char **ret_text,
		      size_t *ret_len, struct vps_err *err)
{
	OWN_FD fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && errno == ENXIO)		/* a socket */
		return vps_err_say(err, -EINVAL, "%s is not a regular file", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return vps_err_set(err, -errno, "cannot open %s", path);
	if (!S_ISREG(st.st_mode))
		return vps_err_say(err, -EINVAL, "%s is not a regular file", path);
	return file_read_fd(fd, path, max, ret_text, ret_len, err);
}

ssize_t file_read_line(int dir_fd, const char *path, char *buf, size_t size)
{
	OWN_FD fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t len;

	if (fd < 0)
		return -errno;
	do
		len = read(fd, buf, size - 1);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	if (len > 0 && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return len;
}

int file_write(int dir_fd, const char *path, const char *text, struct vps_err *err)
{
	OWN_FD fd = openat(dir_fd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = strlen(text);
	ssize_t written;

	if (fd < 0)
		return vps_err_set(err, -errno, "cannot open %s", path);
	do
		written = write(fd, text, len);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return vps_err_set(err, -errno, "cannot write \"%s\" to %s", text, path);
	if ((size_t)written != len)
		return vps_err_set(err, -EIO, "short write to %s", path);
	return 0;
}

int fd_write_all(int fd, const void *buf, size_t len)
{
	const char *at = buf;

	while (len > 0) {
		ssize_t written = write(fd, at, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		at += written;
		len -= (size_t)written;
	}
	return 0;
}

void fd_keep_only(const int *fds, size_t count)
{
	unsigned from = STDERR_FILENO + 1;

	for (;;) {
		unsigned next = ~0U;
		size_t i;

		for (i = 0; i < count; i++)
			if (fds[i] >= 0 && (unsigned)fds[i] >= from && (unsigned)fds[i] < next)
				next = (unsigned)fds[i];
		if (next > from)
			(void)close_range(from, next == ~0U ? next : next - 1, 0);
		if (next == ~0U)
			return;
		from = next + 1;
	}
}

/* The body of file_replace(), once the temporary exists. */
static int fill_and_rename(int dir_fd, const char *temp, const char *name, int fd,
			   const void *text, size_t len, bool is_durable, struct vps_err *err)
{
	int r = fd_write_all(fd, text, len);

	if (r < 0)
		return vps_err_set(err, r, "cannot write %s", name);
	if (is_durable && fsync(fd) < 0)
		return vps_err_set(err, -errno, "cannot sync %s", name);
	if (renameat(dir_fd, temp, dir_fd, name) < 0)
		return vps_err_set(err, -errno, "cannot replace %s", name);
	if (is_durable && fsync(dir_fd) < 0)
		return vps_err_set(err, -errno, "cannot sync the directory of %s", name);
	return 0;
}

int file_replace(int dir_fd, const char *name, const void *text, size_t len, mode_t mode,
		 bool is_durable, struct vps_err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	char temp[NAME_MAX + 1];
	OWN_FD fd = FD_NONE;
	int r;

	/* The dot keeps listings from taking a leftover for an entry. */
	r = snprintf(temp, sizeof(temp), ".%s.%d~", name, (int)getpid());
	if (r < 0 || (size_t)r >= sizeof(temp))
		return vps_err_set(err, -ENAMETOOLONG, "cannot replace %s", name);
	fd = openat(dir_fd, temp, flags, mode);
	if (fd < 0 && errno == EEXIST) {	/* of a killed process that had our pid */
		(void)unlinkat(dir_fd, temp, 0);
		fd = openat(dir_fd, temp, flags, mode);
	}
	if (fd < 0)
		return vps_err_set(err, -errno, "cannot create %s", temp);
	r = fill_and_rename(dir_fd, temp, name, fd, text, len, is_durable, err);
	if (r < 0)
		(void)unlinkat(dir_fd, temp, 0);	/* renamed already, or ours to drop */
	return r;
}

void file_sweep(int dir_fd)
{
	int list_fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_DIR *dir = list_fd < 0 ? NULL : fdopendir(list_fd);
	const struct dirent *entry;

	if (!dir) {
		own_close(&list_fd);
		return;		/* what is left costs only its room */
	}
	while ((entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (entry->d_name[0] == '.' && entry->d_name[len - 1] == '~')
			(void)unlinkat(dir_fd, entry->d_name, 0);
	}
}

int dir_make(int dir_fd, const char *path, mode_t mode, struct vps_err *err)
{
	char part[PATH_MAX];
	size_t len = strlen(path);
	char *slash;
	int fd;

	if (len == 0 || len >= sizeof(part))
		return vps_err_set(err, -ENAMETOOLONG, "cannot make directory \"%s\"", path);
	fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)	/* most are there already */
		return fd;
	memcpy(part, path, len + 1);
	for (slash = part + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdirat(dir_fd, part, mode) < 0 && errno != EEXIST)
			return vps_err_set(err, -errno, "cannot make directory %s", part);
		*slash = '/';
	}
	if (mkdirat(dir_fd, part, mode) < 0 && errno != EEXIST)
		return vps_err_set(err, -errno, "cannot make directory %s", part);
	fd = openat(dir_fd, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return vps_err_set(err, -errno, "cannot open directory %s", part);
	return fd;
}

/*
 * Deletes by walking one open directory at a time. Recursion is bounded by
 * the descriptor limit, and a tenant can nest deeper than that: such a
 * directory is first moved up to the top of the tree, then walked from there.
 */
#define TREE_DEPTH 64

struct removal {
	int      top_fd;	/* where directories that lie too deep are moved to */
	dev_t    dev;		/* the mount that must not be left */
	unsigned moved;		/* names given so far */
};

static int remove_children(int fd, struct removal *rm, int depth);

/* Under a name that is free: the tenant may have thought of ours. */
static int move_up(int dir_fd, const char *name, struct removal *rm)
{
	char up[32];

	for (;;) {
		(void)snprintf(up, sizeof(up), ".deep-%u", rm->moved++);
		if (renameat2(dir_fd, name, rm->top_fd, up, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
}

static int remove_entry(int dir_fd, const char *name, struct removal *rm, int depth)
{
	OWN_FD fd = FD_NONE;
	struct stat st;
	int r;

	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOTDIR)		/* a file that may not be deleted: chattr +i */
		return -EPERM;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (depth >= TREE_DEPTH)
		return move_up(dir_fd, name, rm);
	if (st.st_dev != rm->dev)
		return -EXDEV;
	r = remove_children(fd, rm, depth + 1);
	if (r < 0)
		return r;
	return unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int remove_children(int fd, struct removal *rm, int depth)
{
	int dup = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	OWN_DIR *dir = dup < 0 ? NULL : fdopendir(dup);
	bool again = true;

	if (!dir) {
		own_close(&dup);
		return -errno;
	}
	while (again) {		/* entries may be skipped, or moved up here, as others go */
		const struct dirent *entry;

		again = false;
		rewinddir(dir);
		while ((entry = readdir(dir))) {
			int r;

			if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
				continue;
			r = remove_entry(fd, entry->d_name, rm, depth);
			if (r < 0)
				return r;
			again = true;
		}
	}
	return 0;
}

int tree_remove(int dir_fd, const char *name, struct vps_err *err)
{
	OWN_FD top_fd = FD_NONE;
	struct removal rm = { 0 };
	struct stat st;
	int r;

	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return vps_err_set(err, -errno, "cannot remove %s", name);
	top_fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top_fd < 0 || fstat(top_fd, &st) < 0)
		return vps_err_set(err, -errno, "cannot open %s", name);
	rm.top_fd = top_fd;
	rm.dev = st.st_dev;
	r = remove_children(top_fd, &rm, 0);
	if (r < 0)
		return vps_err_set(err, r, "cannot empty %s", name);
	if (unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return vps_err_set(err, -errno, "cannot remove %s", name);
	return 0;
}
