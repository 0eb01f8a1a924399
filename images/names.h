/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing what the store's names mean: give a name, take it away, sweep what is left. */
#ifndef IMAGES_NAMES_H
#define IMAGES_NAMES_H

#include <stdbool.h>

#include "base/err.h"
#include "images/store.h"

#define NAMES_WAIT_MSEC 60000	/* for another command that is changing the store */

/* Whether a VPS, running or not, stands on this layer (64 hex digits). */
typedef bool (*names_used_fn)(const char *diff_id, void *arg);

/*
 * Give an image one more name. A name that another image has moves to this one;
 * an image that loses its last name stays and can be found by its digest.
 *
 * image      as store_find() takes it
 * reference  NAME or NAME:TAG
 *
 * Returns 0; -VPS_ENOENT for the image; -VPS_EMISUSE for the name; -VPS_ELOCKED;
 * or another -errno; with err set and nothing changed.
 */
int names_tag(const struct store *store, const char *image, const char *reference,
	      struct vps_err *err) __attribute__((nonnull));

/*
 * Take a name away from its image, or, found by digest, remove an image that
 * has one name at most. Blobs and layers that no image refers to any more are
 * deleted.
 *
 * is_used  asked for each layer that would go; NULL: none is used
 *
 * Returns 0; -VPS_ENOENT; -VPS_ESTATE when a VPS stands on a layer that would
 * go, or a digest has several names; -VPS_ELOCKED; or another -errno; with err
 * set. The names have changed either entirely or not at all; files that could
 * not be deleted go with the next removal.
 */
int names_remove(const struct store *store, const char *image, names_used_fn is_used,
		 void *arg, struct vps_err *err) __attribute__((nonnull(1, 2, 5)));

struct descriptor;

/*
 * The step of names_tag() that an import shares: the manifest is in the store
 * already, the caller holds the store's lock, and name is a reference in full.
 */
int names_put(int images_fd, const struct descriptor *manifest, const char *name,
	      struct vps_err *err) __attribute__((nonnull));

#endif
