/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in /dev of a container: its nodes, links and console. Called by mounts.c. */
#ifndef ISOLATION_DEVFS_H
#define ISOLATION_DEVFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "isolation/mounts.h"

/*
 * Make the nodes that a container with a user namespace gets: mknod(2) is
 * refused inside, and the host's own nodes would belong to nobody there and
 * show the host's devtmpfs.
 *
 * path       existing directory of ours, covered by a tmpfs in the (private)
 *            mount namespace of this process, with the nodes in it by number
 * devices    those beyond the default ones, borrowed; owners as seen inside
 * map        the container's
 *
 * Returns 0; -EPERM, without err set, when this process may make no nodes:
 * the container then binds the host's; or another -errno with err set.
 */
int devfs_prepare(const char *path, const struct device_node *devices, size_t count,
		  const struct idmap *map, struct vps_err *err);

/*
 * Whether devfs_make() can make what the config asks for: entry, the mount at
 * /dev, is a plain tmpfs, and every device lies directly in it.
 */
bool devfs_can_make(const struct mount_entry *entry, const struct device_node *devices,
		    size_t count);

/*
 * The tmpfs for /dev of a container, with its nodes in it. Unlike those of
 * devfs_prepare(), root inside may remove them and link others in their place.
 *
 * entry, label   as mount_new() takes them
 * map            the container's; NULL: ids inside are those of the host
 * Returns a detached mount that the caller owns; -EPERM, without err set, when
 * this process may make no nodes; or another -errno with err set.
 */
int devfs_make(const struct mount_entry *entry, const char *label,
	       const struct device_node *devices, size_t count, const struct idmap *map,
	       struct vps_err *err);

/*
 * A detached clone of /dev/null, checked to be that device. Owned by the caller.
 * nodes_fd   directory of devfs_prepare(), borrowed, or FD_NONE: the host's /dev
 */
int devfs_open_null(int nodes_fd, struct vps_err *err);

/*
 * Make or bind the default nodes (null, zero, full, random, urandom, tty),
 * those of the plan, and make the links fd, stdin, stdout, stderr, ptmx.
 *
 * tree       opened, the mounts of the plan laid on its root
 */
int devfs_fill(const struct mounts_tree *tree, const struct mounts_plan *plan,
	       struct vps_err *err);

/*
 * A new pty of the devpts at /dev/pts, its slave bound over /dev/console
 * (made when missing).
 *
 * ret_master, ret_slave   owned by the caller; untouched on failure
 */
int devfs_console(int root_fd, int *ret_master, int *ret_slave, struct vps_err *err);

/*
 * Replace those of the descriptors 0 to 2 that are the host's /dev/null by the
 * container's own: through the host's, its root could change the owner and the
 * mode of a file that every program of the host needs.
 *
 * root_fd   of the container, borrowed; it may have put anything at /dev/null since
 * Returns 0, or -errno with err set and any of them replaced.
 */
int devfs_take_null(int root_fd, struct vps_err *err);

/* Whether a descriptor that came out of a container is what it is said to be: a pty's master. */
bool devfs_is_master(int fd);

/* A new pty of the devpts at /dev/pts: nothing is bound. */
int devfs_pty(int root_fd, int *ret_master, int *ret_slave, struct vps_err *err);

#endif
