/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making, mounting and growing a file system of kind xfs. */
#ifndef IMAGES_XFS_H
#define IMAGES_XFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define XFS_LOWEST	(UINT64_C(300) << 20)	/* mkfs.xfs makes none below it */
#define XFS_LOG		(UINT64_C(64) << 20)	/* of them is its log, which df does not show */

/*
 * Whether the kernel has xfs; loads its module. An unprivileged process cannot
 * know, and is told yes.
 */
bool xfs_is_known(void);

/* Whether that has quotas, when xfs_is_known(): CONFIG_XFS_QUOTA. */
bool xfs_has_quotas(void);

/* The program that makes one. */
#define XFS_MKFS	"mkfs.xfs"

/*
 * Make a file system as large as a file.
 *
 * dir_fd  directory of the file, borrowed
 * name    without a slash
 *
 * Returns 0; -VPS_EHOST when the program is missing; or another -errno with
 * err set and the file's content undefined.
 */
int xfs_format(int dir_fd, const char *name, struct vps_err *err) __attribute__((nonnull));

/*
 * Mount a device, with project quotas where the kernel has them. What is freed
 * inside is given back to the device.
 *
 * ret_mount_fd  a detached mount, O_PATH. One that is mounted already is
 *               shared, which is no different from within
 *
 * Returns 0, or -errno with err set.
 */
int xfs_mount(const char *device, int *ret_mount_fd, struct vps_err *err)
	__attribute__((nonnull));

/*
 * Let it grow into a device that has grown.
 *
 * fd     a directory of it, borrowed; not O_PATH
 * bytes  of the device; what it has already is success
 *
 * Returns 0, or -errno with err set and the size as it was.
 */
int xfs_grow(int fd, uint64_t bytes, struct vps_err *err) __attribute__((nonnull));

#endif
