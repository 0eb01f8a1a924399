// SPDX-License-Identifier: LGPL-2.1-or-later
/* sysinfo(2) in a VPS: the numbers of /proc/meminfo, uptime and loadavg; called by view_calls.c. */
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "view_answer.h"

#define NSEC	1000000000

/* struct sysinfo of a 32-bit program, as x86 lays it out. */
struct sysinfo_32 {
	int32_t  uptime;
	uint32_t loads[3];
	uint32_t totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	uint16_t procs, pad;
	uint32_t totalhigh, freehigh;
	uint32_t mem_unit;
	char     padding[8];
};

_Static_assert(sizeof(struct sysinfo_32) == 64, "as the kernel copies it");
_Static_assert(sizeof(struct sysinfo) == 112, "as the kernel copies it");

static void collect(struct view *view, struct sysinfo *info)
{
	const struct view_counters *counters = &view->page->counters;
	struct view_memory memory;
	size_t i;

	memset(info, 0, sizeof(*info));		/* its gaps as well: a tenant gets all of it */
	view_memory(view, &memory);
	view_sample(view);
	view_count(view);
	/* The kernel rounds up, too. */
	info->uptime = (view_now() - view->page->start_nsec + NSEC - 1) / NSEC;
	for (i = 0; i < 3; i++)
		info->loads[i] = (unsigned long)(counters->load[i] * (1 << SI_LOAD_SHIFT));
	info->totalram = memory.total;
	info->freeram = memory.free;
	info->sharedram = memory.shared;
	info->bufferram = memory.buffers;
	info->totalswap = memory.swap_total;
	info->freeswap = memory.swap_free;
	info->procs = (unsigned short)counters->tasks;
	info->mem_unit = 1;
}

/* What does not fit into 32 bits is counted in pages, as the kernel does it. */
static struct sysinfo_32 shorten(const struct sysinfo *info)
{
	bool is_large = info->totalram > UINT32_MAX || info->totalswap > UINT32_MAX;
	uint32_t unit = is_large ? (uint32_t)sysconf(_SC_PAGESIZE) : 1;

	return (struct sysinfo_32){
		.uptime = (int32_t)info->uptime,
		.loads = { (uint32_t)info->loads[0], (uint32_t)info->loads[1],
			   (uint32_t)info->loads[2] },
		.totalram = (uint32_t)(info->totalram / unit),
		.freeram = (uint32_t)(info->freeram / unit),
		.sharedram = (uint32_t)(info->sharedram / unit),
		.bufferram = (uint32_t)(info->bufferram / unit),
		.totalswap = (uint32_t)(info->totalswap / unit),
		.freeswap = (uint32_t)(info->freeswap / unit),
		.procs = info->procs,
		.mem_unit = unit,
	};
}

bool view_sysinfo(struct view *view, const struct seccomp_notif *call, struct view_answer *answer)
{
	struct sysinfo_32 short_info;
	struct sysinfo info;

	collect(view, &info);
	short_info = shorten(&info);
	answer->address = call->data.args[0];
	answer->len = view_is_64(call) ? sizeof(info) : sizeof(short_info);
	memcpy(answer->bytes, view_is_64(call) ? (void *)&info : &short_info, answer->len);
	return true;
}
