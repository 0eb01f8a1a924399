/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in /dev of a container: its nodes, links and console. Called by mounts.c. */
#ifndef ISOLATION_DEVFS_H
#define ISOLATION_DEVFS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "isolation/mounts.h"

/* A detached clone of the host's /dev/null, checked to be that device. Owned by the caller. */
int devfs_open_null(struct vps_err *err);

/*
 * Make the default nodes (null, zero, full, random, urandom, tty), those of
 * the plan, and the links fd, stdin, stdout, stderr, ptmx.
 *
 * root_fd    root of the container, its mounts laid
 * is_bound   bind the host's nodes: mknod(2) is refused in a user namespace
 */
int devfs_fill(int root_fd, const struct device_node *devices, size_t count, bool is_bound,
	       struct vps_err *err);

/*
 * A new pty of the devpts at /dev/pts, its slave bound over /dev/console
 * (made when missing).
 *
 * ret_master, ret_slave   owned by the caller; untouched on failure
 */
int devfs_console(int root_fd, int *ret_master, int *ret_slave, struct vps_err *err);

/* A new pty of the devpts at /dev/pts: nothing is bound. */
int devfs_pty(int root_fd, int *ret_master, int *ret_slave, struct vps_err *err);

#endif
