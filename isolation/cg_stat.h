/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interface files of several lines, "key rest": what a cgroup has used. */
#ifndef ISOLATION_CG_STAT_H
#define ISOLATION_CG_STAT_H

#include <stdbool.h>
#include <stdint.h>

/* A file that is being read. Start with { 0 }; cg_stat_close() it. */
struct cg_stat {
	char *text, *next;
};

#define OWN_CG_STAT __attribute__((cleanup(cg_stat_close))) struct cg_stat

/* Read it whole. False when it is not there or cannot be read: there are then no lines. */
bool cg_stat_open(struct cg_stat *stat, int cg_fd, const char *file);

/* The next line, cut at its first space; both live until cg_stat_close(). False at the end. */
bool cg_stat_next(struct cg_stat *stat, const char **ret_key, char **ret_rest);

/* The number behind a key ("oom_kill" in memory.events), or 0 where there is none. */
uint64_t cg_stat_number(int cg_fd, const char *file, const char *key);

void cg_stat_close(struct cg_stat *stat);

#endif
