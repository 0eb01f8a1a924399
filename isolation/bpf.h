/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf(2), for which the C library has no function, and programs that cgroups share. */
#ifndef ISOLATION_BPF_H
#define ISOLATION_BPF_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>
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

/* A descriptor of the program with that number; or -1 with errno set. */
int bpf_open(uint32_t id);

/* What the kernel says of a program. Returns 0, or -1 with errno set. */
int bpf_describe(int fd, struct bpf_prog_info *ret_info);

/*
 * Load a program, or take that of the same name and instructions which an
 * earlier call loaded, while a cgroup still holds it: to check and translate
 * it once more takes 0.2 ms, and memory.
 *
 * attr       its type and what it is attached to; the rest is filled in here
 * name       of the program, and of its note in the cache
 * cache_fd   as in cache_get()
 *
 * Returns its descriptor, owned by the caller; or -1 with errno set.
 */
int bpf_load(union bpf_attr *attr, const char *name, const struct bpf_insn *insns, size_t count,
	     int cache_fd);

#endif
