/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The conversation between a runtime and the container's init over one
 * socketpair. container.c draws it; here is only how a message travels.
 */
#ifndef RUNTIME_SYNC_H
#define RUNTIME_SYNC_H

#include "base/err.h"

enum sync_step {
	SYNC_FAILED,	/* init -> runtime: err says why */
	SYNC_MAPPED,	/* runtime -> init: your ids are mapped */
	SYNC_CONSOLE,	/* init -> runtime: the console's master comes along */
	SYNC_LISTENER,	/* init -> runtime: the seccomp notify descriptor comes along */
	SYNC_MOUNT,	/* init -> runtime: put this proc or sysfs in place */
	SYNC_MOUNTED,	/* runtime -> init: done */
	SYNC_BUILT,	/* init -> runtime: mounts laid, old root still there */
	SYNC_ENTER,	/* runtime -> init: createRuntime hooks have run */
	SYNC_READY,	/* init -> runtime: everything but the last step is done */
	SYNC_START,	/* runtime -> init: execve() */
	SYNC_START_UNWATCHED,	/* the same, but without a listener of ours: there is no view */
	SYNC_LISTENING,	/* runtime -> init or process: our listener is with the view */
	SYNC_STARTED,	/* never sent: the end of the conversation, by execve() closing it */
};

/* Both ends, SOCK_SEQPACKET and close-on-exec. 0 or -errno with err set. */
int sync_open(int ret_fds[2], struct vps_err *err);

/* Send a step; fd_to_pass is borrowed, or FD_NONE. 0 or -errno. */
int sync_send(int fd, enum sync_step step, int fd_to_pass);

/* Tell the other side what went wrong. */
void sync_fail(int fd, const struct vps_err *failure);

/*
 * Wait for a step.
 *
 * ret_fd   receives a passed descriptor (owned by the caller), or FD_NONE; may
 *          be NULL where none is expected
 * Returns the step; SYNC_STARTED when the other side closed; or -errno with
 * err set: what the other side reported with SYNC_FAILED, or our own failure.
 */
int sync_wait(int fd, int *ret_fd, struct vps_err *err);

/* Wait for that step and no other; the end of the conversation is a failure. 0 or -errno. */
int sync_expect(int fd, enum sync_step step, struct vps_err *err);

#endif
