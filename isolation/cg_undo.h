/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What interface files of a cgroup hold, so that a change can be taken back. */
#ifndef ISOLATION_CG_UNDO_H
#define ISOLATION_CG_UNDO_H

#include "base/arena.h"
#include "isolation/cg.h"

/*
 * The values that undo writing other values.
 *
 * cg_fd       directory of the cgroup, borrowed
 * arena       owns what ret_values points to
 * ret_values  ret_count of them, the last one that was written first, for cg_set()
 *
 * A file that is not there has nothing to be undone. Returns 0, or -errno with
 * err set and the outputs untouched.
 */
int cg_remember(int cg_fd, const struct cg_value *values, size_t count, struct arena *arena,
		const struct cg_value **ret_values, size_t *ret_count, struct vps_err *err);

#endif
