/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies a small tree of files whose content may be a stranger's. */
#ifndef BASE_TREE_COPY_H
#define BASE_TREE_COPY_H

#include "base/err.h"

/*
 * Copy what a directory holds into another, with owners, modes and times.
 * Symlinks are copied, never followed, and other mounts below are left out;
 * hard links become files of their own; sockets are left out.
 *
 * from_fd, to_fd   directories, borrowed; O_PATH is enough
 *
 * Returns 0, or -errno with err set and part of the tree copied.
 */
int tree_copy(int from_fd, int to_fd, struct vps_err *err) __attribute__((nonnull));

#endif
