/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* linux.seccomp.listenerPath: gives the notify descriptor of a filter to an agent. */
#ifndef RUNTIME_LISTENER_H
#define RUNTIME_LISTENER_H

#include <sys/types.h>

#include "base/err.h"

/*
 * Connect to the agent's socket and send it the container process state of the
 * runtime specification, with the descriptor.
 *
 * path      of a listening stream socket
 * metadata  passed on, or NULL
 * pid       of the process that has the filter
 * fd        notify descriptor, borrowed
 * state     JSON of the container's state
 *
 * Returns 0, or -errno with err set and the descriptor with nobody.
 */
int listener_send(const char *path, const char *metadata, pid_t pid, int fd, const char *state,
		  struct vps_err *err);

#endif
