/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files that change limits: resize.c asks, resize_apply.c does, resize_recover.c undoes. Nobody else includes it. */
#ifndef RUNTIME_RESIZE_PARTS_H
#define RUNTIME_RESIZE_PARTS_H

#include "runtime/journal.h"
#include "runtime/live.h"

/* One limit of a running VPS on its way from before to after. */
struct resize_step {
	struct journal_step step;
	uint64_t            before, after;	/* the same as numbers; of text 0 */
	bool                is_changed;
};

/*
 * Put steps into the order in which they can be carried out without one limit
 * being above another that bounds it: what grows first, and the bounds before
 * the bounded; what shrinks last, the other way round.
 */
void resize_sort(struct resize_step *steps, size_t count);

/*
 * Carry them out, in order. One that fails has the earlier ones put back, and
 * err says so.
 */
int resize_apply(const struct live *live, const struct resize_step *steps, size_t count,
		 struct vps_err *err);

/*
 * Put back the first count steps, the last one first, as far as it is
 * possible without killing.
 *
 * Returns 0, or -errno with err set to what could not be put back.
 */
int resize_undo(const struct live *live, const struct journal_step *steps, size_t count,
		struct vps_err *err);

#endif
