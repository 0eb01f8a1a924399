/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Elastic limits: between a floor and a ceiling a limit follows the pressure
 * that the VPS is under. Here is what was asked for and what follows from one
 * look; elastic_loop.h does it.
 */
#ifndef RUNTIME_ELASTIC_H
#define RUNTIME_ELASTIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "runtime/resources.h"

enum elastic_id {
	ELASTIC_MEMORY,
	ELASTIC_CPU_WEIGHT,
	ELASTICS
};

struct elastic_row {
	enum resource_id id;
	const char *floor_key, *ceiling_key;	/* in "elastic" of vps.json */
	const char *pressure;			/* cgroup file that says who waits for it */
	const char *used;			/* what is in use of it, or NULL: it is a share */
	uint64_t    step;			/* the least change, and what limits are multiples of */
};

extern const struct elastic_row elastic_rows[ELASTICS];

#define ELASTIC_PERCENT	5	/* of the time, unless the spec says otherwise */

/* "elastic" of a vps.json. */
struct elastic {
	bool     has_floor[ELASTICS], has_ceiling[ELASTICS];
	uint64_t floor[ELASTICS], ceiling[ELASTICS];
	unsigned percent;	/* of the time in which some process may wait; 0: ELASTIC_PERCENT */
};

/* Whether a limit moves. */
static inline bool elastic_has(const struct elastic *elastic, enum elastic_id id)
{
	return elastic->has_floor[id] && elastic->has_ceiling[id];
}

/*
 * Refuse what cannot be: a floor without a ceiling, a limit that is not between
 * them, memory.low above the floor.
 *
 * prefix   stands before the names of limits in the sentence: "resources.", or ""
 */
int elastic_check(const struct elastic *elastic, const struct limits *limits, const char *prefix,
		  struct vps_err *err);

/* What the decisions so far leave behind. Times of one clock; 0: never. Start with { 0 }. */
struct elastic_state {
	int64_t grown_msec, shrunk_msec;
	int64_t calm_msec;	/* since when there is little pressure */
	int64_t hold_msec;	/* how long what was given is kept at least */
};

struct elastic_look {
	int64_t  now_msec;
	unsigned permille;	/* of the time since the last look in which some process waited */
	uint64_t limit, used;	/* in the unit of the row */
	uint64_t room;		/* by how much the host lets it grow */
};

/* The limit that follows; look->limit: leave it. */
uint64_t elastic_decide(const struct elastic *elastic, enum elastic_id id,
			const struct elastic_look *look, struct elastic_state *state);

/* A smaller limit could not be had: what there is is needed. */
void elastic_refused(struct elastic_state *state, int64_t now_msec);

#endif
