// SPDX-License-Identifier: LGPL-2.1-or-later
/* /proc/diskstats of a VPS: io.stat of its cgroup, device by device. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/major.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "view_text.h"

/* The number of "key=" in a line of io.stat, or 0. */
static uint64_t value_of(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* What the host calls it, as /proc/partitions does. */
static bool name_of(const char *numbers, char name[NAME_MAX + 1])
{
	char path[64], target[PATH_MAX];
	const char *slash;
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/sys/dev/block/%s", numbers);
	len = readlink(path, target, sizeof(target) - 1);
	target[len > 0 ? len : 0] = '\0';
	slash = strrchr(target, '/');
	if (slash)
		(void)snprintf(name, NAME_MAX + 1, "%.*s", NAME_MAX, slash + 1);
	return slash;
}

static void put_device(struct view_text *text, const char *line)
{
	char numbers[32], name[NAME_MAX + 1];
	unsigned major, minor;

	/* What goes through a loop device is in the line of the disk where its file lies, too. */
	if (sscanf(line, "%u:%u", &major, &minor) != 2 || major == LOOP_MAJOR)
		return;
	(void)snprintf(numbers, sizeof(numbers), "%u:%u", major, minor);
	if (!name_of(numbers, name))
		return;
	/* Of merges, times and requests under way nobody keeps count by cgroup. */
	view_put(text, "%4u %7u %s %" PRIu64 " 0 %" PRIu64 " 0 %" PRIu64 " 0 %" PRIu64
		 " 0 0 0 0 %" PRIu64 " 0 %" PRIu64 " 0 0 0\n",
		 major, minor, name, value_of(line, "rios="), value_of(line, "rbytes=") / 512,
		 value_of(line, "wios="), value_of(line, "wbytes=") / 512, value_of(line, "dios="),
		 value_of(line, "dbytes=") / 512);
}

/* Without the controller it is empty: the host's counters are none of a tenant's business. */
void view_diskstats(struct view *view, struct view_text *text)
{
	OWN_MEM char *stat = view_cgroup(view, "io.stat");
	char *line, *rest = NULL;

	for (line = stat ? strtok_r(stat, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		put_device(text, line);
}
