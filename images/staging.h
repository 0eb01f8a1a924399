/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an import works until it is whole: a directory below layers/ that
 * nobody looks into, locked while its import lives. What is in it, and what a
 * killed import had published without getting to the index, goes with the next
 * import.
 */
#ifndef IMAGES_STAGING_H
#define IMAGES_STAGING_H

#include "base/err.h"
#include "base/own.h"
#include "images/ocidoc.h"
#include "images/store.h"

#define STAGING_NAME_SIZE 32

struct staging {
	const struct store *store;	/* borrowed */
	char name[STAGING_NAME_SIZE];	/* "": nothing to remove */
	int dir_fd;
	int lock_fd;
	int tree_fd;			/* an empty directory for the layer */
	int blob_fd;			/* an empty file for its blob */
};

/*
 * Sweep what dead imports left, and make a place for this one.
 *
 * ret_staging  staging_close() it; an OWN_STAGING may be closed unopened
 *
 * Returns 0, or -errno with err set and nothing left behind.
 */
int staging_open(const struct store *store, struct staging *ret_staging, struct vps_err *err)
	__attribute__((nonnull));

/* Remove the directory and all that is still in it. */
void staging_close(struct staging *staging) __attribute__((nonnull));

/*
 * Put the layer and its blob where they belong; what is there already is the
 * same and stays. Under the store's lock. The caller has written the tree and
 * the blob to disk (syncfs).
 *
 * diff_id  64 hex digits
 *
 * Returns 0, or -errno with err set; the next import takes back what was put.
 */
int staging_publish(struct staging *staging, const char *diff_id, const struct descriptor *layer,
		    struct vps_err *err) __attribute__((nonnull));

#define STAGING_NONE { NULL, "", FD_NONE, FD_NONE, FD_NONE, FD_NONE }
#define OWN_STAGING  __attribute__((cleanup(staging_close))) struct staging

#endif
