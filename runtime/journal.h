/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `set` is about to do to a VPS, written down before it does it:
 *
 *   journal        the limits as they were, the spec as it shall be
 *   cgroup         each limit in its turn
 *   config.json    what a restart by policy starts from
 *   spec.json      this makes it so; without a new spec, the next step does
 *   no journal
 *
 * Whoever takes the lock next and finds a journal looks at spec.json: it is
 * the new one, and all is done; or it is not, and what the journal holds is
 * put back. So a `set` that is killed has happened, or has not.
 */
#ifndef RUNTIME_JOURNAL_H
#define RUNTIME_JOURNAL_H

#include <stddef.h>

#include "base/err.h"
#include "runtime/resources.h"

struct json_t;

/* One limit: the lines of its file before and after. */
struct journal_step {
	enum resource_id id;
	const char      *before, *after;	/* borrowed */
};

/*
 * Write it, replacing one that is there.
 *
 * spec   the new spec.json, or NULL when that stays as it is
 */
int journal_write(int run_fd, const struct journal_step *steps, size_t count, const char *spec,
		  struct vps_err *err);

/* A journal that was found. Start with { 0 }; journal_free() it. */
struct journal {
	struct json_t       *root;	/* owns what the steps point to */
	struct journal_step  steps[RESOURCES + 1];
	size_t               count;
	const char          *spec;	/* or NULL */
};

/* 1 with the journal read, 0 when there is none, -errno with err set. A torn one cannot be. */
int journal_read(int run_fd, struct journal *journal, struct vps_err *err);
void journal_free(struct journal *journal);

/* From here on nothing is to be put back. */
int journal_remove(int run_fd, struct vps_err *err);

#endif
