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
	bool        is_text;	/* a list, not an amount */
	uint64_t    lowest, highest;
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

/*
 * Parse a value as people write it and check its range.
 * Returns 0, or -EINVAL with a sentence "pids: 0 is below 1".
 */
int resource_parse(enum resource_id id, const char *text, uint64_t *ret_value,
		   struct vps_err *err);

/* What goes into the cgroup file for a value, into buf: cpus 1500 -> "150000 100000". Returns buf. */
const char *resource_cg_text(enum resource_id id, uint64_t value, char *buf, size_t size);

#endif
