/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image store of the root directory that vpsctl works on. */
#ifndef CLI_IMAGE_STORE_H
#define CLI_IMAGE_STORE_H

#include "cli/command.h"
#include "cli/emit.h"
#include "images/image.h"
#include "images/store.h"

/* Open it, making what is missing. Returns 0, or -errno with err set. */
int image_store_open(const struct cli *cli, struct store **ret_store, struct vps_err *err);

/* The members that `image list` and `image inspect` share, into an open object. */
void image_store_emit(struct emit *emit, const struct image *image);

#endif
