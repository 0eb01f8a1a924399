/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts as descriptors: made or cloned detached, dressed, then attached. */
#ifndef ISOLATION_MOUNT_FD_H
#define ISOLATION_MOUNT_FD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "isolation/idmap.h"
#include "isolation/mounts.h"

/* A clone of the mount at path (its whole tree if is_recursive). Descriptor or -errno. */
int mount_clone(int dir_fd, const char *path, bool is_recursive);

/* Whether an option of the file system begins so: "uid=". */
bool mount_has_data(const struct mount_entry *entry, const char *key);

/*
 * A new instance of a file system, detached, with the entry's options and attributes.
 * label   SELinux context, or NULL
 * Returns a descriptor that the caller owns, or -errno with err set to the
 * reason that the file system itself gave, where it gave one.
 */
int mount_new(const struct mount_entry *entry, const char *label, struct vps_err *err);

/* Attributes and id map of an entry onto a detached bind mount. */
int mount_dress(int fd, const struct mount_entry *entry, const struct idmap *container,
		struct vps_err *err);

/* Attach a detached mount over what target_fd (O_PATH) names. 0 or -errno. */
int mount_attach(int fd, int target_fd);

/* Set attributes (MOUNT_ATTR_*) of a mount. 0 or -errno. */
int mount_change(int fd, uint64_t set, uint64_t clear, bool is_recursive);

/* Set the propagation type, MS_SHARED and so on, with MS_REC for the tree. 0 or -errno. */
int mount_propagation(int fd, unsigned long type);

#endif
