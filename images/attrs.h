/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owner, mode, extended attributes and time of what an archive brings. */
#ifndef IMAGES_ATTRS_H
#define IMAGES_ATTRS_H

#include "base/err.h"
#include "images/tree.h"

/*
 * To a file or directory by its descriptor (borrowed), in the order in which
 * the kernel does not undo one by the next: a change of owner clears set-id
 * bits and file capabilities.
 *
 * Extended attributes that are taken over: user.*, security.capability, and
 * POSIX ACLs. trusted.* would speak to overlayfs, other security.* to the
 * host's own policy, other system.* to its file system: they are dropped.
 *
 * Returns 0, or -errno with err set.
 */
int attrs_apply(int fd, const struct tree_entry *entry, struct vps_err *err)
	__attribute__((nonnull));

/* To a symlink or a special file, which no descriptor can be opened for. 0 or -errno. */
int attrs_apply_at(int dir_fd, const char *leaf, const struct tree_entry *entry,
		   struct vps_err *err) __attribute__((nonnull));

#endif
