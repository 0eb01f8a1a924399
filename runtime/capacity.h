/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many more VPSs of one plan a host has room for. */
#ifndef RUNTIME_CAPACITY_H
#define RUNTIME_CAPACITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/units.h"

struct vps_host;
struct vps_settings;

#define ROOM_ENDLESS UINT64_MAX	/* as many as one likes */

/* One thing that a host has only so much of. Amounts are in the unit's scale. */
struct vps_room {
	const char *name;	/* "memory", "addresses": static */
	enum unit   unit;
	bool        is_refused;	/* creating a VPS beyond it is refused; else it is overcommitted */
	uint64_t    has;	/* the host */
	uint64_t    promised;	/* to all VPSs that there are, running or not */
	uint64_t    used;	/* now, by whatever; UINT64_MAX: that cannot be said */
	uint64_t    each;	/* that one more of the plan is promised; 0: nothing */
	unsigned    unbounded;	/* VPSs without a limit, which are not counted as promised */
	uint64_t    fits;	/* so many more by what is promised; ROOM_ENDLESS */
	uint64_t    fits_used;	/* by what is used; ROOM_ENDLESS also when that cannot be said */
};

/*
 * Say how much room there is for VPSs of a plan.
 *
 * settings   the plan, as vps_set() takes it; differences are to the fallback
 * ret_rooms  malloc()ed
 *
 * Changes nothing. Returns 0, or -errno with err set (-EINVAL: the plan).
 */
int vps_capacity(struct vps_host *host, const struct vps_settings *settings,
		 struct vps_room **ret_rooms, size_t *ret_count, struct vps_err *err);

#endif
