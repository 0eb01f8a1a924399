/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which processors a process runs on and which memory nodes it takes memory from. */
#ifndef ISOLATION_PLACEMENT_H
#define ISOLATION_PLACEMENT_H

#include "base/cpulist.h"
#include "base/err.h"

/* Where the calling thread may run: to be put back later. 0 or -errno with err set. */
int placement_get_cpus(struct cpulist *ret_set, struct vps_err *err);

/* Let the calling thread run on these alone. 0 or -errno with err set. */
int placement_set_cpus(const struct cpulist *set, struct vps_err *err);

/* Let it run wherever its cgroup allows. 0 or -errno with err set. */
int placement_free_cpus(struct vps_err *err);

/* set_mempolicy(2) of the calling thread: mode with its flags. 0 or -errno with err set. */
int placement_set_memory(int mode, const struct cpulist *nodes, struct vps_err *err);

#endif
