/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ids that /etc/subuid and /etc/subgid give to users of the host: not ours to take. */
#ifndef RUNTIME_SUBIDS_H
#define RUNTIME_SUBIDS_H

#include <stdint.h>
#include <stddef.h>

#include "base/err.h"

struct subid_range {
	uint64_t first;
	uint64_t end;		/* one behind the last */
};

/* Start with { 0 }. */
struct subids {
	struct subid_range	*ranges;
	size_t			count;
};

/*
 * Read both files of a directory. A missing file holds no ranges. Lines that
 * are not "user:first:count" are passed over, as useradd(8) and newuidmap(1) do.
 *
 * etc_fd      borrowed
 * ret_subids  the caller frees it: subids_free()
 *
 * Returns 0, or -errno with err set and *ret_subids untouched.
 */
int subids_read(int etc_fd, struct subids *ret_subids, struct vps_err *err)
	__attribute__((nonnull));

/* Add the ranges of one file's text. Returns 0, or -ENOMEM with some added. */
int subids_parse(struct subids *subids, const char *text) __attribute__((nonnull));

/*
 * The end of a range that overlaps the count ids from first: where to look
 * further. 0 when none does.
 */
uint64_t subids_overlap(const struct subids *subids, uint64_t first, uint64_t count)
	__attribute__((nonnull));

void subids_free(struct subids *subids) __attribute__((nonnull));

#endif
