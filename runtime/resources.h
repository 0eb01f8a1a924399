/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every limit of a VPS, one row each: the spec, the compiler, help and man page read these rows. */
#ifndef RUNTIME_RESOURCES_H
#define RUNTIME_RESOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/units.h"

enum resource_id {
	RES_CPUS,		/* thousandths of a processor */
	RES_CPU_WEIGHT,
	RES_CPU_SET,		/* text: a cpu list */
	RES_MEMORY,
	RES_MEMORY_HIGH,
	RES_MEMORY_LOW,
	RES_MEMORY_MIN,
	RES_SWAP,
	RES_PIDS,
	RES_IO_WEIGHT,
	RESOURCES
};

struct resource {
	const char *name;	/* key in "resources" of vps.json and of KEY=VALUE: "cpu.weight" */
	const char *file;	/* cgroup v2 interface file */
	const char *controller;
	enum unit   unit;
	bool        is_text;	/* a list of processors, not an amount */
	bool        takes_max;	/* "max" is a value, UINT64_MAX: no limit */
	uint64_t    lowest, highest;	/* in the unit's scale */
	const char *summary;	/* half a line for help and man page */
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

/* What goes into the cgroup file for a value, into buf: cpus 1500 -> "150000 100000". Returns buf. */
const char *resource_cg_text(enum resource_id id, uint64_t value, char *buf, size_t size);

#endif
