/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a monitor, and so its VPS, must not have from whoever happened to start it. */
#ifndef RUNTIME_INHERITED_H
#define RUNTIME_INHERITED_H

/*
 * Back to what the first process of a host has: priority, processors,
 * resource limits, umask; and the signals by which others end what they
 * started end nothing any more. What the kernel does not allow stays as it is.
 */
void inherited_reset(void);

/*
 * Leave the cgroup: systemd ends and limits all that is in that of a service
 * or a session. Takes some milliseconds. Where it cannot be left, the VPS runs
 * on without a monitor when that happens, until the next command.
 */
void inherited_leave_cgroup(void);

#endif
