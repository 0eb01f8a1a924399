// SPDX-License-Identifier: LGPL-2.1-or-later
/* Gives up what came from a shell, a cron job or a service; called by monitor.c and join.c. */
#include "inherited.h"

#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"
#include "isolation/cg.h"

#define MONITORS	"vps.monitors"	/* no VPS has a dot in its name */

/*
 * The kernel's own for its first process, getrlimit(2), but that an init may
 * raise the number of files as far as systemd's services may. Left out:
 * RLIMIT_SIGPENDING and RLIMIT_MSGQUEUE, which nobody lowers in passing.
 */
static const struct {
	__rlimit_resource_t resource;
	struct rlimit       value;
} limits[] = {
	{ RLIMIT_CPU,	  { RLIM_INFINITY, RLIM_INFINITY } },
	{ RLIMIT_FSIZE,	  { RLIM_INFINITY, RLIM_INFINITY } },
	{ RLIMIT_DATA,	  { RLIM_INFINITY, RLIM_INFINITY } },
	{ RLIMIT_STACK,	  { 8 << 20,	   RLIM_INFINITY } },
	{ RLIMIT_CORE,	  { 0,		   RLIM_INFINITY } },
	{ RLIMIT_RSS,	  { RLIM_INFINITY, RLIM_INFINITY } },
	{ RLIMIT_NPROC,	  { RLIM_INFINITY, RLIM_INFINITY } },
	{ RLIMIT_NOFILE,  { 1024,	   524288	 } },
	{ RLIMIT_MEMLOCK, { 8 << 20,	   8 << 20	 } },
	{ RLIMIT_AS,	  { RLIM_INFINITY, RLIM_INFINITY } },
	{ RLIMIT_LOCKS,	  { RLIM_INFINITY, RLIM_INFINITY } },
	{ RLIMIT_NICE,	  { 0,		   0		 } },
	{ RLIMIT_RTPRIO,  { 0,		   0		 } },
	{ RLIMIT_RTTIME,  { RLIM_INFINITY, RLIM_INFINITY } },
};

/* Without CAP_SYS_RESOURCE a hard limit stays below where it is, and the soft one below that. */
static void reset_limits(void)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(limits); i++) {
		struct rlimit value = limits[i].value, had;

		if (setrlimit(limits[i].resource, &value) == 0 ||
		    getrlimit(limits[i].resource, &had) < 0)
			continue;
		value.rlim_max = had.rlim_max;
		if (value.rlim_cur > had.rlim_max)
			value.rlim_cur = had.rlim_max;
		(void)setrlimit(limits[i].resource, &value);
	}
}

static void reset_scheduling(void)
{
	const struct sched_param none = { 0 };
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));	/* the kernel takes those that there are */
	(void)sched_setscheduler(0, SCHED_OTHER, &none);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)sched_setaffinity(0, sizeof(all), &all);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
}

static void take_no_notice(int number)
{
	(void)number;
}

void inherited_reset(void)
{
	/* A handler: what is ignored would be so in each program that is started from here. */
	const struct sigaction deaf = { .sa_handler = take_no_notice, .sa_flags = SA_RESTART };

	(void)sigaction(SIGHUP, &deaf, NULL);
	(void)sigaction(SIGINT, &deaf, NULL);
	(void)sigaction(SIGTERM, &deaf, NULL);
	(void)umask(0022);
	reset_scheduling();
	reset_limits();
}

void inherited_leave_cgroup(void)
{
	(void)cg_enter(MONITORS);
}
