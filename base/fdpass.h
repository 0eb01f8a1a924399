/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sending open files to another process, unix(7), SCM_RIGHTS. */
#ifndef BASE_FDPASS_H
#define BASE_FDPASS_H

#include <stddef.h>
#include <sys/types.h>

#define FDPASS_MAX	16	/* descriptors in one message */

/*
 * Send bytes with copies of some descriptors.
 *
 * data   at least one byte; on a stream they may be sent in part, the descriptors with the first
 * fds    count of them, 0 to FDPASS_MAX, borrowed
 *
 * Returns the number of bytes sent, or -errno (-EPIPE without a signal).
 */
ssize_t fdpass_send(int socket_fd, const void *data, size_t len, const int *fds, size_t count)
	__attribute__((nonnull(2)));

/*
 * Receive bytes with at most count descriptors; the rest of ret_fds is FD_NONE.
 *
 * Returns the number of bytes, 0 at the end; or -errno. Descriptors that came
 * are the caller's, close-on-exec, whatever the number of bytes. More than
 * count, or than this process may have, are lost.
 */
ssize_t fdpass_receive(int socket_fd, void *data, size_t len, int *ret_fds, size_t count)
	__attribute__((nonnull(2)));

#endif
