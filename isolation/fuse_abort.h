/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File systems that a tenant serves himself, ended from outside. */
#ifndef ISOLATION_FUSE_ABORT_H
#define ISOLATION_FUSE_ABORT_H

#include "base/err.h"
#include "isolation/idmap.h"

/*
 * End every FUSE connection of users to whom a map leads. A process that waits
 * for an answer that was begun does not heed SIGKILL; when it holds the
 * descriptor by which that answer would come, it waits for ever.
 *
 * Returns 0, or -errno with err set.
 */
int fuse_abort(const struct idmap *map, struct vps_err *err);

#endif
