/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User and group id mappings of a user namespace; see user_namespaces(7). */
#ifndef ISOLATION_IDMAP_H
#define ISOLATION_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

struct idmap_range {
	uint32_t inside;	/* first id as seen in the VPS */
	uint32_t outside;	/* first id as seen on the host */
	uint32_t count;
};

/* Borrowed arrays; at most 340 ranges each (the kernel's limit). */
struct idmap {
	const struct idmap_range *uids, *gids;
	size_t uid_count, gid_count;
};

/*
 * Write the maps of a process that was born into a new user namespace.
 *
 * proc_fd    directory /proc/PID of that process, borrowed
 *
 * Where this process may not write an arbitrary map itself (rootless), the
 * maps are written by newuidmap(1) and newgidmap(1).
 * Returns 0, or -errno with err set; the maps may then be half-written, and
 * the process is good only for killing.
 */
int idmap_write(int proc_fd, pid_t pid, const struct idmap *map, struct vps_err *err);

/*
 * A user namespace that nobody lives in, for mount_setattr(MOUNT_ATTR_IDMAP).
 * Returns a descriptor that the caller owns, or -errno with err set.
 */
int idmap_userns(const struct idmap *map, struct vps_err *err);

/*
 * The maps of a user namespace that is there already.
 *
 * userns_fd  borrowed
 * arena      gets the ranges
 * Returns 0, or -errno with err set and ret_map untouched.
 */
int idmap_read(int userns_fd, struct arena *arena, struct idmap *ret_map, struct vps_err *err);

/* Whether both have the same ranges in the same order. */
bool idmap_is_same(const struct idmap *a, const struct idmap *b);

/* Where an inside id lies on the host. False: it is not mapped. */
bool idmap_uid_outside(const struct idmap *map, uint32_t inside, uint32_t *ret_outside);
bool idmap_gid_outside(const struct idmap *map, uint32_t inside, uint32_t *ret_outside);

#endif
