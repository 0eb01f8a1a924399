/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The view: files of /proc and /sys that show a VPS its own limits and use, and
 * answers to system calls that ask for them.
 *
 * One vps-view per host answers the reads, over one FUSE connection per VPS.
 * It may be killed at any time. Two things live longer than it, both held by
 * the VPS's monitor as well: the connection, and a page of shared memory into
 * which the server reads each request before it answers it. The next server is
 * given both and answers what the dead one owed. For system calls the notify
 * descriptors of filters do what the connection does for reads:
 *
 *   vps-monitor                               vps-view
 *   ------------------------------------------------------------------
 *   page, connection, mount
 *   connect, starting the server if need be
 *   VIEW_SERVE with both and the cgroup --->  keeps them
 *   VIEW_BEGIN --------------------------->  page->call may be filled
 *   a child finds the files, while we go on:
 *   that waits for the server
 *                                      <---   VIEW_DONE, twice
 *   binds the files over those of /proc
 *                                             read() into page->request
 *                                             answer, page->request.len = 0
 *   init or an exec has loaded its filter:
 *   VIEW_LISTEN with its descriptor ------->  keeps it: view_calls.c
 *   end of file: it was killed
 *   connect, starting the server if need be
 *   VIEW_SERVE again ----------------------->  page->init tells libfuse what was agreed,
 *                                             page->request is answered, and on
 *   VIEW_LISTEN with each descriptor ------>  keeps them
 *   VIEW_BEGIN ---------------------------->  page->call is answered, and on
 *
 *   (a new monitor) VIEW_RETURN, name ----->
 *                                      <---   VIEW_DONE with all three
 *   VIEW_FETCH, until it is refused ------->
 *                                      <---   VIEW_DONE with a notify descriptor
 */
#ifndef RUNTIME_VIEW_H
#define RUNTIME_VIEW_H

#include <linux/seccomp.h>
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

/* Room for a system call as the kernel describes it, which may get longer; .pid 0: none. */
union view_call {
	struct seccomp_notif notif;
	unsigned char        bytes[256];
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
	union view_call      call;		/* the one that is not yet answered */
	uint32_t             call_replays;	/* of it, by servers that then died */
	_Alignas(4096) union view_request init;	/* the connection's first request */
	union view_request   request;		/* the one that is not yet answered */
	struct view_counters counters;
};

/* A page of a VPS that began before there were calls holds zeros for them. */
_Static_assert(offsetof(struct view_page, init) == 4096, "pages are as they were");

/* ---- the socket ---- */

#define VIEW_SOCKET	"socket"	/* in RUN.view */
#define VIEW_LOCK	"lock"		/* held by the server */
#define VIEW_SPAWN_LOCK	"spawn"		/* held by whoever starts one */

enum view_word {
	VIEW_SERVE,	/* with fds */
	VIEW_RETURN,
	VIEW_DONE,
	VIEW_REFUSED,
	VIEW_LISTEN,	/* with a notify descriptor */
	VIEW_BEGIN,	/* those were all that there are */
	VIEW_FETCH	/* after VIEW_RETURN: the next of the notify descriptors */
};

struct view_message {
	uint32_t word;
	char     name[VIEW_NAME];	/* of the VPS that a monitor speaks of */
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
