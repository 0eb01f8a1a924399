/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file system of its own for what a VPS writes, where that of ROOT counts no
 * projects: xfs in a sparse file, through a loop device, mounted nowhere.
 *
 * Where the kernel's xfs has quotas the file is larger than the limit, and a
 * project inside is the limit (quota.h). Where it has none the size of the
 * file system is.
 */
#ifndef IMAGES_DISKFILE_H
#define IMAGES_DISKFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/own.h"
#include "images/loopdev.h"
#include "images/quota.h"

#define DISKFILE	"disk.xfs"	/* in the directory of a VPS: where that is, upper and work are in it */
#define DISKFILE_NEW	"disk.xfs.new"	/* one that is being made */
#define DISKFILE_PROJECT 1		/* of upper and work in it */

/* The smallest limit where the size of the file system is the limit. */
#define DISKFILE_LOWEST	(UINT64_C(236) << 20)

struct diskfile_support {
	bool        is_supported;
	bool        has_quotas;
	const char *lacks, *remedy;	/* static texts; NULL when it is supported */
};

/* Whether this host can make them, and of which kind. */
void diskfile_probe(struct diskfile_support *ret) __attribute__((nonnull));

/* One that is mounted. Start with DISKFILE_NONE; diskfile_close() it. */
struct diskfile {
	int            file_fd;
	struct loopdev dev;
	int            mount_fd;	/* a detached mount of its own, O_PATH */
};

#define DISKFILE_NONE	{ .file_fd = FD_NONE, .dev = { .fd = FD_NONE }, .mount_fd = FD_NONE }

/*
 * How large a file is for a limit.
 *
 * limit  bytes, or QUOTA_NO_LIMIT: then as much as the host has
 * host   bytes: what no limit means
 */
uint64_t diskfile_size(uint64_t limit, bool has_quotas, uint64_t host);

/* The limit that a size stands for where there are no quotas; QUOTA_NO_LIMIT: none is felt. */
uint64_t diskfile_limit(uint64_t size, uint64_t host);

/*
 * Make a file with an empty file system in it; one of that name is replaced.
 *
 * vps_fd  directory of the VPS, borrowed
 * size    bytes; of the host's space it takes the log, 64 MiB, at once
 *
 * Returns 0, or -errno with err set and no file of that name.
 */
int diskfile_make(int vps_fd, const char *name, uint64_t size, struct vps_err *err)
	__attribute__((nonnull));

/*
 * Mount one. That takes tens of milliseconds, or a tenth of one when it is
 * mounted already.
 *
 * may_attach  whether it may be attached to a loop device when it is not: for
 *             those who hold the lock of the VPS
 *
 * Returns 0; -ENOENT: there is no such file, or it is not attached, which is
 * told by no sentence; or another -errno with err set, and nothing mounted.
 */
int diskfile_open(int vps_fd, const char *name, bool may_attach, struct diskfile *ret_file,
		  struct vps_err *err) __attribute__((nonnull));

/* Whether one is attached to a loop device: mounted, or about to be no more. */
bool diskfile_is_attached(int vps_fd, const char *name) __attribute__((nonnull));

/* Unmount it, unless somebody else has it mounted. */
void diskfile_close(struct diskfile *file);

/* Its size in bytes. */
uint64_t diskfile_now(const struct diskfile *file);

/*
 * Make it at least as large, while it is in use.
 * Returns 0, or -errno with err set; the file system then is as large as before,
 * and the file may have grown.
 */
int diskfile_grow(const struct diskfile *file, uint64_t size, struct vps_err *err)
	__attribute__((nonnull));

#endif
