/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of syscalls.h share among themselves; nobody else includes it. */
#ifndef ISOLATION_SYSCALLS_PARTS_H
#define ISOLATION_SYSCALLS_PARTS_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "isolation/syscalls.h"

/* A word of the OCI specification and what libseccomp or the kernel calls it. */
struct syscalls_word {
	const char *name;
	uint32_t    value;
};

/* Each ends with a row whose name is NULL. */
extern const struct syscalls_word syscalls_actions[], syscalls_operators[], syscalls_archs[],
	syscalls_flags[];

/* The row of that name, or NULL. */
const struct syscalls_word *syscalls_find(const struct syscalls_word *words, const char *name);

/* The value for the kernel of an action that syscalls_check() has passed. */
uint32_t syscalls_action(const char *name, bool has_errno, uint32_t errno_ret);

/* A program in memory. Owned; insns is malloc()ed. */
struct syscalls_program {
	struct sock_filter *insns;
	size_t              count;
};

/* Compile a checked profile by libseccomp. 0, or -errno with err set. */
int syscalls_build(const struct syscalls_profile *profile, struct syscalls_program *ret_program,
		   struct vps_err *err);

/*
 * Lay the same decisions out as one binary search a processor architecture.
 * Returns 0; -EOPNOTSUPP when the program has a shape that this does not
 * understand, and must be used as it is; or another -errno.
 */
int syscalls_layout(const struct syscalls_program *program, struct syscalls_program *ret_program);

/* Everything that a program depends on, as bytes; the same bytes, the same program. */
struct syscalls_key {
	char  *bytes;		/* malloc()ed */
	size_t len, room;
};

/* The text of a profile is the key where it says all; see syscalls_recall(). */
int syscalls_key_of_text(const char *text, size_t len, struct syscalls_key *ret_key,
			 struct vps_err *err);

/* 0, or -ENOMEM with err set and the key empty. */
int syscalls_key_make(const struct syscalls_profile *profile, struct syscalls_key *ret_key,
		      struct vps_err *err);

/* Take a program from the cache. False: there is none that may be used. */
bool syscalls_cache_get(int cache_fd, const struct syscalls_key *key,
			struct syscalls_program *ret_program);

/* Put one there. A cache that cannot be written to costs time, so nothing is returned. */
void syscalls_cache_put(int cache_fd, const struct syscalls_key *key,
			const struct syscalls_program *program);

#endif
