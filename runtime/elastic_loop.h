/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moves the elastic limits of a VPS that runs; the monitor has it wait in its
 * one poll(2). A move is `vpsctl set --running-only`, so that there is one way
 * to change a limit, and it is an event like any other.
 */
#ifndef RUNTIME_ELASTIC_LOOP_H
#define RUNTIME_ELASTIC_LOOP_H

#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/elastic.h"

struct attach;

/* What it waits for: pressure on each row, and the end of a move. */
#define ELASTIC_FDS	(ELASTICS + 1)

struct elastic_loop {
	const struct attach *attach;	/* borrowed; NULL: nothing moves */
	int                  elastic_fd;	/* RUN/.elastic: whose limits move on this host */
	int                  cg_fd;
	int                  pressure_fd[ELASTICS];
	uint64_t             waited_usec[ELASTICS];	/* up to the last look at each, … */
	int64_t              seen_msec[ELASTICS];	/* … which was then */
	struct elastic_state state[ELASTICS];
	int64_t              looked_msec;
	int                  lock_fd, move_fd;	/* while a move is under way: pidfd of vpsctl */
	pid_t                move_pid;
	enum elastic_id      moved;
};

#define ELASTIC_LOOP_INIT {							\
	.elastic_fd = -1, .cg_fd = -1, .lock_fd = -1, .move_fd = -1,		\
	.pressure_fd = { [0 ... ELASTICS - 1] = -1 },				\
}

/*
 * Begin, once the VPS runs. Without elastic limits, or on a host that cannot
 * tell of pressure, nothing moves.
 *
 * attach   borrowed until elastic_loop_close()
 * run_dir  of the VPS
 * cg_fd    borrowed
 */
void elastic_loop_open(struct elastic_loop *loop, const struct attach *attach, const char *run_dir,
		       int cg_fd);
void elastic_loop_close(struct elastic_loop *loop);

/* As those of alarms.h. */
void elastic_loop_poll(const struct elastic_loop *loop, struct pollfd fds[ELASTIC_FDS]);
int elastic_loop_timeout(const struct elastic_loop *loop);
void elastic_loop_handle(struct elastic_loop *loop, const struct pollfd fds[ELASTIC_FDS]);

#endif
