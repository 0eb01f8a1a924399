/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The three JSON documents of an OCI image: index, manifest, configuration.
 * What is parsed was written by strangers: whole, bounded and checked before
 * anything is used. Keys that the OCI specification does not name are ignored,
 * as it demands.
 */
#ifndef IMAGES_OCIDOC_H
#define IMAGES_OCIDOC_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "images/image.h"

#define OCIDOC_MAX_BYTES	(4 << 20)	/* of any one document */
#define OCIDOC_MAX_ITEMS	4096		/* of any one array or map */

#define MEDIA_MANIFEST		"application/vnd.oci.image.manifest.v1+json"
#define MEDIA_CONFIG		"application/vnd.oci.image.config.v1+json"
#define MEDIA_INDEX		"application/vnd.oci.image.index.v1+json"
#define MEDIA_LAYER_GZIP	"application/vnd.oci.image.layer.v1.tar+gzip"
#define MEDIA_LAYER_ZSTD	"application/vnd.oci.image.layer.v1.tar+zstd"

/* A blob, by its content. */
struct descriptor {
	const char *media_type;
	char	    digest[DIGEST_SIZE];
	uint64_t    size;
};

struct manifest {
	struct arena	  arena;	/* owns the rest; arena_free() it */
	struct descriptor config;
	struct descriptor *layers;	/* lowest first */
	size_t		  layers_len;
};

struct index_entry {
	struct descriptor manifest;
	const char *name;		/* NULL: none */
	const char *rest;		/* the entry as it was read, with what we do not know; NULL: ours */
};

struct index {
	struct arena	   arena;	/* owns the rest; arena_free() it */
	struct index_entry *entries;	/* what is parsed has room for one more */
	size_t		   len;
};

/*
 * Parse a document of len bytes.
 *
 * Each returns 0, or -EBADMSG with err naming what in the document is wrong,
 * or another -errno; ret_… is untouched on failure.
 */
int ocidoc_parse_index(const char *text, size_t len, struct index *ret_index,
		       struct vps_err *err) __attribute__((nonnull));
int ocidoc_parse_manifest(const char *text, size_t len, struct manifest *ret_manifest,
			  struct vps_err *err) __attribute__((nonnull));

/*
 * Fill created, architecture, os, diff_ids and config of an image from its
 * configuration. On failure the image's arena holds rubbish: image_free() it.
 */
int ocidoc_parse_config(const char *text, size_t len, struct image *image,
			struct vps_err *err) __attribute__((nonnull));

/*
 * Write a document: the same input gives the same bytes.
 *
 * Each returns malloc()ed text, which the caller frees, or NULL without memory
 * (or with strings that are not UTF-8, which JSON cannot hold).
 */
char *ocidoc_format_index(const struct index *index) __attribute__((nonnull));
char *ocidoc_format_manifest(const struct manifest *manifest) __attribute__((nonnull));
char *ocidoc_format_config(const struct image *image) __attribute__((nonnull));

/* A JSON array of strings, as `--cmd` takes it: parsed into the arena, NULL at the end. */
int ocidoc_parse_strings(const char *text, const char *what, struct arena *arena,
			 char ***ret_strings, struct vps_err *err) __attribute__((nonnull));

#endif
