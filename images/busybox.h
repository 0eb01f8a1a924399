/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small default image, built from the busybox of this host. */
#ifndef IMAGES_BUSYBOX_H
#define IMAGES_BUSYBOX_H

#include "base/err.h"
#include "images/image.h"

/*
 * Build the tar of its root file system. The same busybox gives the same bytes.
 *
 * ret_fd  a file in memory, at its beginning; the caller owns it
 *
 * Runs /bin/busybox for the list of its applets. Returns 0; -VPS_EHOST when
 * there is no static busybox, with err saying what to install; or another
 * -errno with err set.
 */
int busybox_make_tar(int *ret_fd, struct vps_err *err) __attribute__((nonnull));

/* How a VPS of that image is started and stopped; static. */
const struct image_config *busybox_config(void);

#endif
