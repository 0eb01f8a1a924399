/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of processors, or of memory nodes, as the kernel writes them: "0-1,4". */
#ifndef BASE_CPULIST_H
#define BASE_CPULIST_H

#include <stdbool.h>
#include <stdint.h>

#define CPULIST_CPUS	8192	/* the largest NR_CPUS that Linux can be built with */

/* In memory as sched_setaffinity(2) and set_mempolicy(2) take it. */
struct cpulist {
	uint64_t words[CPULIST_CPUS / 64];
};

/* Read a list; "" is none. False when it is no list; *ret_list is then undefined. */
bool cpulist_parse(const char *text, struct cpulist *ret_list);

/* Whether every processor of the one is in the other. */
bool cpulist_is_within(const struct cpulist *list, const struct cpulist *whole);

/* Whether they have a processor in common. */
bool cpulist_overlaps(const struct cpulist *a, const struct cpulist *b);

bool cpulist_is_equal(const struct cpulist *a, const struct cpulist *b);

/* The processors of this host that are online; all there can be when that cannot be read. */
void cpulist_online(struct cpulist *ret_list);

#endif
