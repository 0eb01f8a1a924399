/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of limits: how one becomes another, and which combinations cannot be. */
#ifndef RUNTIME_LIMITS_H
#define RUNTIME_LIMITS_H

#include <stdbool.h>

#include "base/err.h"
#include "runtime/resources.h"

struct arena;

/* What is asked of one limit. */
struct limit_change {
	enum resource_id id;
	enum { CHANGE_TO, CHANGE_BY, CHANGE_DEFAULT } kind;
	bool        is_less;	/* of CHANGE_BY */
	uint64_t    value;
	const char *text;	/* of is_text rows; borrowed */
};

/*
 * Understand "memory=2G", "memory=+512M", "pids=max", "cpus=default".
 *
 * setting    borrowed by ret_change as long as that lives
 * Returns 0, or -EINVAL with a sentence that starts with the limit's name.
 */
int limits_read_change(const char *setting, struct limit_change *ret_change, struct vps_err *err);

/*
 * Carry a change out on a set. Text is borrowed from the change.
 * Returns 0, or -EINVAL with a sentence, and the set unchanged.
 */
int limits_apply(struct limits *limits, const struct limit_change *change, struct vps_err *err);

/*
 * Refuse combinations that cannot be, such as memory.high above memory.
 *
 * prefix   stands before each name in the sentence: "resources.", or ""
 */
int limits_check(const struct limits *limits, const char *prefix, struct vps_err *err);

/* Whether a limit is the same in both: unset is the fallback. */
bool limits_are_equal(const struct limits *a, const struct limits *b, enum resource_id id);

/* A limit as people write it, or "default" where it is not set. Returns buf, or the text itself. */
const char *limits_format(const struct limits *limits, enum resource_id id, char *buf, size_t size);

#endif
