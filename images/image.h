/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image as the rest of the project sees it: plain values, already validated. */
#ifndef IMAGES_IMAGE_H
#define IMAGES_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define DIGEST_HEX_LEN	64			/* SHA-256 in hexadecimal, without its NUL */
#define DIGEST_PREFIX	"sha256:"
#define DIGEST_SIZE	(7 + DIGEST_HEX_LEN + 1)	/* "sha256:<hex>" and its NUL */

struct image_label {
	const char *key;
	const char *value;
};

/* What the image's maker wants run. Vectors end with NULL and are never NULL themselves. */
struct image_config {
	char **entrypoint;
	char **cmd;
	char **env;			/* "NAME=value" */
	const char *user;		/* "", "name", "uid", "uid:gid", … */
	const char *working_dir;	/* "" when not said */
	const char *stop_signal;	/* "SIGTERM", "SIGRTMIN+3", "15"; "" when not said */
	struct image_label *labels;
	size_t labels_len;
};

struct image {
	struct arena arena;		/* owns everything below */
	const char *reference;		/* "debian:12", or NULL: no name */
	const char *digest;		/* of the manifest: "sha256:…" */
	const char *created;		/* RFC 3339, or "" */
	const char *architecture;	/* "amd64" */
	const char *os;			/* "linux" */
	uint64_t size_bytes;		/* of all its blobs */
	char **diff_ids;		/* 64 hex digits each, lowest layer first, NULL at the end */
	size_t diff_ids_len;
	struct image_config config;
};

struct image_list {
	struct image **images;
	size_t len;
};

/* NULL is fine. */
void image_free(struct image *image);
void image_list_free(struct image_list *list);

static inline void own_image(struct image **image)
{
	image_free(*image);
	*image = NULL;
}

#define OWN_IMAGE	__attribute__((cleanup(own_image))) struct image
#define OWN_IMAGE_LIST	__attribute__((cleanup(image_list_free))) struct image_list

#endif
