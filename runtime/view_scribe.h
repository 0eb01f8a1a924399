/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes answers into the memory of a VPS's processes. That memory may be a
 * file of a file system that never answers, so it is done by a process where
 * nobody but this VPS waits for it; it is started when it is needed first, and
 * ends when it was not needed for a while, or with the server.
 */
#ifndef RUNTIME_VIEW_SCRIBE_H
#define RUNTIME_VIEW_SCRIBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/own.h"
#include "runtime/view_answer.h"

struct view_scribe {
	int     fd;		/* a socket to it; FD_NONE: there is none */
	int     pid_fd;
	int     stuck_fd;	/* pidfd of the one that was killed last, while it may live */
	int64_t late_nsec;	/* when what it works at takes too long; 0: it has no work */
	int64_t off_nsec;	/* none is started before that */
};

#define VIEW_SCRIBE_INIT	{ .fd = FD_NONE, .pid_fd = FD_NONE, .stuck_fd = FD_NONE }

/* Start one, unless it is there. -EAGAIN: one was killed a short while ago, or cannot even die. */
int view_scribe_start(struct view_scribe *scribe);

/*
 * Have an answer written, if the call still waits by then, and the call ended;
 * where that cannot be, the kernel makes its own answer.
 *
 * listener_fd   of the call, borrowed
 * Returns 0, or -errno: it was dead, and nothing was done.
 */
int view_scribe_give(struct view_scribe *scribe, const struct view_answer *answer, int listener_fd);

enum view_scribe_word {
	VIEW_SCRIBE_QUIET,	/* it has no work, or still works */
	VIEW_SCRIBE_DONE,
	VIEW_SCRIBE_DIED,	/* in the middle of it */
	VIEW_SCRIBE_LATE	/* so it was killed, and nothing will be written any more */
};

/* How it is getting on; without waiting. */
enum view_scribe_word view_scribe_hear(struct view_scribe *scribe);

void view_scribe_free(struct view_scribe *scribe);

#endif
