/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limits of what a VPS writes to its root: rows of PLACE_QUOTA.
 *
 * What it writes lies in its directory, where the file system of ROOT counts
 * projects (images/quota.h), or has a file system of its own
 * (images/diskfile.h). Which of them is seen from what is there: it was
 * decided when the VPS was created, or when it first got a limit.
 */
#ifndef RUNTIME_DISK_H
#define RUNTIME_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "images/diskfile.h"
#include "images/quota.h"
#include "runtime/resources.h"

/* The disk of one VPS, open. Start with DISK_NONE; disk_close() it. */
struct disk {
	bool            is_file;	/* it has a file system of its own */
	bool            is_counted;	/* by a project */
	struct diskfile file;		/* of is_file */
	int             upper_fd;	/* what it has written; FD_NONE: could not be opened, see why */
	uint64_t        host;		/* disk_host() */
	struct vps_err  why;
};

#define DISK_BLOCK 4096	/* a limit may come out larger, by less than this */

#define DISK_NONE { .file = DISKFILE_NONE, .upper_fd = FD_NONE }

/* Bytes of the file system of ROOT, 15 TiB at most: what a disk without a limit gets. */
uint64_t disk_host(int fd);

/*
 * Open it.
 *
 * vps_fd      ROOT/vps/NAME, borrowed
 * may_attach  whether a file system of its own is mounted when it is not:
 *             for those who hold the lock of the VPS
 *
 * What goes wrong is in disk->why, and told by whoever needs the disk.
 */
void disk_open(int vps_fd, bool may_attach, struct disk *disk);
void disk_close(struct disk *disk);

/*
 * Make the place for what a new VPS writes.
 *
 * project         its number where the file system of ROOT counts projects
 * is_best_effort  what this host cannot do is left out
 *
 * Returns 0, or -errno with err set and some of it possibly made.
 */
int disk_make(int vps_fd, const struct limits *limits, uint32_t project, bool is_best_effort,
	      struct vps_err *err);

/*
 * Make the disk limits of a VPS that does not run those of a set. That may
 * move what it wrote to a file system of its own, or to a smaller one: all of
 * it, or nothing. Where nothing is asked and nothing counted, nothing happens.
 *
 * disk            open, with may_attach; becomes the disk as it is then
 * is_best_effort  what this host cannot do is no failure
 *
 * Returns 0, or -errno with err set.
 */
int disk_apply(int vps_fd, struct disk *disk, const struct limits *limits, bool is_best_effort,
	       struct vps_err *err);

/*
 * Wait until the file system of a VPS that has ended is unmounted, which the
 * kernel does when it has time; some seconds at most.
 */
void disk_settle(int vps_fd);

/* Remove what a killed disk_apply() left of a VPS that does not run. */
void disk_sweep(int vps_fd);

/* One of them as it is. 0 or -errno, -ENOENT where nothing is counted; no sentence. */
int disk_read(const struct disk *disk, enum resource_id id, uint64_t *ret_value);

/* What is in use. 0 or -errno, -ENOENT as above; no sentence. */
int disk_used(const struct disk *disk, enum resource_id id, uint64_t *ret_value);

/*
 * Refuse (-VPS_EHOST) a limit that the size of a file system cannot be.
 *
 * host   disk_host()
 */
int disk_check_range(uint64_t bytes, uint64_t host, struct vps_err *err);

/* The same of a limit of inodes where the file systems have no quotas. */
int disk_say_inodes(struct vps_err *err);

/* Change one of them while the VPS runs, the other stays. 0 or -errno with err set. */
int disk_write(const struct disk *disk, enum resource_id id, uint64_t value, struct vps_err *err);

/*
 * Refuse a limit that is below what is in use (-VPS_EREFUSED), or that the
 * disk cannot have, or not while the VPS runs (-VPS_ESTATE).
 */
int disk_check(const struct disk *disk, enum resource_id id, uint64_t value, bool is_running,
	       struct vps_err *err);

#endif
