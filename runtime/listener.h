/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* linux.seccomp.listenerPath: gives the notify descriptor of a filter to an agent. */
#ifndef RUNTIME_LISTENER_H
#define RUNTIME_LISTENER_H

#include <sys/types.h>

#include "base/err.h"
#include "isolation/syscalls.h"

/*
 * Connect to the agent, where the profile has one: before the process may load
 * the filter, since from then on it does not wait for us.
 *
 * ret_fd  owned by the caller; FD_NONE when there is no agent
 * Returns 0, or -errno with err set.
 */
int listener_connect(const struct syscalls_profile *profile, int *ret_fd, struct vps_err *err);

/*
 * Send the agent the container process state of the runtime specification, with
 * the descriptor.
 *
 * socket_fd  of listener_connect(), borrowed
 * pid        of the process that has the filter
 * fd         notify descriptor, borrowed
 * state      JSON of the container's state
 *
 * Returns 0, or -errno with err set and the descriptor with nobody.
 */
int listener_send(int socket_fd, const struct syscalls_profile *profile, pid_t pid, int fd,
		  const char *state, struct vps_err *err);

#endif
