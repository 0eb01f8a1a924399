// SPDX-License-Identifier: LGPL-2.1-or-later
/* Carries the steps of a change of limits out on a running VPS, or puts them back. */
#include "resize_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "shrink.h"

/* -1: grows, 1: shrinks, 0: cannot be told, of lists. */
static int direction(const struct resize_step *step)
{
	return step->after > step->before ? -1 : step->after < step->before;
}

static int compare(const void *a, const void *b)
{
	const struct resize_step *one = a, *other = b;
	int way = direction(one), by_way = way - direction(other);
	int by_row = (int)one->step.id - (int)other->step.id;

	if (by_way)
		return by_way;
	return way > 0 ? -by_row : by_row;
}

void resize_sort(struct resize_step *steps, size_t count)
{
	qsort(steps, count, sizeof(*steps), compare);
}

/* Write one limit; less memory goes the way that kills nothing. */
static int put(const struct live *live, enum resource_id id, const char *lines,
	       struct vps_err *err)
{
	char now_lines[LIVE_LINES];
	uint64_t wanted, now;

	if (id == RES_MEMORY && resource_cg_parse(id, lines, &live->places, &wanted) == 0 &&
	    live_read(live, id, &now, now_lines) == 0 && wanted < now)
		return shrink_memory(live, lines, wanted, err);
	return live_write(live, id, lines, err);
}

int resize_undo(const struct live *live, const struct journal_step *steps, size_t count,
		struct vps_err *err)
{
	while (count-- > 0) {
		struct vps_err why = { 0 };

		/* Go on: each limit that is as it was is one less that is not. */
		if (put(live, steps[count].id, steps[count].before, &why) < 0 && !err->code)
			*err = why;
	}
	return err->code;
}

/* Put back the steps up to the one that failed, which may have been carried out in part. */
static int give_up(const struct live *live, const struct resize_step *steps, size_t count,
		   struct vps_err *err)
{
	struct journal_step done[RESOURCES + 1];
	struct vps_err why = { 0 };
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		if (steps[i].is_changed)
			done[n++] = steps[i].step;
	if (resize_undo(live, done, n, &why) < 0)
		return vps_err_in(err, "not all limits could be put back (%.150s)", why.text);
	return n > 1 ? vps_err_in(err, "all limits are as they were") : err->code;
}

int resize_apply(const struct live *live, const struct resize_step *steps, size_t count,
		 struct vps_err *err)
{
	size_t i;

	for (i = 0; i < count; i++) {
		enum resource_id id = steps[i].step.id;
		char stage[40];
		int r;

		if (!steps[i].is_changed)
			continue;
		(void)snprintf(stage, sizeof(stage), "set %s", resources[id].name);
		r = fault_hits(stage, err) ? vps_err_in(err, "%s", resources[id].name) :
					     put(live, id, steps[i].step.after, err);
		if (r < 0)
			return give_up(live, steps, i + 1, err);
	}
	return 0;
}
