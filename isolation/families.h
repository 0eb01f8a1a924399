/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Families of sockets that no network namespace holds, kept away from a cgroup.
 *
 * By AF_VSOCK root of a VPS reaches what listens on this host, on the machine
 * that it runs on, and in other VPSs, past every network. A system call filter
 * cannot close it: 32-bit programs pass the family in memory, by socketcall(2).
 * A BPF program at the security hook of socket(2) sees it however it was passed.
 */
#ifndef ISOLATION_FAMILIES_H
#define ISOLATION_FAMILIES_H

#include <stddef.h>

#include "base/err.h"

/* What a VPS is refused. */
extern const int families_unheld[];
extern const size_t families_unheld_count;

/*
 * Let socket(2) know no such family (EAFNOSUPPORT) in a cgroup and below. It is
 * in force until the cgroup is removed.
 *
 * families   count of them, 1 to 16
 * cache_fd   as in bpf_load(); where the hook is, is kept there, too:
 *            finding it takes 5 ms
 *
 * Returns 0; -VPS_EHOST with err set when this kernel was built without what it
 * takes (BPF LSM and BTF, Linux 6.0); or another -errno with err set. Where
 * "bpf" is not among the security modules that the kernel was booted with, it
 * is 0 and without effect.
 */
int families_refuse(int cg_fd, const int *families, size_t count, int cache_fd,
		    struct vps_err *err);

#endif
