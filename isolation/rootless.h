/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers without the host's root: what such a process is, and where it gets its powers from. */
#ifndef ISOLATION_ROOTLESS_H
#define ISOLATION_ROOTLESS_H

#include <stdbool.h>

#include "base/err.h"
#include "isolation/idmap.h"

/* Whether this process is an ordinary user, or root of no more than a user namespace. */
bool rootless_is(void);

/*
 * Enter, for good, a user namespace in which this process has every capability
 * and the ids that a container is mapped to keep their numbers. From there on
 * it may do for that container what the host's root does: a mount namespace
 * of its own, the map of the container's user namespace, which is one within.
 *
 * map        of the container; its outside ids must be this user's, by
 *            subuid(5) and subgid(5), or his own
 *
 * The process must have one thread. Returns 0, or -errno with err set; it may
 * then be in a namespace without ids, and is good only for ending.
 */
int rootless_enter(const struct idmap *map, struct vps_err *err);

#endif
