/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which processes live in a cgroup. */
#ifndef ISOLATION_CG_PROCS_H
#define ISOLATION_CG_PROCS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * The processes in a cgroup and below, as host's pids.
 *
 * cg_fd      directory of the cgroup, borrowed
 * ret_pids   malloc()ed, ret_count of them (NULL: none); the caller frees it
 * Returns 0, or -errno with err set and the outputs untouched.
 */
int cg_processes(int cg_fd, pid_t **ret_pids, size_t *ret_count, struct vps_err *err);

/* The same for its threads: a process of many is there as many times. */
int cg_threads(int cg_fd, pid_t **ret_tids, size_t *ret_count, struct vps_err *err);

#endif
