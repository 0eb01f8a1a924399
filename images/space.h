/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much an import may use: no bomb fills the disk under the VPSs that run. */
#ifndef IMAGES_SPACE_H
#define IMAGES_SPACE_H

#include <stdint.h>

#include "base/err.h"

#define SPACE_KEPT_PERCENT 5	/* of the file system stays free */

struct space {
	int	 fd;		/* somewhere on the file system; borrowed */
	uint64_t bytes_left;	/* what was free at the start, but for what stays */
	uint64_t files_left;
	uint64_t unchecked;	/* bytes since the file system was last asked */
};

/*
 * Look at what is free.
 *
 * max_files  an upper bound besides the file system's own
 *
 * Returns 0, or -errno with err set.
 */
int space_init(struct space *space, int fd, uint64_t max_files, struct vps_err *err)
	__attribute__((nonnull));

/* Account for bytes that are about to be unpacked. 0, or -VPS_EREFUSED with err set. */
int space_use_bytes(struct space *space, uint64_t bytes, struct vps_err *err)
	__attribute__((nonnull));

/* Account for one more file. 0, or -VPS_EREFUSED with err set. */
int space_use_file(struct space *space, struct vps_err *err) __attribute__((nonnull));

#endif
