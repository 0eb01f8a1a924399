// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of statistics, and reading them from the cgroup and the link of a VPS; called by `vpsctl stats`. */
#include "statistics.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/cg.h"
#include "netns/traffic.h"
#include "host.h"
#include "live.h"

#define FILE_MAX	65536	/* io.stat has a line a device */

const struct statistic statistics[STATISTICS] = {
	/*                      name                  file               form           key */
	[STAT_CPU]         = { "cpu_usec",	      "cpu.stat",	 STAT_LINE,    "usage_usec",
			       true, RES_CPUS, NULL },
	[STAT_THROTTLED]   = { "throttled_usec",      "cpu.stat",	 STAT_LINE,    "throttled_usec",
			       true, RESOURCES, NULL },
	[STAT_MEMORY]      = { "memory_bytes",	      "memory.current",	 STAT_NUMBER,  NULL,
			       false, RES_MEMORY, "memory_limit_bytes" },
	[STAT_SWAP]        = { "swap_bytes",	      "memory.swap.current", STAT_NUMBER, NULL,
			       false, RES_SWAP, "swap_limit_bytes" },
	[STAT_PIDS]        = { "pids",		      "pids.current",	 STAT_NUMBER,  NULL,
			       false, RES_PIDS, "pids_limit" },
	[STAT_DISK]        = { "disk_bytes",	      NULL,		 STAT_QUOTA,   NULL,
			       false, RES_DISK, "disk_limit_bytes" },
	[STAT_INODES]      = { "inodes",	      NULL,		 STAT_QUOTA,   NULL,
			       false, RES_INODES, "inodes_limit" },
	[STAT_READ]        = { "read_bytes",	      "io.stat",	 STAT_DEVICES, "rbytes",
			       true, RES_IO_READ, NULL },
	[STAT_WRITTEN]     = { "written_bytes",	      "io.stat",	 STAT_DEVICES, "wbytes",
			       true, RES_IO_WRITE, NULL },
	[STAT_READS]       = { "reads",		      "io.stat",	 STAT_DEVICES, "rios",
			       true, RES_IO_READ_OPS, NULL },
	[STAT_WRITES]      = { "writes",	      "io.stat",	 STAT_DEVICES, "wios",
			       true, RES_IO_WRITE_OPS, NULL },
	[STAT_RECLAIMED]   = { "reclaimed_pages",     "memory.stat",	 STAT_LINE,    "pgsteal",
			       true, RESOURCES, NULL },
	[STAT_OOM_KILLS]   = { "oom_kills",	      "memory.events",	 STAT_LINE,    "oom_kill",
			       true, RESOURCES, NULL },
	[STAT_CPU_SOME]    = { "cpu_some_usec",	      "cpu.pressure",	 STAT_STALLED, "some",
			       true, RESOURCES, NULL },
	[STAT_MEMORY_SOME] = { "memory_some_usec",    "memory.pressure", STAT_STALLED, "some",
			       true, RESOURCES, NULL },
	[STAT_MEMORY_FULL] = { "memory_full_usec",    "memory.pressure", STAT_STALLED, "full",
			       true, RESOURCES, NULL },
	[STAT_IO_SOME]     = { "io_some_usec",	      "io.pressure",	 STAT_STALLED, "some",
			       true, RESOURCES, NULL },
	[STAT_IO_FULL]     = { "io_full_usec",	      "io.pressure",	 STAT_STALLED, "full",
			       true, RESOURCES, NULL },
	[STAT_NET_IN]      = { "net_in_bytes",	      NULL,		 STAT_LINK,    NULL,
			       true, RES_NET_IN, NULL },
	[STAT_NET_OUT]     = { "net_out_bytes",	      NULL,		 STAT_LINK,    NULL,
			       true, RES_NET_OUT, NULL },
	[STAT_NET_IN_PACKETS] = { "net_in_packets",   NULL,		 STAT_LINK,    NULL,
			       true, RESOURCES, NULL },
	[STAT_NET_OUT_PACKETS] = { "net_out_packets", NULL,		 STAT_LINK,    NULL,
			       true, RESOURCES, NULL },
	[STAT_NET_IN_DROPPED] = { "net_in_dropped",   NULL,		 STAT_LINK,    NULL,
			       true, RESOURCES, NULL },
	[STAT_NET_OUT_DROPPED] = { "net_out_dropped", NULL,		 STAT_LINK,    NULL,
			       true, RESOURCES, NULL },
};

/* The decimal at text, or -1. */
static int64_t number_at(const char *text)
{
	unsigned long long value;

	if (!text || !isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	value = strtoull(text, NULL, 10);
	return errno || value > INT64_MAX ? -1 : (int64_t)value;
}

/* What stands behind "key " at the start of a line, or NULL. */
static const char *behind_key(const char *content, const char *key)
{
	size_t len = strlen(key);

	while (*content) {
		if (strncmp(content, key, len) == 0 && content[len] == ' ')
			return content + len + 1;
		content += strcspn(content, "\n");
		content += *content == '\n';
	}
	return NULL;
}

/*
 * The sum over the lines; a device that did nothing yet has no line. What goes
 * through a loop device is counted again on the disk where its file lies.
 */
static int64_t sum_of(const char *content, const char *key)
{
	char word[24];
	int64_t sum = 0;
	int len = snprintf(word, sizeof(word), " %s=", key);

	for (; *content; content += *content == '\n') {
		const char *end = strchrnul(content, '\n'), *at = strstr(content, word);
		bool is_loop = strtoul(content, NULL, 10) == LOOP_MAJOR;

		content = end;
		if (is_loop || !at || at > end)
			continue;
		if (number_at(at + len) < 0 || __builtin_add_overflow(sum, number_at(at + len), &sum))
			return -1;
	}
	return sum;
}

int64_t statistic_parse(enum statistic_id id, const char *content)
{
	const struct statistic *row = &statistics[id];
	const char *line;

	switch (row->form) {
	case STAT_NUMBER:
		return number_at(content);
	case STAT_LINE:
		return number_at(behind_key(content, row->key));
	case STAT_DEVICES:
		return sum_of(content, row->key);
	case STAT_STALLED:
		line = behind_key(content, row->key);
		line = line ? strstr(line, "total=") : NULL;
		return line ? number_at(line + strlen("total=")) : -1;
	case STAT_QUOTA:
	case STAT_LINK:
		break;		/* in no file */
	}
	return -1;
}

static int64_t counted(uint64_t count)
{
	return count > INT64_MAX ? -1 : (int64_t)count;
}

static int64_t read_used(const struct live *live, enum resource_id id)
{
	uint64_t used;

	return disk_used(&live->disk, id, &used) == 0 ? counted(used) : -1;
}

static void read_traffic(const struct live *live, int64_t value[STATISTICS])
{
	struct vps_err ignored = { 0 };
	struct traffic traffic;
	int id;

	for (id = 0; id < STATISTICS; id++)
		if (statistics[id].form == STAT_LINK)
			value[id] = -1;
	if (!*live->link || traffic_read(live->link, &traffic, &ignored) < 0)
		return;
	value[STAT_NET_IN] = counted(traffic.in_bytes);
	value[STAT_NET_OUT] = counted(traffic.out_bytes);
	value[STAT_NET_IN_PACKETS] = counted(traffic.in_packets);
	value[STAT_NET_OUT_PACKETS] = counted(traffic.out_packets);
	value[STAT_NET_IN_DROPPED] = counted(traffic.in_dropped);
	value[STAT_NET_OUT_DROPPED] = counted(traffic.out_dropped);
}

static void read_values(const struct live *live, struct vps_stats *stats)
{
	OWN_MEM char *text = NULL;
	const char *file = "";
	int id;

	for (id = 0; id < STATISTICS; id++) {
		struct vps_err ignored = { 0 };

		if (statistics[id].form == STAT_LINK)
			continue;
		if (statistics[id].form == STAT_QUOTA) {
			stats->value[id] = read_used(live, statistics[id].limit);
			continue;
		}
		if (strcmp(file, statistics[id].file) != 0) {	/* rows of one file stand together */
			own_free(&text);
			file = statistics[id].file;
			(void)file_read(live->cg_fd, file, FILE_MAX, &text, NULL, &ignored);
		}
		stats->value[id] = text ? statistic_parse((enum statistic_id)id, text) : -1;
	}
}

static void read_limits(const struct live *live, struct vps_stats *stats)
{
	char lines[LIVE_LINES];
	int id;

	for (id = 0; id < RESOURCES; id++)
		stats->limit[id] = UINT64_MAX;
	for (id = 0; id < STATISTICS; id++)
		if (statistics[id].limit < RESOURCES)
			(void)live_read(live, statistics[id].limit,
					&stats->limit[statistics[id].limit], lines);
}

int vps_stats(struct vps_host *host, const char *name, struct vps_stats *ret_stats,
	      struct vps_err *err)
{
	OWN_FD run_fd = FD_NONE;
	struct live live = LIVE_INIT;
	struct vps_info info;
	struct timespec now;
	int r = vps_get(host, name, &info, err);

	if (r < 0)
		return r;
	if (info.init_pid <= 0)
		return vps_err_say(err, -VPS_ESTATE, "it is not running");
	run_fd = openat(host->run_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = run_fd < 0 ? vps_err_set(err, -errno, "cannot open its run directory") :
			 live_open(run_fd, host->root_fd, &live, err);
	if (r < 0)
		return r;
	live_open_disk(&live);
	*ret_stats = (struct vps_stats){ 0 };
	(void)snprintf(ret_stats->name, sizeof(ret_stats->name), "%s", name);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ret_stats->time_usec = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	read_values(&live, ret_stats);
	read_traffic(&live, ret_stats->value);
	read_limits(&live, ret_stats);
	if (cg_is_populated(live.cg_fd) < 0)	/* it ended while we looked: what was missed is not "no limit" */
		r = vps_err_say(err, -VPS_ESTATE, "it is not running");
	live_close(&live);
	return r;
}
