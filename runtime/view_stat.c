// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Time spent by the processors of a VPS: /proc/stat and /proc/uptime.
 *
 * The kernel counts what the whole cgroup used (cpu.stat). What was used since
 * the last look is shared out evenly among the processors shown then, and the
 * rest of the time that they had is idle; the part of it in which the VPS was
 * throttled is called stolen. The sums live in the page, so that they only grow.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/cg_limits.h"
#include "view_text.h"

#define TICK_USEC	10000	/* USER_HZ is 100 wherever Linux runs on x86 */
#define PAUSE_NSEC	1000000	/* a look so soon after the last brings nothing */

static uint64_t grown(uint64_t now, uint64_t *before)
{
	uint64_t delta = now > *before ? now - *before : 0;

	*before = now > *before ? now : *before;
	return delta;
}

static void add(struct view_ticks *sum, const struct view_ticks *delta, unsigned cpus)
{
	sum->user += delta->user / cpus;
	sum->system += delta->system / cpus;
	sum->steal += delta->steal / cpus;
	sum->idle += delta->idle / cpus;
}

static void share_out(struct view_counters *counters, int64_t now, const struct view_ticks *used)
{
	uint64_t had = (uint64_t)(now - counters->sampled_nsec) / 1000 * counters->cpus;
	uint64_t spent = used->user + used->system;
	struct view_ticks delta = *used;
	uint64_t left = had > spent ? had - spent : 0;
	unsigned i;

	if (delta.steal > left)
		delta.steal = left;
	delta.idle = left - delta.steal;
	add(&counters->total, &delta, 1);
	for (i = 0; i < counters->cpus; i++)
		add(&counters->cpu[i], &delta, counters->cpus);
}

static void begin(struct view_page *page, unsigned cpus)
{
	struct view_counters *counters = &page->counters;

	if (counters->version == VIEW_COUNTERS_VERSION)
		return;
	memset(counters, 0, sizeof(*counters));
	counters->version = VIEW_COUNTERS_VERSION;
	counters->cpus = cpus;
	counters->sampled_nsec = counters->load_nsec = page->start_nsec;
}

void view_sample(struct view *view)
{
	struct view_counters *counters = &view->page->counters;
	unsigned cpus = view_cpus(view);
	OWN_MEM char *text = NULL;
	int64_t now = view_now();
	struct view_ticks used;

	begin(view->page, cpus);
	text = now - counters->sampled_nsec < PAUSE_NSEC ? NULL : view_cgroup(view, "cpu.stat");
	if (text) {
		used = (struct view_ticks){
			.user = grown(cg_keyed(text, "user_usec"), &counters->user),
			.system = grown(cg_keyed(text, "system_usec"), &counters->system),
			.steal = grown(cg_keyed(text, "throttled_usec"), &counters->throttled),
		};
		share_out(counters, now, &used);
		counters->sampled_nsec = now;
	}
	counters->cpus = cpus;
}

/* Pids are given in order: so many processes the VPS has made at least. */
static void note_reader(struct view *view)
{
	uint64_t pid = view->reader > 0 ? (uint64_t)view_inner_pid(view->reader) : 0;

	if (pid > view->page->counters.forks)
		view->page->counters.forks = pid;
}

static void put_ticks(struct view_text *text, const struct view_ticks *ticks)
{
	/* user nice system idle iowait irq softirq steal guest guest_nice */
	view_put(text, "%" PRIu64 " 0 %" PRIu64 " %" PRIu64 " 0 0 0 %" PRIu64 " 0 0\n",
		 ticks->user / TICK_USEC, ticks->system / TICK_USEC, ticks->idle / TICK_USEC,
		 ticks->steal / TICK_USEC);
}

/* The kernel counts neither interrupts nor switches by cgroup, and the host's are not shown. */
void view_stat(struct view *view, struct view_text *text)
{
	const struct view_counters *counters = &view->page->counters;
	unsigned i;

	view_sample(view);
	view_count(view);
	note_reader(view);
	view_put(text, "cpu  ");
	put_ticks(text, &counters->total);
	for (i = 0; i < counters->cpus; i++) {
		view_put(text, "cpu%u ", i);
		put_ticks(text, &counters->cpu[i]);
	}
	view_put(text, "intr 0\nctxt 0\nbtime %" PRIi64 "\nprocesses %" PRIu64 "\n",
		 view->page->btime, counters->forks);
	view_put(text, "procs_running %u\nprocs_blocked %u\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n",
		 counters->running ? counters->running : 1, counters->blocked);
}

void view_uptime(struct view *view, struct view_text *text)
{
	int64_t up_nsec = view_now() - view->page->start_nsec;
	uint64_t idle;

	view_sample(view);
	idle = view->page->counters.total.idle;
	view_put(text, "%" PRIi64 ".%02u %" PRIu64 ".%02u\n", up_nsec / 1000000000,
		 (unsigned)(up_nsec % 1000000000 / 10000000), idle / 1000000,
		 (unsigned)(idle % 1000000 / 10000));
}
