/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making an image of one layer from the tar of a root file system. */
#ifndef IMAGES_IMPORT_H
#define IMAGES_IMPORT_H

#include <stdint.h>

#include "base/err.h"
#include "images/image.h"
#include "images/store.h"

struct import {
	const char *reference;			/* in full: reference_parse() */
	const char *created;			/* RFC 3339, or "": the same input makes the same image */
	const struct image_config *config;
	int input_fd;
	/* Asked when the archive is read whole and before anything is visible; or NULL. */
	int (*confirm)(void *arg, struct vps_err *err);
	void (*progress)(uint64_t files, uint64_t bytes, void *arg);	/* or NULL */
	void *arg;				/* of both */
};

/*
 * Import a root file system.
 *
 * store      made if need be
 * import     all borrowed; the input is read to its end. A name that another
 *            image has moves to this one
 * ret_image  the image as the store has it now; image_free() it
 *
 * Returns 0, or -errno with err set and nothing to be seen in the store.
 */
int import_rootfs(const struct store *store, const struct import *import,
		  struct image **ret_image, struct vps_err *err) __attribute__((nonnull));

#endif
