/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which processors a process runs on and which memory nodes it takes memory from. */
#ifndef ISOLATION_PLACEMENT_H
#define ISOLATION_PLACEMENT_H

#include "base/err.h"

#define PLACEMENT_MAX	4096	/* processors or nodes; the kernel is built for 8192 and 1024 at most */

/* A set of numbers 0..PLACEMENT_MAX-1. */
struct placement {
	unsigned long bits[PLACEMENT_MAX / (8 * sizeof(unsigned long))];
};

/*
 * A list such as "0-3,7". Returns 0, or -EINVAL (no sentence) when it is none
 * or names a number of PLACEMENT_MAX and above.
 */
int placement_parse(const char *list, struct placement *ret_set);

/* Where the calling thread may run: to be put back later. 0 or -errno with err set. */
int placement_get_cpus(struct placement *ret_set, struct vps_err *err);

/* Let the calling thread run on these alone. 0 or -errno with err set. */
int placement_set_cpus(const struct placement *set, struct vps_err *err);

/* Let it run wherever its cgroup allows. 0 or -errno with err set. */
int placement_free_cpus(struct vps_err *err);

/* set_mempolicy(2) of the calling thread: mode with its flags. 0 or -errno with err set. */
int placement_set_memory(int mode, const struct placement *nodes, struct vps_err *err);

#endif
