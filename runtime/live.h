/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits of a VPS that runs: read from where they are in force and written there, by the rows of resources.h. */
#ifndef RUNTIME_LIVE_H
#define RUNTIME_LIVE_H

#include "base/own.h"
#include "netns/addr.h"
#include "runtime/disk.h"
#include "runtime/elastic.h"
#include "runtime/resources.h"

#define LIVE_LINES	8192	/* room for what goes into one file */

/* A running VPS. Start with LIVE_INIT; live_close(). */
struct live {
	int                    cg_fd;
	int                    vps_fd;	/* ROOT/vps/NAME */
	struct disk            disk;	/* from live_open_disk() on */
	char                   cgroup[160];	/* path below the v2 mount */
	char                   link[16];	/* the host's end of its link; empty: it has none */
	struct mac             mac;	/* of the other end */
	struct elastic         elastic;	/* by which its monitor decides */
	struct resource_places places;
};

#define LIVE_INIT { .cg_fd = FD_NONE, .vps_fd = FD_NONE, .disk = DISK_NONE }

/*
 * Open the cgroup of the VPS whose run_fd is given.
 *
 * root_fd   ROOT, where its disk lies, and which is on the one that limits of io are about
 * Returns 0, or -errno with err set (-VPS_ENOENT: it does not run).
 */
int live_open(int run_fd, int root_fd, struct live *live, struct vps_err *err);
void live_close(struct live *live);

/*
 * Open its disk, too. Without this the rows that it limits cannot be read or
 * written (-ENOENT). Some milliseconds, where it has a file system of its own.
 */
void live_open_disk(struct live *live);

/*
 * What a limit is now.
 *
 * ret_lines   what would have to be written to make it so again
 * Returns 0; -ENOENT when the file is not there: the controller is missing or
 * not enabled here; or another -errno. No sentence.
 */
int live_read(const struct live *live, enum resource_id id, uint64_t *ret_value,
	      char ret_lines[LIVE_LINES]);

/* Let the controller of a limit work in this cgroup, where it does not yet. 0 or -errno with err set. */
int live_enable(const struct live *live, enum resource_id id, const char *lines,
		struct vps_err *err);

/*
 * Write lines to the file of a limit, and to the second one, and read back.
 * Returns 0, or -errno with err set; what the kernel then has is undefined.
 */
int live_write(const struct live *live, enum resource_id id, const char *lines,
	       struct vps_err *err);

#endif
