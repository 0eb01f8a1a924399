/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the view are made of: one VPS, a text that grows, one function a file. */
#ifndef RUNTIME_VIEW_TEXT_H
#define RUNTIME_VIEW_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/view.h"

/* A text being made. Once memory was missing it stays failed. */
struct view_text {
	char  *data;
	size_t len, room;
	bool   is_failed;
};

/* Whose files these are, and who reads. */
struct view {
	int               cg_fd;
	struct view_page *page;
	pid_t             reader;	/* the host's pid, or 0 */
	int64_t           count_nsec;	/* not before then are its tasks counted again */
};

void view_put(struct view_text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void view_put_bytes(struct view_text *text, const char *data, size_t len);

/* The kernel's own file, whole: where there is nothing of the VPS's own to show. */
void view_put_host(struct view_text *text, const char *path);

/* A file of the VPS's cgroup; malloc()ed, or NULL when it has none. */
char *view_cgroup(const struct view *view, const char *file);

/* Memory of the VPS in bytes; the host's where no controller counts it. */
struct view_memory {
	uint64_t total, free, available, shared, buffers;
	uint64_t swap_total, swap_free;
};
void view_memory(const struct view *view, struct view_memory *ret_memory);

/* The number that a task of the host has in its innermost pid namespace, or 0: there is none. */
pid_t view_inner_pid(pid_t pid);

/* Nanoseconds of CLOCK_BOOTTIME. */
int64_t view_now(void);

/* Processors that are shown: the quota rounded up, the cpuset, at most those of the host. */
unsigned view_cpus(const struct view *view);

/* Bring the counters of the page up to now. */
void view_sample(struct view *view);

/* Count its tasks and bring its load up to now, once a second at most; after view_sample(). */
void view_count(struct view *view);

/* Write what file shows now. */
void view_render(struct view *view, enum view_file file, struct view_text *text);

/* One function a file; those of pressure are one. */
void view_cpuinfo(struct view *view, struct view_text *text);
void view_cpu_online(struct view *view, struct view_text *text);
void view_diskstats(struct view *view, struct view_text *text);
void view_loadavg(struct view *view, struct view_text *text);
void view_meminfo(struct view *view, struct view_text *text);
void view_stat(struct view *view, struct view_text *text);
void view_swaps(struct view *view, struct view_text *text);
void view_uptime(struct view *view, struct view_text *text);

#endif
