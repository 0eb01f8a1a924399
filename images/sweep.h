/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What in a store nobody refers to any more, and its deletion. */
#ifndef IMAGES_SWEEP_H
#define IMAGES_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "images/catalog.h"
#include "images/names.h"

#define SWEEP_STAGING ".import-"	/* what an import works in, below layers/, locked while it lives;
					   of this name is its blob, too, among the others */
#define SWEEP_LOCK    "lock"
#define SWEEP_MARK    "layer"	/* in it: the diff-id of a layer that is being published */

/*
 * Delete blobs and layers that no entry of the index refers to, but not the
 * layers that VPSs stand on. Under the store's lock; index is what index.json
 * says now.
 *
 * is_used  NULL: no layer is used
 *
 * Returns 0, or -errno with err set; what was deleted until then is gone, and
 * nothing that is referred to ever is.
 */
int sweep_unreferenced(int images_fd, int layers_fd, const struct index *index,
		       names_used_fn is_used, void *arg, struct vps_err *err)
	__attribute__((nonnull(3, 6)));

/*
 * Find a layer that a VPS stands on and that only this entry refers to.
 *
 * ret_used  whether there is one
 *
 * Returns 0, or -errno with err set.
 */
int sweep_find_used(int images_fd, const struct index *index, size_t entry,
		    names_used_fn is_used, void *arg, bool *ret_used, struct vps_err *err)
	__attribute__((nonnull(2, 4, 6, 7)));

/*
 * Delete what killed imports left below layers/ (living ones hold their lock),
 * and what they had published that never got into the index. Under the store's
 * lock. Returns 0, or -errno with err set and what was deleted gone.
 */
int sweep_staging(int images_fd, int layers_fd, struct vps_err *err)
	__attribute__((nonnull));

#endif
