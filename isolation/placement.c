// SPDX-License-Identifier: LGPL-2.1-or-later
/* Binds a process to processors and memory nodes; called before its program is executed. */
#include "placement.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORD_BITS	(8 * sizeof(unsigned long))

static void add(struct placement *set, unsigned long number)
{
	set->bits[number / WORD_BITS] |= 1UL << number % WORD_BITS;
}

/* A number at *at, which moves behind it. -EINVAL: there is none, or it is too high. */
static int take_number(const char **at, unsigned long *ret_number)
{
	char *end;

	if (**at < '0' || **at > '9')
		return -EINVAL;
	errno = 0;
	*ret_number = strtoul(*at, &end, 10);
	if (errno || *ret_number >= PLACEMENT_MAX)
		return -EINVAL;
	*at = end;
	return 0;
}

int placement_parse(const char *list, struct placement *ret_set)
{
	struct placement set = { 0 };
	unsigned long first, last;

	for (;;) {
		if (take_number(&list, &first) < 0)
			return -EINVAL;
		last = first;
		if (*list == '-' && (list++, take_number(&list, &last)) < 0)
			return -EINVAL;
		if (last < first)
			return -EINVAL;
		for (; first <= last; first++)
			add(&set, first);
		if (!*list)
			break;
		if (*list++ != ',')
			return -EINVAL;
	}
	*ret_set = set;
	return 0;
}

int placement_get_cpus(struct placement *ret_set, struct vps_err *err)
{
	*ret_set = (struct placement){ 0 };
	if (syscall(SYS_sched_getaffinity, 0, sizeof(ret_set->bits), ret_set->bits) < 0)
		return vps_err_set(err, -errno, "cannot ask for the processors of this process");
	return 0;
}

int placement_set_cpus(const struct placement *set, struct vps_err *err)
{
	if (syscall(SYS_sched_setaffinity, 0, sizeof(set->bits), set->bits) == 0)
		return 0;
	if (errno == EINVAL)
		return vps_err_say(err, -EINVAL,
				   "none of these processors is there and within what the cgroup allows");
	return vps_err_set(err, -errno, "cannot bind this process to processors");
}

int placement_free_cpus(struct vps_err *err)
{
	struct placement all;

	memset(&all, 0xff, sizeof(all));
	return placement_set_cpus(&all, err);
}

int placement_set_memory(int mode, const struct placement *nodes, struct vps_err *err)
{
	const struct placement none = { 0 };
	const bool is_empty = memcmp(nodes, &none, sizeof(none)) == 0;

	/* The kernel takes one bit less than it is told that there are, set_mempolicy(2). */
	if (syscall(SYS_set_mempolicy, mode, is_empty ? NULL : nodes->bits,
		    is_empty ? 0 : (unsigned long)PLACEMENT_MAX + 1) == 0)
		return 0;
	if (errno == ENOSYS)
		return vps_err_say(err, -VPS_EHOST,
				   "this kernel has no memory policies (CONFIG_NUMA)");
	if (errno == EINVAL)
		return vps_err_say(err, -EINVAL,
				   "the kernel refuses this mode, these flags and these nodes together, or has no such node");
	return vps_err_set(err, -errno, "cannot set the memory policy");
}
