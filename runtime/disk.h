/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits of what a VPS writes to its root: rows of PLACE_QUOTA, by images/quota.h. */
#ifndef RUNTIME_DISK_H
#define RUNTIME_DISK_H

#include "runtime/resources.h"

/*
 * Make the disk limits of a VPS those of a set; where nothing is counted and
 * nothing is asked, nothing happens.
 *
 * vps_fd          ROOT/vps/NAME, borrowed
 * is_best_effort  what this host cannot do is no failure
 *
 * Returns 0, or -errno with err set.
 */
int disk_apply(int vps_fd, const struct limits *limits, bool is_best_effort,
	       struct vps_err *err);

/* One of them as it is. 0 or -errno, -ENOENT where nothing is counted; no sentence. */
int disk_read(int vps_fd, enum resource_id id, uint64_t *ret_value);

/* Change one of them, the other stays. 0 or -errno with err set. */
int disk_write(int vps_fd, enum resource_id id, uint64_t value, struct vps_err *err);

/* Refuse (-VPS_EREFUSED) a limit that is below what is in use. */
int disk_check(int vps_fd, enum resource_id id, uint64_t value, struct vps_err *err);

#endif
