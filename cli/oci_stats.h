/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a container uses, as `events` prints it. */
#ifndef CLI_OCI_STATS_H
#define CLI_OCI_STATS_H

#include "cli/emit.h"

/*
 * The member "data" of a statistics event: cpu, memory, pids, blkio and hugetlb
 * as runc names them, in nanoseconds and bytes. What the kernel does not count
 * here is left out.
 */
void oci_stats_show(int cg_fd, struct emit *emit);

#endif
