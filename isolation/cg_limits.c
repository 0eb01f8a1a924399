// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads limits up the cgroup tree; called by the view of /proc, which shows them. */
#include "cg_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "cg.h"

#define DEPTH_MAX	64	/* levels above that are looked at */

/* One value of one cgroup. 0 or -errno. */
typedef int (*reader)(int cg_fd, const char *file, uint64_t *ret_value);

/* The parent, or FD_NONE above the root of what is mounted. */
static int open_parent(int cg_fd)
{
	OWN_FD fd = openat(cg_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC)
		return FD_NONE;
	return fd_take(&fd);
}

/* The root has none of these files, and a level whose controller is off limits nothing. */
static uint64_t lowest_above(int cg_fd, const char *file, reader read_one)
{
	OWN_FD fd = open_parent(cg_fd);
	uint64_t lowest = UINT64_MAX, value;
	int depth;

	for (depth = 0; fd >= 0 && depth < DEPTH_MAX; depth++) {
		int parent_fd;

		if (read_one(fd, file, &value) == 0 && value < lowest)
			lowest = value;
		parent_fd = open_parent(fd);
		own_close(&fd);
		fd = parent_fd;
	}
	return lowest;
}

int cg_lowest(int cg_fd, const char *file, uint64_t *ret_value)
{
	uint64_t value, above;
	int r = cg_read(cg_fd, file, &value);

	if (r < 0)
		return r;
	above = lowest_above(cg_fd, file, cg_read);
	*ret_value = above < value ? above : value;
	return 0;
}

static int read_quota(int cg_fd, const char *file, uint64_t *ret_value)
{
	unsigned long quota_usec, period_usec;
	char text[64];
	ssize_t len = file_read_line(cg_fd, file, text, sizeof(text));

	if (len < 0)
		return (int)len;
	if (sscanf(text, "%lu %lu", &quota_usec, &period_usec) == 2 && period_usec)
		*ret_value = ((uint64_t)quota_usec * 1000 + period_usec - 1) / period_usec;
	else
		*ret_value = UINT64_MAX;
	return 0;
}

unsigned cg_count_cpus(const char *list)
{
	unsigned count = 0;
	char *end;

	while (*list >= '0' && *list <= '9') {
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		count += last >= first ? (unsigned)(last - first) + 1 : 0;
		list = *end == ',' ? end + 1 : end;
	}
	return count;
}

uint64_t cg_millicpus(int cg_fd)
{
	uint64_t lowest = lowest_above(cg_fd, "cpu.max", read_quota), own;
	OWN_MEM char *list = NULL;
	struct vps_err ignored = { 0 };
	unsigned count = 0;

	if (read_quota(cg_fd, "cpu.max", &own) == 0 && own < lowest)
		lowest = own;
	if (file_read(cg_fd, "cpuset.cpus.effective", 65536, &list, NULL, &ignored) == 0)
		count = cg_count_cpus(list);
	if (count && (uint64_t)count * 1000 < lowest)
		lowest = (uint64_t)count * 1000;
	return lowest;
}

uint64_t cg_keyed(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strncmp(text, key, len) == 0 && text[len] == ' ')
			return strtoull(text + len + 1, NULL, 10);
	return 0;
}
