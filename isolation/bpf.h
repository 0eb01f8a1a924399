/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf(2), for which the C library has no function. */
#ifndef ISOLATION_BPF_H
#define ISOLATION_BPF_H

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* An initialiser need not reach beyond the first member of a union; the kernel wants zeroes. */
static inline void bpf_clear(union bpf_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
}

#endif
