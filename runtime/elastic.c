// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Decides how elastic limits move; called by elastic_loop.c, and by whoever
 * checks a spec.
 *
 * It grows at once and a quarter at a time, since somebody waits, and gives
 * back late and a sixteenth at a time. Between the pressure that makes it grow
 * and the one at which it gives back lies a factor of four. When what was given
 * back is wanted again soon, it is kept twice as long the next time: a VPS whose
 * need goes up and down ends up with its peak, not with a limit that swings.
 */
#include "elastic.h"

#include <errno.h>

#include "base/own.h"

#define GROW_PAUSE_MSEC		2000	/* the window of pressure: what the last step did shows only then */
#define SHRINK_PAUSE_MSEC	10000
#define CALM_MSEC		30000	/* of little pressure, before anything is given back */
#define HOLD_MSEC		60000	/* of what was given; doubled up to … */
#define HOLD_LAST_MSEC		960000

const struct elastic_row elastic_rows[ELASTICS] = {
	[ELASTIC_MEMORY]     = { RES_MEMORY, "memory.floor", "memory.ceiling", "memory.pressure",
				 "memory.current", 1 << 20 },
	[ELASTIC_CPU_WEIGHT] = { RES_CPU_WEIGHT, "cpu.weight.floor", "cpu.weight.ceiling",
				 "cpu.pressure", NULL, 1 },
};

/* What must not be above the floor of memory, since memory may come down to that; "max" of high is no limit. */
static const enum resource_id below_floor[] = { RES_MEMORY_HIGH, RES_MEMORY_LOW, RES_MEMORY_MIN };

static int check_guarantees(uint64_t floor, const struct limits *limits, const char *prefix,
			    struct vps_err *err)
{
	char low[32], has[32];
	size_t i;

	for (i = 0; i < ARRAY_LEN(below_floor); i++) {
		enum resource_id id = below_floor[i];

		if (limits->is_set[id] && limits->value[id] > floor &&
		    !(id == RES_MEMORY_HIGH && limits->value[id] == UINT64_MAX))
			return vps_err_say(err, -EINVAL, "elastic.memory.floor: %s is below %s%s, %s",
					   resource_format(RES_MEMORY, floor, low, sizeof(low)), prefix,
					   resources[id].name,
					   resource_format(id, limits->value[id], has, sizeof(has)));
	}
	return 0;
}

static int check_row(const struct elastic *elastic, enum elastic_id at, const struct limits *limits,
		     const char *prefix, struct vps_err *err)
{
	const struct elastic_row *row = &elastic_rows[at];
	const char *name = resources[row->id].name;
	uint64_t floor = elastic->floor[at], ceiling = elastic->ceiling[at];
	char low[32], high[32], has[32];

	if (!elastic->has_floor[at] && !elastic->has_ceiling[at])
		return 0;
	if (!elastic_has(elastic, at))
		return vps_err_say(err, -EINVAL, "elastic.%s is missing beside elastic.%s",
				   elastic->has_floor[at] ? row->ceiling_key : row->floor_key,
				   elastic->has_floor[at] ? row->floor_key : row->ceiling_key);
	(void)resource_format(row->id, floor, low, sizeof(low));
	(void)resource_format(row->id, ceiling, high, sizeof(high));
	if (floor > ceiling)
		return vps_err_say(err, -EINVAL, "elastic.%s: %s is above elastic.%s, %s",
				   row->floor_key, low, row->ceiling_key, high);
	if (!limits->is_set[row->id])
		return vps_err_say(err, -EINVAL,
				   "%s%s is missing: elastic.%s and elastic.%s say how far it moves, this where it begins",
				   prefix, name, row->floor_key, row->ceiling_key);
	if (limits->value[row->id] < floor || limits->value[row->id] > ceiling)
		return vps_err_say(err, -EINVAL, "%s%s: %s is not between elastic.%s, %s, and elastic.%s, %s",
				   prefix, name,
				   resource_format(row->id, limits->value[row->id], has, sizeof(has)),
				   row->floor_key, low, row->ceiling_key, high);
	return at == ELASTIC_MEMORY ? check_guarantees(floor, limits, prefix, err) : 0;
}

int elastic_check(const struct elastic *elastic, const struct limits *limits, const char *prefix,
		  struct vps_err *err)
{
	int id, r = 0;

	for (id = 0; r == 0 && id < ELASTICS; id++)
		r = check_row(elastic, (enum elastic_id)id, limits, prefix, err);
	return r;
}

static uint64_t lower(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t higher(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static bool is_since(const struct elastic_look *look, int64_t then_msec, int64_t msec)
{
	return !then_msec || look->now_msec - then_msec >= msec;
}

static uint64_t grow(const struct elastic_row *row, uint64_t ceiling,
		     const struct elastic_look *look, struct elastic_state *state)
{
	uint64_t step = higher(look->limit / 4, row->step);
	uint64_t limit = look->limit + lower(step, look->room);

	limit = lower(limit - limit % row->step, ceiling);
	if (limit <= look->limit || !is_since(look, state->grown_msec, GROW_PAUSE_MSEC))
		return look->limit;
	if (is_since(look, state->shrunk_msec, HOLD_MSEC))
		state->hold_msec = HOLD_MSEC;
	else
		state->hold_msec = state->hold_msec * 2 > HOLD_LAST_MSEC ? HOLD_LAST_MSEC :
									   state->hold_msec * 2;
	state->grown_msec = look->now_msec;
	return limit;
}

static uint64_t shrink(const struct elastic_row *row, uint64_t floor,
		       const struct elastic_look *look, struct elastic_state *state)
{
	uint64_t limit = look->limit - higher(look->limit / 16, row->step);

	if (look->limit <= floor || !is_since(look, state->calm_msec, CALM_MSEC) ||
	    !is_since(look, state->grown_msec, state->hold_msec) ||
	    !is_since(look, state->shrunk_msec, SHRINK_PAUSE_MSEC))
		return look->limit;
	if (row->used)		/* what nobody uses can go in one step */
		limit = lower(limit, look->used + look->used / 4);
	state->shrunk_msec = look->now_msec;
	return higher(limit - limit % row->step, floor);
}

uint64_t elastic_decide(const struct elastic *elastic, enum elastic_id id,
			const struct elastic_look *look, struct elastic_state *state)
{
	unsigned target = (elastic->percent ? elastic->percent : ELASTIC_PERCENT) * 10;

	if (look->permille >= target / 4)
		state->calm_msec = 0;
	else if (!state->calm_msec)
		state->calm_msec = look->now_msec;
	if (look->permille >= target)
		return grow(&elastic_rows[id], elastic->ceiling[id], look, state);
	if (state->calm_msec)
		return shrink(&elastic_rows[id], elastic->floor[id], look, state);
	return look->limit;
}

void elastic_refused(struct elastic_state *state, int64_t now_msec)
{
	state->grown_msec = now_msec;
	state->hold_msec = state->hold_msec < HOLD_MSEC ? HOLD_MSEC : state->hold_msec;
}
