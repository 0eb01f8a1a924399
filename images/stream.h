/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An archive on its way in, in one pass: the bytes given are kept as a blob
 * (or compressed into one), decompressed, hashed, and handed out in blocks.
 */
#ifndef IMAGES_STREAM_H
#define IMAGES_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "images/image.h"
#include "images/ocidoc.h"
#include "images/space.h"

struct stream;

/*
 * Start reading. gzip and zstd are kept as they are; what is plain or
 * compressed otherwise is stored as zstd, since OCI knows no other.
 *
 * input_fd    file, pipe or socket; borrowed
 * blob_fd     an empty file for the blob, borrowed; FD_NONE: no blob is wanted
 * space       what may be used; borrowed
 * ret_stream  stream_free() it
 *
 * Returns 0, or -errno with err set.
 */
int stream_open(int input_fd, int blob_fd, struct space *space, struct stream **ret_stream,
		struct vps_err *err) __attribute__((nonnull));

/* NULL is fine. */
void stream_free(struct stream *stream);

/*
 * The next decompressed block.
 *
 * ret_block  valid until the next call
 *
 * Returns its length, 0 at the end, or -errno with err set.
 */
ssize_t stream_next(struct stream *stream, const void **ret_block, struct vps_err *err)
	__attribute__((nonnull));

/*
 * Read what is left, which belongs to the digest although no tar reader wants
 * it, and say what it all was.
 *
 * ret_diff_id  SHA-256 of the decompressed bytes
 * ret_layer    the blob; untouched when none was wanted
 *
 * Returns 0, or -errno with err set.
 */
int stream_finish(struct stream *stream, char ret_diff_id[DIGEST_HEX_LEN + 1],
		  struct descriptor *ret_layer, struct vps_err *err) __attribute__((nonnull));

/* Bytes decompressed so far. */
uint64_t stream_bytes(const struct stream *stream) __attribute__((nonnull));

#endif
