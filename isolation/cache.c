// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keeps what takes long to make; called for system call filters and BPF programs. */
#include "cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"

/* Whether only root, or we ourselves where we are not root, could have written it. */
static bool is_trusted(int fd, mode_t type)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type &&
	       (st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

bool cache_get(int cache_fd, const char *name, size_t max, char **ret_bytes, size_t *ret_len)
{
	struct vps_err ignored = { 0 };
	OWN_FD fd = FD_NONE;

	if (cache_fd < 0 || !is_trusted(cache_fd, S_IFDIR))
		return false;
	fd = openat(cache_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd >= 0 && is_trusted(fd, S_IFREG) &&
	       file_read_fd(fd, name, max, ret_bytes, ret_len, &ignored) == 0;
}

void cache_put(int cache_fd, const char *name, const void *bytes, size_t len)
{
	struct vps_err ignored = { 0 };

	if (cache_fd >= 0 && is_trusted(cache_fd, S_IFDIR))
		(void)file_replace(cache_fd, name, bytes, len, 0600, false, &ignored);
}
