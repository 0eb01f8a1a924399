/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The view: files of /proc and /sys that show a VPS its own limits and use.
 *
 * One vps-view per host answers the reads, over one FUSE connection per VPS.
 * It may be killed at any time. Two things live longer than it, both held by
 * the VPS's monitor as well: the connection, and a page of shared memory into
 * which the server reads each request before it answers it. The next server is
 * given both and answers what the dead one owed:
 *
 *   vps-monitor                               vps-view
 *   ------------------------------------------------------------------
 *   page, connection, mount
 *   connect, starting the server if need be
 *   VIEW_SERVE with both and the cgroup --->  keeps them
 *                                      <---   VIEW_DONE
 *   binds the files over those of /proc
 *                                             read() into page->request
 *                                             answer, page->request.len = 0
 *   end of file: it was killed
 *   connect, starting the server if need be
 *   VIEW_SERVE again ----------------------->  page->init tells libfuse what was agreed,
 *                                             page->request is answered, and on
 *
 *   (a new monitor) VIEW_RETURN, name ----->
 *                                      <---   VIEW_DONE with all three
 */
#ifndef RUNTIME_VIEW_H
#define RUNTIME_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum view_file {
	VIEW_CPUINFO,
	VIEW_DISKSTATS,
	VIEW_LOADAVG,
	VIEW_MEMINFO,
	VIEW_STAT,
	VIEW_SWAPS,
	VIEW_UPTIME,
	VIEW_PRESSURE_CPU,
	VIEW_PRESSURE_IO,
	VIEW_PRESSURE_IRQ,
	VIEW_PRESSURE_MEMORY,
	VIEW_CPU_ONLINE,
	VIEW_FILES
};

struct view_file_info {
	const char *name;	/* in the root directory of the FUSE file system */
	const char *path;	/* that it covers in a VPS */
};

extern const struct view_file_info view_files[VIEW_FILES];

/* ---- the page ---- */

#define VIEW_PAGE_VERSION	1	/* of all but the counters: a VPS outlives an upgrade */
#define VIEW_COUNTERS_VERSION	1	/* other counters begin anew */
#define VIEW_REQUEST		8192	/* FUSE_MIN_READ_BUFFER: the kernel reads into no less */
#define VIEW_CPUS		1024	/* processors that can be shown */
#define VIEW_NAME		256	/* bytes of a VPS's name with its NUL */

/* Room for one request as the kernel wrote it: its first member is its length, 0 when empty. */
union view_request {
	uint32_t      len;
	unsigned char bytes[VIEW_REQUEST];
};

/* What only grows, and so must not be forgotten by a new server. In microseconds. */
struct view_ticks {
	uint64_t user, system, idle, steal;
};

struct view_counters {
	uint32_t          version;
	uint32_t          cpus;			/* that were shown last */
	int64_t           sampled_nsec;		/* when, by CLOCK_BOOTTIME */
	uint64_t          user, system, throttled;	/* cpu.stat at that time */
	uint64_t          forks;
	int64_t           load_nsec;
	uint64_t          load_usage;
	uint32_t          tasks, running, blocked;	/* at load_nsec */
	double            load[3];
	struct view_ticks total;
	struct view_ticks cpu[VIEW_CPUS];	/* the memory of those never shown is never touched */
};

struct view_page {
	uint32_t             version;
	uint32_t             uid, gid;		/* of the root of the VPS, on the host */
	uint32_t             replays;		/* of the waiting request, by servers that then died */
	uint64_t             handles;		/* given to readers so far */
	int64_t              start_nsec;	/* CLOCK_BOOTTIME at which the VPS began */
	int64_t              btime;		/* the same as a date, in seconds */
	char                 name[VIEW_NAME];
	_Alignas(4096) union view_request init;	/* the connection's first request */
	union view_request   request;		/* the one that is not yet answered */
	struct view_counters counters;
};

/* ---- the socket ---- */

#define VIEW_SOCKET	"socket"	/* in RUN.view */
#define VIEW_LOCK	"lock"		/* held by the server */
#define VIEW_SPAWN_LOCK	"spawn"		/* held by whoever starts one */

enum view_word {
	VIEW_SERVE,	/* with fds */
	VIEW_RETURN,	/* and a name */
	VIEW_DONE,
	VIEW_REFUSED
};

struct view_message {
	uint32_t word;
	char     name[VIEW_NAME];
};

enum { VIEW_FD_FUSE, VIEW_FD_PAGE, VIEW_FD_CGROUP, VIEW_FDS };

/* Send a message and count descriptors (borrowed). 0 or -errno. */
int view_send(int fd, enum view_word word, const char *name, const int *fds, size_t count);

/*
 * Receive one; descriptors that came are the caller's, the rest FD_NONE.
 * Returns 0, -ECONNRESET at the end of file, or another -errno with none of them.
 */
int view_receive(int fd, struct view_message *ret_message, int *ret_fds, size_t count);

/* Map a page that another process made and check it. NULL with errno set. */
struct view_page *view_map(int page_fd);

/* The body of vps-view: serve all VPSs whose monitors ask for it; returns its exit status. */
int view_serve(const char *dir, int mntns_fd);

#endif
