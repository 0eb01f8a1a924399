/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control socket of a monitor: run_dir/control, SOCK_SEQPACKET, one
 * message a packet, its first byte the kind. Only root reaches the directory.
 */
#ifndef RUNTIME_CONTROL_H
#define RUNTIME_CONTROL_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define CONTROL_PACKET	4096	/* bytes of a packet at most, its kind included */

enum control_kind {
	CONTROL_STOP = 'S',	/* to the monitor: what ends now ends for good; answered by DONE */
	CONTROL_CONSOLE = 'C',	/* to the monitor: attach me to the console; answered by DONE or FULL */
	CONTROL_DATA = 'D',	/* both ways: bytes of the console */
	CONTROL_SIZE = 'W',	/* to the monitor: struct winsize of my terminal */
	CONTROL_LISTEN = 'L',	/* to the monitor, with a notify descriptor: its calls are to be
				   answered; answered by DONE, or by the end when they cannot be */
	CONTROL_DONE = 'K',	/* from the monitor */
	CONTROL_FULL = 'F',	/* from the monitor: too many are attached */
};

/* The monitor's end. Descriptor owned by the caller, or -errno with err set. */
int control_listen(int run_fd, struct vps_err *err);

/* A command's end. -ECONNREFUSED or -ENOENT when no monitor lives; err then is not set. */
int control_connect(int run_fd);

/* Send one packet; data may be NULL. 0, or -errno (-EAGAIN from a non-blocking socket). */
int control_send(int fd, enum control_kind kind, const void *data, size_t len);

/*
 * Receive one packet.
 *
 * ret_passed   receives the descriptor that came along (owned by the caller) or
 *              FD_NONE; NULL where none is expected
 * Returns the bytes of data behind the kind; -ECONNRESET at the end; or -errno.
 */
ssize_t control_receive(int fd, enum control_kind *ret_kind, void *data, size_t size,
			int *ret_passed);

/*
 * Have the calls of a filter answered by the view of the VPS.
 *
 * listener_fd   its notify descriptor, borrowed
 * Returns 0, or -errno: no monitor lives, or it answers none.
 */
int control_listen_calls(int run_fd, int listener_fd);

#endif
