/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process beside each running VPS: parent of its init, owner of its console and log. */
#ifndef RUNTIME_MONITOR_H
#define RUNTIME_MONITOR_H

#include <stdbool.h>

#define MONITOR_LOCK	"monitor"	/* in run_dir: held for as long as a monitor lives */
#define LOCK_NAME	"lock"		/* in run_dir: held by the command that changes the VPS */

/* How vpsctl hands over: descriptors of these numbers. */
#define MONITOR_REPORT_FD	3	/* a socket: one byte from vpsctl when the bundle is written,
					   one struct vps_err back, code 0 when the VPS runs */
#define MONITOR_LOCK_FD		4	/* the VPS's lock; closed when the VPS runs */

struct monitor_options {
	const char *run_dir;	/* /run/vps/NAME, with config.json and attach.json */
	const char *cache_dir;	/* compiled system call filters */
	bool        is_adopting;	/* the VPS runs already: take it over */
};

/*
 * Start (or adopt) the VPS, report, and stay until it is stopped for good.
 * Returns the exit status of the program.
 */
int monitor_run(const struct monitor_options *options);

#endif
