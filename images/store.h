/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image store: an OCI image layout (ROOT/images) and the layers unpacked
 * from it, each once and shared (ROOT/layers/<diff-id>/).
 *
 * Readers take no lock: index.json is replaced atomically. Every change
 * happens under store_lock().
 */
#ifndef IMAGES_STORE_H
#define IMAGES_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "images/image.h"

struct store;

/*
 * Open the store below a root directory.
 *
 * root       e.g. "/var/lib/vps"; copied
 * is_made    make what is missing (root 0711, images and layers 0700: the
 *            layers hold other people's set-id files); otherwise a missing
 *            store fails with -VPS_ENOENT
 * ret_store  store_close() it
 *
 * Returns 0, or -errno with err set.
 */
int store_open(const char *root, bool is_made, struct store **ret_store, struct vps_err *err)
	__attribute__((nonnull));

/* The same below an open directory (borrowed during the call only). */
int store_open_at(int root_fd, bool is_made, struct store **ret_store, struct vps_err *err)
	__attribute__((nonnull));

/* Close it; NULL is fine. Images that were read from it stay valid. */
void store_close(struct store *store);

static inline void own_store(struct store **store)
{
	store_close(*store);
	*store = NULL;
}

#define OWN_STORE __attribute__((cleanup(own_store))) struct store

/*
 * Directories of the store, borrowed: valid until store_close().
 * layers_fd is what overlay_mount() asks for.
 */
int store_layers_fd(const struct store *store) __attribute__((nonnull));
int store_images_fd(const struct store *store) __attribute__((nonnull));

/*
 * Keep everybody else from changing the store: nothing that is in it now
 * disappears while the returned descriptor is open. Whoever makes a VPS from
 * an image holds it from store_find() until the VPS's spec is on disk.
 *
 * wait_msec  as lock_take()
 *
 * Returns a descriptor that the caller owns, or -VPS_ELOCKED or another
 * -errno with err set.
 */
int store_lock(const struct store *store, int wait_msec, struct vps_err *err)
	__attribute__((nonnull));

/*
 * Find one image.
 *
 * text       NAME, NAME:TAG (TAG is "latest" when missing), sha256:HEX, or the
 *            first 8 or more hex digits of the digest where only one fits
 * ret_image  image_free() it
 *
 * Returns 0; -VPS_ENOENT; -VPS_EMISUSE when text is no reference or fits
 * several images; or another -errno; with err set.
 */
int store_find(const struct store *store, const char *text, struct image **ret_image,
	       struct vps_err *err) __attribute__((nonnull));

/*
 * Every image, one element for each name (and one for each without a name),
 * sorted by name; those without come last.
 *
 * ret_list  image_list_free() it
 *
 * Returns 0, or -errno with err set. One damaged image fails the whole call,
 * naming it: what is in the store was validated before it got there.
 */
int store_list(const struct store *store, struct image_list *ret_list, struct vps_err *err)
	__attribute__((nonnull));

#endif
