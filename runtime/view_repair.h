/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A view for a VPS that runs: where both the monitor and the server of its view were killed. */
#ifndef RUNTIME_VIEW_REPAIR_H
#define RUNTIME_VIEW_REPAIR_H

#include <sys/types.h>

#include "base/err.h"
#include "runtime/view_client.h"

/*
 * Put new files over those of a VPS whose connection is dead. A VPS without a
 * view is left as it is.
 *
 * client    that has taken over nothing
 * name      of the VPS
 * cg_fd     its cgroup, borrowed
 * scratch   an existing directory of ours
 * init_pid, init_fd   its init, and a pidfd of it, borrowed
 * Returns 0, or -errno with err set.
 */
int view_repair(struct view_client *client, const char *name, int cg_fd, const char *scratch,
		pid_t init_pid, int init_fd, struct vps_err *err);

#endif
