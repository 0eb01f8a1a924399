/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A layer's blob while it is written: its bytes, its digest, its size. */
#ifndef IMAGES_BLOB_H
#define IMAGES_BLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "images/ocidoc.h"

struct blob;

/*
 * Start a blob in an empty file.
 *
 * fd           the file, borrowed until blob_finish()
 * is_packed    what is added is compressed on its way (zstd, level 1: faster
 *              than the disk); otherwise it is written as it is
 * media_type   of the result; a static string
 * ret_blob     blob_free() it
 *
 * Returns 0, or -errno with err set.
 */
int blob_new(int fd, bool is_packed, const char *media_type, struct blob **ret_blob,
	     struct vps_err *err) __attribute__((nonnull));

/* NULL is fine; what was written stays in the file. */
void blob_free(struct blob *blob);

/* More bytes. 0, or -errno with err set and the blob spoiled. */
int blob_add(struct blob *blob, const void *data, size_t len, struct vps_err *err)
	__attribute__((nonnull));

/* Write what is held back, fsync() the file, say what it is. 0, or -errno with err set. */
int blob_finish(struct blob *blob, struct descriptor *ret_descriptor, struct vps_err *err)
	__attribute__((nonnull));

#endif
