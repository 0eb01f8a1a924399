// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * /proc/loadavg of a VPS.
 *
 * The kernel's is the decaying mean of how many tasks run, wait to run or
 * sleep uninterruptibly, and it counts every 5 s. Here they are counted when
 * somebody reads; for the time before that in which nobody did, the mean number
 * of tasks that ran is known from the processor time that was used. So a VPS
 * whose load nobody reads costs nothing.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/cg_procs.h"
#include "view_text.h"

#define COUNT_SEC	5.0	/* a count stands for so long, as the kernel's does */
#define PAUSE_SEC	1.0	/* between two counts */
#define TASKS_MAX	1000	/* that are looked at; a count of more is scaled */
#define COST_SHARE	100	/* of the time, one part at most goes into counting one VPS's tasks */

/* The third word of /proc/PID/stat; the second is a name in brackets that may hold anything. */
static char state_of(pid_t tid)
{
	char path[32], line[512];
	const char *bracket;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	if (file_read_line(AT_FDCWD, path, line, sizeof(line)) < 0)
		return 'X';
	bracket = strrchr(line, ')');
	return bracket && bracket[1] == ' ' ? bracket[2] : 'X';
}

static void count_tasks(struct view *view)
{
	struct view_counters *counters = &view->page->counters;
	pid_t *tids = NULL;
	size_t count = 0, looked, i;
	struct vps_err ignored = { 0 };
	uint64_t running = 0, blocked = 0;

	if (cg_threads(view->cg_fd, &tids, &count, &ignored) < 0)
		return;
	looked = count < TASKS_MAX ? count : TASKS_MAX;
	for (i = 0; i < looked; i++) {
		char state = state_of(tids[i]);

		running += state == 'R';
		blocked += state == 'D';
	}
	free(tids);
	counters->tasks = (uint32_t)count;
	counters->running = looked ? (uint32_t)(running * count / looked) : 0;
	counters->blocked = looked ? (uint32_t)(blocked * count / looked) : 0;
}

/* For seconds, active tasks. */
static void decay(struct view_counters *counters, double seconds, double active)
{
	static const double periods[] = { 60, 300, 900 };
	size_t i;

	for (i = 0; i < ARRAY_LEN(periods); i++) {
		double kept = exp(-seconds / periods[i]);

		counters->load[i] = counters->load[i] * kept + active * (1 - kept);
	}
}

void view_count(struct view *view)
{
	struct view_counters *counters = &view->page->counters;
	int64_t now = view_now();
	double seconds = (double)(now - counters->load_nsec) / 1e9;
	uint64_t used = counters->user + counters->system - counters->load_usage;

	if ((seconds < PAUSE_SEC && counters->tasks) || now < view->count_nsec)
		return;
	count_tasks(view);
	/* Thousands of cgroups take a tenth of a second, in which everybody else waits. */
	view->count_nsec = now + (view_now() - now) * COST_SHARE;
	if (seconds > COUNT_SEC) {
		decay(counters, seconds - COUNT_SEC, (double)used / 1e6 / seconds);
		seconds = COUNT_SEC;
	}
	decay(counters, seconds, counters->running + counters->blocked);
	counters->load_nsec = now;
	counters->load_usage = counters->user + counters->system;
}

void view_loadavg(struct view *view, struct view_text *text)
{
	const struct view_counters *counters = &view->page->counters;

	view_sample(view);
	view_count(view);
	view_put(text, "%.2f %.2f %.2f %u/%u %" PRIu64 "\n", counters->load[0], counters->load[1],
		 counters->load[2], counters->running ? counters->running : 1, counters->tasks,
		 counters->forks);
}
