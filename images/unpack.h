/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stranger's tar as a directory tree, and as a layer's blob, in one pass. */
#ifndef IMAGES_UNPACK_H
#define IMAGES_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "images/image.h"
#include "images/ocidoc.h"

#define UNPACK_MAX_FILES 4000000	/* a full Debian desktop has some 500,000 */

struct unpack {
	int  input_fd;		/* file, pipe or socket */
	int  tree_fd;		/* an empty directory */
	int  blob_fd;		/* an empty file, or FD_NONE: no blob is wanted */
	bool is_layer;		/* an OCI layer, with whiteouts, rather than a root file system */
	uint64_t max_files;	/* 0: UNPACK_MAX_FILES */
	void (*progress)(uint64_t files, uint64_t bytes, void *arg);	/* now and then; or NULL */
	void *progress_arg;
};

struct unpack_result {
	char	 diff_id[DIGEST_HEX_LEN + 1];	/* SHA-256 of the uncompressed tar */
	struct descriptor layer;		/* the blob, when one was wanted */
	uint64_t files;
	uint64_t bytes;				/* of the uncompressed tar */
};

/*
 * Unpack an archive.
 *
 * unpack      every descriptor borrowed; the input is read to its end
 * ret_result  untouched on failure
 *
 * Needs to run as root (or all as the same user, which then owns everything).
 * Refused, naming the entry: ids above 65535, names that cannot be made, more
 * files or bytes than the file system of tree_fd can spare.
 *
 * Returns 0, or -errno with err set and part of the tree written.
 */
int unpack_tar(const struct unpack *unpack, struct unpack_result *ret_result,
	       struct vps_err *err) __attribute__((nonnull));

#endif
