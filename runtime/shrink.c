// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Takes memory back from a running VPS; called by resize.c.
 *
 * Writing memory.max below what is in use makes the kernel reclaim a while and
 * then kill. Writing memory.high only reclaims, and slows down what allocates
 * meanwhile; memory.reclaim (Linux 5.19) asks for more of it and says when
 * nothing more is to be had.
 */
#include "shrink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "isolation/cg.h"
#include "isolation/cg_procs.h"

#define MIB		(UINT64_C(1) << 20)
#define TRIES_IN_VAIN	4	/* reclaims that freed nothing */
#define TRIES		64
#define HOLDERS		3	/* processes that are named */

/* Room between memory.high and memory.max while we look: what is charged in between fits into it. */
static uint64_t headroom(uint64_t bytes)
{
	uint64_t room = bytes / 64;

	return room > 32 * MIB ? 32 * MIB : room;
}

/* Reclaim until use is at most wanted, or nothing more comes. */
static int reclaim(int cg_fd, uint64_t wanted, uint64_t *ret_used, struct vps_err *err)
{
	uint64_t used = 0, before = UINT64_MAX;
	int tries, in_vain = 0;
	char text[24];

	for (tries = 0; tries < TRIES; tries++) {
		struct vps_err ignored = { 0 };
		int r = cg_read(cg_fd, "memory.current", &used);

		if (r < 0)
			return vps_err_set(err, r, "cannot read memory.current");
		in_vain = used < before ? 0 : in_vain + 1;
		if (used <= wanted || in_vain >= TRIES_IN_VAIN)
			break;
		before = used;
		(void)snprintf(text, sizeof(text), "%" PRIu64, used - wanted);
		/* EAGAIN: part of it; ENOENT: an older kernel, where memory.high has done its best. */
		if (file_write(cg_fd, "memory.reclaim", text, &ignored) == -ENOENT)
			break;
	}
	*ret_used = used;
	return 0;
}

/* ---- who holds it ---- */

struct holder {
	pid_t    pid;
	uint64_t bytes;
	char     name[32];
};

/* The resident memory of a process; 0 when it is gone. */
static uint64_t resident(pid_t pid)
{
	char path[40], line[100];
	uint64_t total, pages;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	if (file_read_line(AT_FDCWD, path, line, sizeof(line)) < 0 ||
	    sscanf(line, "%" SCNu64 " %" SCNu64, &total, &pages) != 2)
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void read_name(struct holder *holder)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)holder->pid);
	if (file_read_line(AT_FDCWD, path, holder->name, sizeof(holder->name)) < 0)
		holder->name[0] = '\0';
}

/* The largest, largest first; those that are not there have pid 0. */
static void find_holders(int cg_fd, struct holder holders[HOLDERS])
{
	OWN_MEM pid_t *pids = NULL;
	struct vps_err ignored = { 0 };
	size_t count = 0, i, at;

	if (cg_processes(cg_fd, &pids, &count, &ignored) < 0)
		return;
	for (i = 0; i < count; i++) {
		struct holder holder = { .pid = pids[i], .bytes = resident(pids[i]) };

		for (at = 0; at < HOLDERS && holders[at].bytes >= holder.bytes; at++)
			;
		if (at == HOLDERS)
			continue;
		memmove(&holders[at + 1], &holders[at], (HOLDERS - at - 1) * sizeof(*holders));
		holders[at] = holder;
	}
	for (i = 0; i < HOLDERS && holders[i].pid; i++)
		read_name(&holders[i]);
}

static int refuse(int cg_fd, uint64_t bytes, uint64_t used, struct vps_err *err)
{
	struct holder holders[HOLDERS] = { 0 };
	uint64_t smallest = (used + headroom(used) + MIB - 1) / MIB;
	char asked[32], list[200] = "";
	size_t i, len = 0;

	find_holders(cg_fd, holders);
	for (i = 0; i < HOLDERS && holders[i].bytes >= MIB; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%d %s %" PRIu64 "M",
					i ? ", " : "", (int)holders[i].pid, holders[i].name,
					holders[i].bytes / MIB);
	return vps_err_say(err, -VPS_EREFUSED,
			   "memory: %s is less than it needs: %" PRIu64 "M are in use and cannot be reclaimed; the smallest that works now is memory=%" PRIu64 "M; held by %s",
			   resource_format(RES_MEMORY, bytes, asked, sizeof(asked)), used / MIB,
			   smallest, *list ? list : "files in memory, and by the kernel on its behalf");
}

/* Not below what memory.high is anyway. */
static uint64_t high_meanwhile(const struct live *live, uint64_t wanted, char lines[LIVE_LINES],
			       struct vps_err *err)
{
	uint64_t high = UINT64_MAX;
	int r = live_read(live, RES_MEMORY_HIGH, &high, lines);

	if (r < 0)
		(void)vps_err_set(err, r, "cannot read memory.high");
	return high < wanted ? high : wanted;
}

int shrink_memory(const struct live *live, const char *lines, uint64_t bytes,
		  struct vps_err *err)
{
	char high_lines[LIVE_LINES], text[24];
	const struct cg_value low = { .file = "memory.high", .value = text };
	const struct cg_value back = { .file = "memory.high", .value = high_lines };
	struct vps_err ignored = { 0 };
	uint64_t high, used = 0;
	int r;

	high = high_meanwhile(live, bytes - headroom(bytes), high_lines, err);
	if (err->code)
		return err->code;
	(void)snprintf(text, sizeof(text), "%" PRIu64, high);
	r = cg_set(live->cg_fd, live->cgroup, &low, 1, err);
	if (r == 0)
		r = reclaim(live->cg_fd, high, &used, err);
	if (r == 0 && used > bytes)
		r = refuse(live->cg_fd, bytes, used, err);
	if (r == 0)
		r = live_write(live, RES_MEMORY, lines, err);
	/* Raising it again cannot fail but with the cgroup gone, and all with it. */
	(void)cg_set(live->cg_fd, live->cgroup, &back, 1, &ignored);
	return r;
}
