/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The documents of a store, read from and written to its OCI layout; below store.h. */
#ifndef IMAGES_CATALOG_H
#define IMAGES_CATALOG_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "images/image.h"
#include "images/ocidoc.h"

#define CATALOG_BLOBS "blobs/sha256"

/*
 * Read index.json; a missing one is an empty one.
 *
 * images_fd  the OCI layout's directory, borrowed
 * ret_index  arena_free(&ret_index->arena) it
 *
 * Returns 0, or -errno with err set and ret_index untouched.
 */
int catalog_read_index(int images_fd, struct index *ret_index, struct vps_err *err)
	__attribute__((nonnull));

/* Replace index.json, durably. Under the store's lock. 0, or -errno and the old one stands. */
int catalog_write_index(int images_fd, const struct index *index, struct vps_err *err)
	__attribute__((nonnull));

/* Read and parse a manifest blob; arena_free(&ret_manifest->arena) it. 0 or -errno. */
int catalog_read_manifest(int images_fd, const struct descriptor *blob,
			  struct manifest *ret_manifest, struct vps_err *err)
	__attribute__((nonnull));

/* Everything about one entry of the index; image_free() it. 0 or -errno. */
int catalog_read_image(int images_fd, const struct index_entry *entry,
		       struct image **ret_image, struct vps_err *err) __attribute__((nonnull));

/*
 * The entry that text names: by name, else by digest or the beginning of one.
 *
 * ret_at  its place in index->entries; of several entries with one digest, the first
 *
 * Returns 0, -VPS_ENOENT, or -VPS_EMISUSE when several digests fit.
 */
int catalog_find(const struct index *index, const char *text, size_t *ret_at,
		 struct vps_err *err) __attribute__((nonnull));

/* The file name of a blob: its hex digits. */
const char *catalog_blob_name(const struct descriptor *blob) __attribute__((nonnull));

#endif
