// SPDX-License-Identifier: LGPL-2.1-or-later
/* Memory of a VPS, from memory.* of its cgroup: /proc/meminfo, /proc/swaps, sysinfo(2). */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/cg.h"
#include "isolation/cg_limits.h"
#include "view_text.h"

/* A row of the host's /proc/meminfo in bytes, or 0. */
static uint64_t host_row(const char *meminfo, const char *label)
{
	size_t len = strlen(label);

	for (; *meminfo; meminfo += strcspn(meminfo, "\n"), meminfo += *meminfo == '\n')
		if (strncmp(meminfo, label, len) == 0 && meminfo[len] == ':')
			return strtoull(meminfo + len + 1, NULL, 10) * 1024;
	return 0;
}

static uint64_t lower(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t over(uint64_t total, uint64_t part)
{
	return total > part ? total - part : 0;
}

/* Without accounting of swap there is none to be shown. */
static void read_swap(const struct view *view, const char *host, struct view_memory *memory)
{
	uint64_t limit, used;

	if (cg_lowest(view->cg_fd, "memory.swap.max", &limit) < 0 ||
	    cg_read(view->cg_fd, "memory.swap.current", &used) < 0)
		return;
	memory->swap_total = lower(limit, host_row(host, "SwapTotal"));
	memory->swap_free = lower(over(memory->swap_total, used), host_row(host, "SwapFree"));
}

/* False: there is no memory controller here. */
static bool read_memory(const struct view *view, const char *host, const char *stat,
			struct view_memory *memory)
{
	uint64_t limit, current, reclaimable;

	if (!stat || cg_lowest(view->cg_fd, "memory.max", &limit) < 0 ||
	    cg_read(view->cg_fd, "memory.current", &current) < 0)
		return false;
	memory->total = lower(limit, host_row(host, "MemTotal"));
	memory->free = over(memory->total, current);
	reclaimable = cg_keyed(stat, "active_file") + cg_keyed(stat, "inactive_file") +
		      cg_keyed(stat, "slab_reclaimable");
	memory->available = lower(memory->free + reclaimable, memory->total);
	memory->shared = cg_keyed(stat, "shmem");
	read_swap(view, host, memory);
	return true;
}

/* In the kernel's order. A row is the sum of up to two keys of memory.stat; without any it is 0. */
static const struct row {
	const char *label, *keys[2];
} rows[] = {
	{ "SwapCached",		{ "swapcached" } },
	{ "Active",		{ "active_anon", "active_file" } },
	{ "Inactive",		{ "inactive_anon", "inactive_file" } },
	{ "Active(anon)",	{ "active_anon" } },
	{ "Inactive(anon)",	{ "inactive_anon" } },
	{ "Active(file)",	{ "active_file" } },
	{ "Inactive(file)",	{ "inactive_file" } },
	{ "Unevictable",	{ "unevictable" } },
	{ "Mlocked", { NULL } },
};

static const struct row rows_behind_swap[] = {
	{ "Dirty",		{ "file_dirty" } },
	{ "Writeback",		{ "file_writeback" } },
	{ "AnonPages",		{ "anon" } },
	{ "Mapped",		{ "file_mapped" } },
	{ "Shmem",		{ "shmem" } },
	{ "KReclaimable",	{ "slab_reclaimable" } },
	{ "Slab",		{ "slab" } },
	{ "SReclaimable",	{ "slab_reclaimable" } },
	{ "SUnreclaim",		{ "slab_unreclaimable" } },
	{ "KernelStack",	{ "kernel_stack" } },
	{ "PageTables",		{ "pagetables" } },
	{ "SecPageTables",	{ "sec_pagetables" } },
	{ "NFS_Unstable", { NULL } },
	{ "Bounce", { NULL } },
	{ "WritebackTmp", { NULL } },
	{ "CommitLimit", { NULL } },		/* the host's alone to decide */
	{ "Committed_AS", { NULL } },
	{ "VmallocTotal", { NULL } },
	{ "VmallocUsed",	{ "vmalloc" } },
	{ "VmallocChunk", { NULL } },
	{ "Percpu",		{ "percpu" } },
	{ "HardwareCorrupted", { NULL } },
	{ "AnonHugePages",	{ "anon_thp" } },
	{ "ShmemHugePages",	{ "shmem_thp" } },
	{ "ShmemPmdMapped", { NULL } },
	{ "FileHugePages",	{ "file_thp" } },
	{ "FilePmdMapped", { NULL } },
};

static void put_row(struct view_text *text, const char *label, uint64_t bytes)
{
	view_put(text, "%s:%*" PRIu64 " kB\n", label, (int)(23 - strlen(label)), bytes / 1024);
}

/* used: memory.stat may be older than memory.current, and no part is more than all */
static void put_rows(struct view_text *text, const char *stat, uint64_t used,
		     const struct row *row, size_t count)
{
	for (; count-- > 0; row++) {
		uint64_t bytes = 0;
		size_t i;

		for (i = 0; i < ARRAY_LEN(row->keys) && row->keys[i]; i++)
			bytes += cg_keyed(stat, row->keys[i]);
		put_row(text, row->label, lower(bytes, used));
	}
}

/* Files are what free(1) takes away from what is used, together with that slab. */
static uint64_t cached(const char *stat, uint64_t used)
{
	return lower(cg_keyed(stat, "file"), over(used, cg_keyed(stat, "slab_reclaimable")));
}

static char *read_host(void)
{
	struct vps_err ignored = { 0 };
	char *text;

	return file_read(AT_FDCWD, "/proc/meminfo", 65536, &text, NULL, &ignored) == 0 ? text :
											 NULL;
}

void view_memory(const struct view *view, struct view_memory *ret_memory)
{
	OWN_MEM char *host = read_host(), *stat = view_cgroup(view, "memory.stat");

	*ret_memory = (struct view_memory){ 0 };
	if (!host || read_memory(view, host, stat, ret_memory))
		return;
	ret_memory->total = host_row(host, "MemTotal");
	ret_memory->free = host_row(host, "MemFree");
	ret_memory->shared = host_row(host, "Shmem");
	ret_memory->buffers = host_row(host, "Buffers");
	ret_memory->swap_total = host_row(host, "SwapTotal");
	ret_memory->swap_free = host_row(host, "SwapFree");
}

void view_meminfo(struct view *view, struct view_text *text)
{
	OWN_MEM char *host = read_host(), *stat = view_cgroup(view, "memory.stat");
	struct view_memory memory = { 0 };
	uint64_t used;

	if (!host || !read_memory(view, host, stat, &memory)) {
		view_put_bytes(text, host ? host : "", host ? strlen(host) : 0);
		return;
	}
	used = memory.total - memory.free;
	put_row(text, "MemTotal", memory.total);
	put_row(text, "MemFree", memory.free);
	put_row(text, "MemAvailable", memory.available);
	put_row(text, "Buffers", 0);	/* counted with the files */
	put_row(text, "Cached", cached(stat, used));
	put_rows(text, stat, used, rows, ARRAY_LEN(rows));
	put_row(text, "SwapTotal", memory.swap_total);
	put_row(text, "SwapFree", memory.swap_free);
	put_row(text, "Zswap", cg_keyed(stat, "zswap"));
	put_row(text, "Zswapped", cg_keyed(stat, "zswapped"));
	put_rows(text, stat, used, rows_behind_swap, ARRAY_LEN(rows_behind_swap));
	put_row(text, "Hugepagesize", host_row(host, "Hugepagesize"));
}

/* One line for all of the host's swap that the VPS may use, as partitions without a name. */
void view_swaps(struct view *view, struct view_text *text)
{
	OWN_MEM char *host = read_host();
	struct view_memory memory = { 0 };

	if (cg_read(view->cg_fd, "memory.swap.current", &(uint64_t){ 0 }) < 0) {
		view_put_host(text, "/proc/swaps");
		return;
	}
	if (host)
		read_swap(view, host, &memory);
	view_put(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	if (memory.swap_total)
		view_put(text, "%-39s %s\t%" PRIu64 "\t\t%" PRIu64 "\t\t-2\n", "/dev/swap",
			 "partition", memory.swap_total / 1024,
			 (memory.swap_total - memory.swap_free) / 1024);
}
