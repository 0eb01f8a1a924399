/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every limit of a VPS, one row each: the spec, the compiler, help and man page read these rows. */
#ifndef RUNTIME_RESOURCES_H
#define RUNTIME_RESOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/units.h"

/*
 * In an order in which limits can grow one after the other, and shrink from
 * the last to the first, without one ever being above the one that bounds it.
 */
enum resource_id {
	RES_CPUS,		/* thousandths of a processor */
	RES_CPU_BURST,		/* the same */
	RES_CPU_WEIGHT,
	RES_CPU_SET,		/* text: a cpu list */
	RES_CPU_DEDICATED,	/* the same; files of two kinds, see live.c */
	RES_MEMORY,
	RES_MEMORY_HIGH,
	RES_MEMORY_LOW,
	RES_MEMORY_MIN,
	RES_MEMORY_OOM_GROUP,
	RES_SWAP,
	RES_PIDS,
	RES_IO_WEIGHT,
	RES_IO_READ,
	RES_IO_WRITE,
	RES_IO_READ_OPS,
	RES_IO_WRITE_OPS,
	RES_HUGETLB_2M,
	RES_HUGETLB_1G,
	RES_RDMA_HANDLES,
	RES_RDMA_OBJECTS,
	RES_DISK,
	RES_INODES,
	RES_NET_IN,		/* bits a second; with its burst one text, see bandwidth.h */
	RES_NET_IN_BURST,
	RES_NET_OUT,
	RES_NET_OUT_BURST,
	RESOURCES
};

/*
 * Without a limit of its own a VPS that forks without end would use up the
 * pids of the host. Enough for a busy server, far below kernel.pid_max.
 */
#define RESOURCE_PIDS 8192

/* What a limit is about: the cgroup, devices with a line each in its file, files of ROOT, or the link. */
enum resource_place { PLACE_NONE, PLACE_DISK, PLACE_RDMA, PLACE_QUOTA, PLACE_LINK };

struct resource {
	const char *name;	/* key in "resources" of vps.json and of KEY=VALUE: "cpu.weight" */
	const char *file;	/* cgroup v2 interface file; of PLACE_LINK an annotation; of PLACE_QUOTA NULL */
	const char *second_file;	/* takes the same value, or NULL */
	const char *controller;	/* NULL where no cgroup has a part in it */
	enum resource_place place;
	const char *key;	/* in such a line: "rbps" */
	enum unit   unit;
	bool        is_text;	/* a list of processors, not an amount */
	bool        takes_max;	/* "max" is a value, UINT64_MAX: no limit */
	uint64_t    lowest, highest;	/* in the unit's scale */
	uint64_t    step;	/* a value is a multiple of it; 0: of 1 */
	uint64_t    fallback;	/* what a VPS has where nothing is set; of text: "" */
	const char *summary;	/* half a line for help and man page */
};

/* What of this host limits are about, besides its cgroups. */
struct resource_places {
	char disk[24];		/* "8:0", below the root file systems; empty: none that can be limited */
	char rdma[200];		/* names with a space between them; empty: there are none */
	char no_disk[300];	/* why `disk` cannot be limited; empty: it can */
	char no_inodes[300];	/* the same of `inodes` */
	uint64_t disk_host;	/* disk.h: where the limit is the size of a file system; elsewhere 0 */
};

extern const struct resource resources[RESOURCES];

/* A set of limits: what is not set is the kernel's default. */
struct limits {
	bool        is_set[RESOURCES];
	uint64_t    value[RESOURCES];	/* in the unit's scale; UINT64_MAX is "max" */
	const char *text[RESOURCES];	/* of is_text rows; borrowed */
};

/* Row by its name, or RESOURCES. */
enum resource_id resource_find(const char *name);

/* Whether text is a list of processors as cpuset.cpus takes it: "0-1,4". */
bool resource_is_cpu_list(const char *text);

/*
 * cpu.weight of v2 for cpu.shares of v1 (2..262144; 1024 is usual and becomes
 * 100), by the formula that runc uses since 1.3.
 */
uint64_t resource_weight_of_shares(uint64_t shares);

/*
 * Parse a value as people write it and check its range. Of a row that is text
 * the text itself is the value, and *ret_value becomes 0.
 * Returns 0, or -EINVAL with a sentence "pids: 0 is below 1; allowed are …".
 */
int resource_parse(enum resource_id id, const char *text, uint64_t *ret_value,
		   struct vps_err *err);

/* What a row takes, into buf: "1 to 10000", "1M to 1048576T, or max". Returns buf. */
const char *resource_range(enum resource_id id, char *buf, size_t size);

/* A value as people write it, into buf: "1.5", "512M", "max". Not of text. Returns buf. */
const char *resource_format(enum resource_id id, uint64_t value, char *buf, size_t size);

/* The value of an amount in a set: its fallback where it is not set, a burst's being what its rate needs. */
uint64_t resource_value(const struct limits *limits, enum resource_id id);

/*
 * What goes into the cgroup file for a value of an amount that has no place:
 * cpus 1500 -> "150000 100000". Returns buf.
 */
const char *resource_cg_text(enum resource_id id, uint64_t value, char *buf, size_t size);

/*
 * The same for every row of a set of limits, with a line for each device where
 * the file has such: io.read 1M -> "8:0 rbps=1048576".
 *
 * Returns 0, or -VPS_EHOST with a sentence when this host has no such device,
 * or -ENOSPC when size is too small.
 */
int resource_cg_lines(enum resource_id id, const struct limits *limits,
		      const struct resource_places *places, char *buf, size_t size,
		      struct vps_err *err);

/*
 * The value in what the cgroup file reads; what is not in it is the fallback.
 * Of text *ret_value becomes 0. Returns 0, or -EBADMSG when it cannot be understood.
 */
int resource_cg_parse(enum resource_id id, const char *content,
		      const struct resource_places *places, uint64_t *ret_value);

/* Whether this host has what the row's lines are about: 0, or -VPS_EHOST with a sentence. */
int resource_check_place(enum resource_id id, const struct resource_places *places,
			 struct vps_err *err);

#endif
