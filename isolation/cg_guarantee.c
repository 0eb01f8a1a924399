// SPDX-License-Identifier: LGPL-2.1-or-later
/* Hands what children are guaranteed to their parent, too; called by the engine and by vps_set(). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/cg.h"

static const char *const guarantees[] = { "memory.min", "memory.low" };

static bool has_some(int cg_fd)
{
	uint64_t value;
	size_t i;

	for (i = 0; i < ARRAY_LEN(guarantees); i++)
		if (cg_read(cg_fd, guarantees[i], &value) == 0 && value > 0)
			return true;
	return false;
}

/* The sum over the children; of those that are going there is nothing to read. */
static int sum(int parent_fd, const char *file, uint64_t *ret_sum)
{
	int fd = openat(parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	uint64_t total = 0, value;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		char path[NAME_MAX + sizeof("/memory.min")];

		if (entry->d_type != DT_DIR || *entry->d_name == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", entry->d_name, file);
		if (cg_read(parent_fd, path, &value) == 0 &&
		    __builtin_add_overflow(total, value, &total))
			total = UINT64_MAX;
	}
	*ret_sum = total;
	return 0;
}

static int hand_up(int parent_fd, const char *file, struct vps_err *err)
{
	uint64_t before, now = 0;
	char text[24] = "max";
	int r = cg_read(parent_fd, file, &before);

	if (r == -ENOENT)
		return 0;	/* without the controller nobody is guaranteed anything */
	if (r == 0)
		r = sum(parent_fd, file, &now);
	if (r < 0)
		return vps_err_set(err, r, "cannot add up %s of all", file);
	if (now == before)
		return 0;
	if (now != UINT64_MAX)
		(void)snprintf(text, sizeof(text), "%" PRIu64, now);
	return file_write(parent_fd, file, text, err);
}

int cg_sum_guarantees(const char *path, struct vps_err *err)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	OWN_FD parent_fd = FD_NONE, cg_fd = FD_NONE;
	size_t i;
	int r = 0;

	if (!slash)
		return 0;
	(void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	parent_fd = cg_open(parent);
	if (parent_fd < 0)
		return 0;	/* it went with the last child */
	cg_fd = cg_open(path);
	if (!has_some(parent_fd) && (cg_fd < 0 || !has_some(cg_fd)))
		return 0;
	/* Else an older sum could be written over a newer one. */
	if (flock(parent_fd, LOCK_EX) < 0)
		return vps_err_set(err, -errno, "cannot lock cgroup %s", parent);
	for (i = 0; r == 0 && i < ARRAY_LEN(guarantees); i++)
		r = hand_up(parent_fd, guarantees[i], err);
	return r;
}
