/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices made of files, by the kernel's loop driver. */
#ifndef IMAGES_LOOPDEV_H
#define IMAGES_LOOPDEV_H

#include <stdint.h>

#include "base/err.h"

/* The size of its blocks: what every disk can do direct I/O in. */
#define LOOPDEV_BLOCK	4096

/* A device, held: it stays what it is until the descriptor is closed. */
struct loopdev {
	int  fd;	/* O_RDONLY */
	char path[24];	/* "/dev/loop7" */
};

/*
 * Find the device that shows a file already.
 *
 * file_fd  borrowed
 *
 * Returns 0, or -ENOENT: there is none. No sentence.
 */
int loopdev_find(int file_fd, struct loopdev *ret_dev) __attribute__((nonnull));

/*
 * Find it, or make one. The kernel takes it away when nobody has it open or
 * mounted any more, so a crash leaves nothing behind. Direct I/O where the
 * file system of the file can do it.
 *
 * file_fd  O_RDWR, borrowed; whoever might attach the same file holds a lock:
 *          two devices of one file would be two file systems on one disk
 * ret_dev  the caller closes its descriptor
 *
 * Returns 0; -VPS_EHOST when the kernel has no loop devices; or another
 * -errno. On failure err is set and nothing is attached.
 */
int loopdev_attach(int file_fd, struct loopdev *ret_dev, struct vps_err *err)
	__attribute__((nonnull));

/* Let the device become as large as its file is now. 0 or -errno with err set. */
int loopdev_stretch(const struct loopdev *dev, struct vps_err *err) __attribute__((nonnull));

#endif
