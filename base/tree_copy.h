/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies a tree of files whose content may be a stranger's. */
#ifndef BASE_TREE_COPY_H
#define BASE_TREE_COPY_H

#include "base/err.h"

enum tree_copy_mode {
	TREE_COPY_FILES,	/* of a small tree: hard links become files of their own, sockets and
				   extended attributes are left out */
	TREE_COPY_WHOLE,	/* everything, also of the directory itself: holes, hard links, extended
				   attributes (but those that only one kind of file system knows) */
};

/*
 * Copy what a directory holds into another, with owners, modes and times.
 * Symlinks are copied, never followed, and other mounts below are left out.
 *
 * from_fd, to_fd   directories, borrowed; O_PATH is enough. With
 *                  TREE_COPY_WHOLE the second is empty, and nobody changes the
 *                  first meanwhile
 *
 * TREE_COPY_WHOLE raises RLIMIT_NOFILE of the process meanwhile, for deep trees.
 *
 * Returns 0, or -errno with err set and part of the tree copied.
 */
int tree_copy(int from_fd, int to_fd, enum tree_copy_mode mode, struct vps_err *err)
	__attribute__((nonnull));

#endif
