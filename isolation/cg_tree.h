/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of cg.h share among themselves; nobody else includes it. */
#ifndef ISOLATION_CG_TREE_H
#define ISOLATION_CG_TREE_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"
#include "isolation/cg.h"

/*
 * A parent directory of this mode was made by us, and may go when it is empty. A bit of the
 * mode is there as soon as the directory is, whenever its maker is killed; in a directory of
 * the same owner as all that is in it, this one means nothing else.
 */
#define CG_MODE_PARENT	(0755 | S_ISVTX)
#define CG_MODE		0755

/* Whether path is one below the root, of plain parts: 0, or -EINVAL with err set. */
int cg_check_path(const char *path, struct vps_err *err);

/* Directory descriptor of the root of the v2 tree, or -VPS_EHOST with err set. */
int cg_open_root(struct vps_err *err);

/* Open a checked path below it: neither symlinks nor other mounts are crossed. Or -errno. */
int cg_open_below(int root_fd, const char *path);

/* Length of "memory" in "memory.max", or 0 when the file is the core's ("cgroup.freeze", PSI). */
size_t cg_controller_len(const char *file);

/*
 * Which controllers the values need, as a mask for cg_enable(). -VPS_EHOST
 * with err set when one of them is not in the tree that root_fd is the root of.
 */
int cg_required(int root_fd, const struct cg_value *values, size_t count, unsigned *ret_required,
		struct vps_err *err);

/*
 * Let the children of a cgroup use these controllers and, where they are to
 * be had, those that a VPS is accounted by.
 *
 * lacking    which of the latter are not to be had, in or above it: 0 for the root; grows
 * cg_fd      the cgroup; path and len: its name, the first len bytes of path, for the message
 * Returns 0, or -errno with err set when a required one cannot be enabled.
 */
int cg_enable(int cg_fd, unsigned required, unsigned *lacking, const char *path, size_t len,
	      struct vps_err *err);

/* Say that the tree is mounted read-only. -VPS_EHOST. */
int cg_say_read_only(struct vps_err *err);

/* Say that a controller is missing: which value asked for it, why, and what to do. -VPS_EHOST. */
int cg_say_missing(const char *file, const char *value, struct vps_err *err);

/* One number of cgroup.events: 0 or 1, or -errno. */
int cg_event(int cg_fd, const char *key);

/* Wait until that number is wanted. 0, -ETIMEDOUT or another -errno. */
int cg_wait_event(int cg_fd, const char *key, int wanted, int timeout_msec);

#endif
