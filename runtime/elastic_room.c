// SPDX-License-Identifier: LGPL-2.1-or-later
/* Adds up what elastic limits may still take; called by elastic_loop.c. */
#include "elastic_room.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "base/own.h"
#include "isolation/cg.h"

#define DIR_NAME	".elastic"	/* no VPS has such a name */
#define LOCK		".lock"
#define RESERVE_PART	20		/* of the host's memory is kept: a twentieth */
#define MEMINFO_MAX	16384

int elastic_room_open(const char *run_dir, struct vps_err *err)
{
	const char *slash = strrchr(run_dir, '/');
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%.*s/" DIR_NAME, slash ? (int)(slash - run_dir) : 0,
		       run_dir);
	return dir_make(AT_FDCWD, path, 0700, err);
}

void elastic_room_enter(int elastic_fd, const char *name, const char *cgroup)
{
	struct vps_err ignored = { 0 };	/* one that is not counted has no reserve of its own */

	(void)file_replace(elastic_fd, name, cgroup, strlen(cgroup), 0600, false, &ignored);
}

void elastic_room_leave(int elastic_fd, const char *name)
{
	(void)unlinkat(elastic_fd, name, 0);
}

int elastic_room_lock(int elastic_fd)
{
	struct vps_err ignored = { 0 };

	return lock_take(elastic_fd, LOCK, 0, &ignored);
}

/* What this one was given and does not use. Of one that ended with its monitor the cgroup is gone. */
static uint64_t unused_of(int elastic_fd, const char *name)
{
	char cgroup[PATH_MAX];
	OWN_FD cg_fd = FD_NONE;
	uint64_t limit, used;

	if (file_read_line(elastic_fd, name, cgroup, sizeof(cgroup)) <= 0)
		return 0;
	cg_fd = cg_open(cgroup);
	if (cg_fd < 0) {
		elastic_room_leave(elastic_fd, name);
		return 0;
	}
	if (cg_read(cg_fd, "memory.max", &limit) < 0 || limit == UINT64_MAX ||
	    cg_read(cg_fd, "memory.current", &used) < 0)
		return 0;
	return limit > used ? limit - used : 0;
}

static uint64_t unused_of_all(int elastic_fd)
{
	OWN_DIR *dir = NULL;
	OWN_FD fd = openat(elastic_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	uint64_t sum = 0;

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return 0;
	fd = FD_NONE;		/* the stream's now */
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			sum += unused_of(elastic_fd, entry->d_name);
	return sum;
}

static uint64_t meminfo(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	uint64_t kib;

	return at && sscanf(at + strlen(key), ": %" SCNu64, &kib) == 1 ? kib * 1024 : 0;
}

uint64_t elastic_room_find(int elastic_fd)
{
	OWN_MEM char *text = NULL;
	struct vps_err ignored = { 0 };
	uint64_t available, taken;

	if (file_read(AT_FDCWD, "/proc/meminfo", MEMINFO_MAX, &text, NULL, &ignored) < 0)
		return 0;
	available = meminfo(text, "MemAvailable");
	taken = meminfo(text, "MemTotal") / RESERVE_PART + unused_of_all(elastic_fd);
	return available > taken ? available - taken : 0;
}
