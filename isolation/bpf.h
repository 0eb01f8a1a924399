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
 * The program of these instructions that bpf_share() noted, while a cgroup still
 * holds it: to check and translate it once more takes 0.2 ms, and memory.
 *
 * cache_fd   as in cache_get()
 * name       of the program, and of the note
 *
 * Returns its descriptor, or FD_NONE: load it.
 */
int bpf_find_shared(int cache_fd, const char *name, const struct bpf_insn *insns, size_t count);

/* Let others find a program that was loaded from these instructions. Best effort. */
void bpf_share(int cache_fd, const char *name, const struct bpf_insn *insns, size_t count, int fd);

#endif
