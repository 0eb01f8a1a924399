/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which device nodes may be opened or made: a BPF program on the cgroup. */
#ifndef ISOLATION_DEVICES_H
#define ISOLATION_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DEVICE_READ	1u
#define DEVICE_WRITE	2u
#define DEVICE_MKNOD	4u
#define DEVICE_ANY	(-1)	/* any major, any minor */

/* linux.resources.devices: later rules override earlier ones. */
struct device_rule {
	bool     is_allowed;
	char     type;			/* 'c', 'b', or 'a' for both */
	int64_t  major, minor;		/* or DEVICE_ANY */
	unsigned access;		/* DEVICE_… */
};

/*
 * What every VPS may open whatever its spec says: null, zero, full, random,
 * urandom, tty, ptmx, pts. The caller puts them behind the spec's own rules.
 */
extern const struct device_rule devices_default[];
extern const size_t devices_default_count;

struct bpf_insn;

/*
 * The program that implements the rules. What no rule names is denied, as the
 * OCI specification has it. Read, write and mknod are decided each by itself:
 * "allow rw" followed by "deny w" denies an open for both.
 *
 * ret_program  malloc()ed, ret_count instructions; the caller frees it
 * Returns 0, or -errno with err set and the outputs untouched.
 */
int devices_program(const struct device_rule *rules, size_t count, struct bpf_insn **ret_program,
		    size_t *ret_count, struct vps_err *err);

/*
 * Attach a program that implements the rules to a cgroup, replacing the one
 * that we attached before in one step: at no time is everything allowed.
 *
 * cg_fd      directory of the cgroup (v2), borrowed
 * cache_fd   as in bpf_load(): cgroups of the same rules share a program
 *
 * Returns 0, or -errno with err set and the former program in force.
 */
int devices_attach(int cg_fd, const struct device_rule *rules, size_t count, int cache_fd,
		   struct vps_err *err);

#endif
