/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What hides or write-protects parts of a tree that a container would else see of the host. */
#ifndef ISOLATION_COVERS_H
#define ISOLATION_COVERS_H

#include "base/err.h"

/* Of one container, in one mount namespace; covers_close() it. */
struct covers {
	int nodes_fd;	/* for devfs_open_null(), borrowed */
	int empty_fd;	/* an empty read-only tmpfs, attached, once one was needed */
};

#define COVERS_INIT { .nodes_fd = FD_NONE, .empty_fd = FD_NONE }

/*
 * Hide what path names inside the tree of root_fd: a file under /dev/null, a
 * directory under an empty read-only tmpfs. Missing is success.
 */
int covers_mask(struct covers *covers, int root_fd, const char *path, struct vps_err *err);

/* Make what path names read-only, with everything mounted below. Missing is success. */
int covers_protect(int root_fd, const char *path, struct vps_err *err);

void covers_close(struct covers *covers);

#endif
