/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a running VPS uses, one row a number: `stats` and the manual read these rows. */
#ifndef RUNTIME_STATISTICS_H
#define RUNTIME_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/resources.h"
#include "runtime/vps.h"

enum statistic_id {
	STAT_CPU,
	STAT_THROTTLED,
	STAT_MEMORY,
	STAT_SWAP,
	STAT_PIDS,
	STAT_DISK,
	STAT_INODES,
	STAT_READ,
	STAT_WRITTEN,
	STAT_READS,
	STAT_WRITES,
	STAT_RECLAIMED,
	STAT_OOM_KILLS,
	STAT_CPU_SOME,
	STAT_MEMORY_SOME,
	STAT_MEMORY_FULL,
	STAT_IO_SOME,
	STAT_IO_FULL,
	STAT_NET_IN,
	STAT_NET_OUT,
	STAT_NET_IN_PACKETS,
	STAT_NET_OUT_PACKETS,
	STAT_NET_IN_DROPPED,
	STAT_NET_OUT_DROPPED,
	STATISTICS
};

struct statistic {
	const char *name;	/* key in JSON: "cpu_usec" */
	const char *file;	/* cgroup v2 interface file; of STAT_QUOTA and STAT_LINK NULL */
	enum {
		STAT_NUMBER,	/* the file is the number */
		STAT_LINE,	/* "key 123" */
		STAT_DEVICES,	/* "key=123" in the line of each device, added up */
		STAT_STALLED,	/* "total=123" in the line that starts with key, of *.pressure */
		STAT_QUOTA,	/* what limit is about, of disk.h */
		STAT_LINK,	/* a counter of its link */
	} form;
	const char *key;
	bool        is_counter;	/* grows since the start; what matters is by how much a second */
	enum resource_id limit;	/* RESOURCES: none */
	const char *limit_name;	/* its key in JSON; NULL: it is not shown */
};

extern const struct statistic statistics[STATISTICS];

/* A VPS at one moment. */
struct vps_stats {
	char     name[64];
	int64_t  time_usec;		/* of a clock that only goes forward */
	int64_t  value[STATISTICS];	/* -1: this host does not say */
	uint64_t limit[RESOURCES];	/* in force, of those that a row names; UINT64_MAX: none */
};

/* Read them. -VPS_ESTATE when it does not run. Takes no lock. */
int vps_stats(struct vps_host *host, const char *name, struct vps_stats *ret_stats,
	      struct vps_err *err);

/* The number of a row in what its file reads, or -1. Not of STAT_LINK. */
int64_t statistic_parse(enum statistic_id id, const char *content);

#endif
