// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sched_getaffinity(2) in a VPS: no more processors than it may use at the
 * same time; called by view_calls.c.
 *
 * Programs bind their threads to what they are told, so it must be processors
 * that they may run on, and other ones from VPS to VPS.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cpulist.h"
#include "base/fileio.h"
#include "base/own.h"
#include "view_answer.h"

#define POSSIBLE	"/sys/devices/system/cpu/possible"
#define THREADS_MAX	64	/* of a process that are looked at for the one that is asked about */
#define ID_SHIFT	16	/* ids of a VPS: the upper half is its own number */

_Static_assert(sizeof(struct cpulist) == VIEW_ANSWER_BYTES, "a set of processors is an answer");

/* Of the process of a thread, the thread that has that number inside; 0: none that was found. */
static pid_t find_thread(pid_t tid, pid_t inside)
{
	char path[32];
	OWN_DIR *dir = NULL;
	const struct dirent *entry;
	int looked;

	if (view_inner_pid(tid) == inside)
		return tid;
	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)tid);
	dir = opendir(path);
	for (looked = 0; dir && looked < THREADS_MAX && (entry = readdir(dir)); looked++) {
		pid_t other = (pid_t)strtol(entry->d_name, NULL, 10);

		if (other > 0 && view_inner_pid(other) == inside)
			return other;
	}
	return 0;
}

static unsigned count(const struct cpulist *list)
{
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < ARRAY_LEN(list->words); i++)
		sum += (unsigned)__builtin_popcountll(list->words[i]);
	return sum;
}

/* The kernel wants room for every processor that there could ever be. */
static bool is_long_enough(unsigned len)
{
	char text[256];
	const char *last;

	if (file_read_line(AT_FDCWD, POSSIBLE, text, sizeof(text)) < 0)
		return false;
	last = text + strcspn(text, "\n");
	while (last > text && last[-1] >= '0' && last[-1] <= '9')
		last--;
	return strtoul(last, NULL, 10) < len * 8UL;
}

/* Leave kept of the processors in it, side by side, from a place that is this VPS's. */
static void cut(struct cpulist *list, unsigned had, unsigned kept, uint32_t uid)
{
	/* A multiplier without a pattern spreads neighbours far apart. */
	unsigned first = (unsigned)((uint64_t)((uid >> ID_SHIFT) * 2654435769U) * had >> 32);
	unsigned cpu, nth = 0;

	for (cpu = 0; cpu < CPULIST_CPUS; cpu++) {
		uint64_t bit = UINT64_C(1) << cpu % 64;

		if (!(list->words[cpu / 64] & bit))
			continue;
		if ((nth + had - first) % had >= kept)
			list->words[cpu / 64] &= ~bit;
		nth++;
	}
}

bool view_affinity(struct view *view, const struct seccomp_notif *call, struct view_answer *answer)
{
	unsigned len = (unsigned)call->data.args[1], kept = view_cpus(view), had;
	pid_t asked = (pid_t)call->data.args[0], caller = (pid_t)call->pid;
	pid_t tid = asked == 0 ? caller : find_thread(caller, asked);
	struct cpulist list = { 0 };
	long size;

	if (tid == 0 || len % (view_is_64(call) ? 8 : 4) || !is_long_enough(len))
		return false;
	size = syscall(SYS_sched_getaffinity, tid, sizeof(list), &list);
	had = size > 0 ? count(&list) : 0;
	if (had <= kept)
		return false;
	cut(&list, had, kept, view->page->uid);
	answer->len = len < (unsigned long)size ? len : (uint32_t)size;
	answer->address = call->data.args[2];
	answer->value = answer->len;
	memcpy(answer->bytes, &list, answer->len);
	return true;
}
