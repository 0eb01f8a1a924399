// SPDX-License-Identifier: LGPL-2.1-or-later
/* Binds a process to processors and memory nodes; called before its program is executed. */
#include "placement.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int placement_get_cpus(struct cpulist *ret_set, struct vps_err *err)
{
	*ret_set = (struct cpulist){ 0 };
	if (syscall(SYS_sched_getaffinity, 0, sizeof(ret_set->words), ret_set->words) < 0)
		return vps_err_set(err, -errno, "cannot ask for the processors of this process");
	return 0;
}

int placement_set_cpus(const struct cpulist *set, struct vps_err *err)
{
	if (syscall(SYS_sched_setaffinity, 0, sizeof(set->words), set->words) == 0)
		return 0;
	if (errno == EINVAL)
		return vps_err_say(err, -EINVAL,
				   "none of these processors is there and within what the cgroup allows");
	return vps_err_set(err, -errno, "cannot bind this process to processors");
}

int placement_free_cpus(struct vps_err *err)
{
	struct cpulist all;

	memset(&all, 0xff, sizeof(all));
	return placement_set_cpus(&all, err);
}

int placement_set_memory(int mode, const struct cpulist *nodes, struct vps_err *err)
{
	const struct cpulist none = { 0 };
	const bool is_empty = memcmp(nodes, &none, sizeof(none)) == 0;

	/* The kernel takes one bit less than it is told that there are, set_mempolicy(2). */
	if (syscall(SYS_set_mempolicy, mode, is_empty ? NULL : nodes->words,
		    is_empty ? 0 : (unsigned long)CPULIST_CPUS + 1) == 0)
		return 0;
	if (errno == ENOSYS)
		return vps_err_say(err, -VPS_EHOST,
				   "this kernel has no memory policies (CONFIG_NUMA)");
	if (errno == EINVAL)
		return vps_err_say(err, -EINVAL,
				   "the kernel refuses this mode, these flags and these nodes together, or has no such node");
	return vps_err_set(err, -errno, "cannot set the memory policy");
}
