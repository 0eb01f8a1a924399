/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Size limits of directory trees, by the project quotas of ext4 and xfs.
 *
 * A directory that belongs to a project passes that on to everything made below
 * it, and the file system counts each project's blocks and inodes. Root of a VPS
 * cannot leave his: only the initial user namespace changes a project id.
 */
#ifndef IMAGES_QUOTA_H
#define IMAGES_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define QUOTA_NO_LIMIT	UINT64_MAX

/* Of one project: limits, or what is in use. */
struct quota {
	uint64_t bytes;
	uint64_t inodes;
};

struct quota_support {
	bool	    is_supported;	/* limits are enforced there */
	char	    fs[24];		/* its name, or its magic number */
	const char *lacks, *remedy;	/* static texts; NULL when it is supported */
};

/*
 * What the file system of a directory can do.
 *
 * fd  anything on it, borrowed
 */
void quota_probe(int fd, struct quota_support *ret) __attribute__((nonnull));

/*
 * Give an empty directory, and what will be made in it, to a project. Without
 * effect where there are no project quotas, but for xfs, which may have them
 * after its next mount.
 *
 * dir_fd   borrowed; not O_PATH
 * project  its number, not 0
 *
 * Returns 0, or -errno with err set.
 */
int quota_join(int dir_fd, uint32_t project, struct vps_err *err) __attribute__((nonnull));

/*
 * Set the limits of the project that a directory belongs to, at once and for
 * files that are open already.
 *
 * dir_fd  borrowed; not O_PATH
 * limits  bytes are rounded up to blocks of 1 KiB; QUOTA_NO_LIMIT is none
 *
 * Nobody is asked whether more than that is in use: the kernel refuses what
 * comes on top (EDQUOT).
 *
 * Returns 0; -VPS_EHOST when the file system has no project quotas, or the
 * directory was made before it had; or another -errno. On failure err is set
 * and the limits are as before.
 */
int quota_set(int dir_fd, const struct quota *limits, struct vps_err *err)
	__attribute__((nonnull));

/*
 * Read limits and use of the project that a directory belongs to.
 * Returns 0, -VPS_EHOST as above, or another -errno with err set and both untouched.
 */
int quota_get(int dir_fd, struct quota *ret_limits, struct quota *ret_used, struct vps_err *err)
	__attribute__((nonnull));

#endif
