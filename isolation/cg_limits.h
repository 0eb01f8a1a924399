/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What those in a cgroup may use: the strictest of it and its ancestors. */
#ifndef ISOLATION_CG_LIMITS_H
#define ISOLATION_CG_LIMITS_H

#include <stdint.h>

#include "base/err.h"

/*
 * The lowest value of a file of one number ("memory.max") in a cgroup and its
 * ancestors, as far as they can be seen; UINT64_MAX: no limit.
 *
 * cg_fd   directory of the cgroup, borrowed
 * Returns 0, or -ENOENT when the cgroup itself has no such file (the
 * controller is missing), or another -errno; the output is then untouched.
 */
int cg_lowest(int cg_fd, const char *file, uint64_t *ret_value);

/*
 * Thousandths of a processor that it may use at the same time, by cpu.max and
 * cpuset.cpus.effective; UINT64_MAX: no limit.
 */
uint64_t cg_millicpus(int cg_fd);

/* The number behind a key of a flat-keyed text ("user_usec 12"), or 0. */
uint64_t cg_keyed(const char *text, const char *key);

/* How many processors a list of them ("0-3,8") names. */
unsigned cg_count_cpus(const char *list);

#endif
