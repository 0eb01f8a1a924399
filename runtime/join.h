/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A further process in a running container: the engine's half of `exec`. */
#ifndef RUNTIME_JOIN_H
#define RUNTIME_JOIN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "runtime/oci.h"

struct join {
	int                           init_fd;		/* pidfd of the container's init, borrowed */
	int                           cg_fd;		/* cgroup to be born into, borrowed */
	const struct oci_config      *config;		/* which namespaces; personality */
	struct oci_process            process;		/* what to run; .terminal gives it a pty */
	const char                   *user;		/* looked up inside: then uid, gid, groups, HOME
							   and, where they are NULL, cwd and args
							   (a login shell) come from there; or NULL */
	const struct syscalls_filter *filter;		/* or NULL */
	unsigned                      preserved_fds;
	bool                          resets_inherited;	/* limits, priorities and umask are not the caller's: inherited.h */
	const int                    *stdio;		/* as in struct container; or NULL */
	const char                   *id;		/* of the container, for linux.intelRdt */
	const char                   *state;		/* the container's, for linux.seccomp.listenerPath; or NULL */

	/* Of a watched filter: have somebody listen on a descriptor (borrowed). 0 or -errno, err set. */
	int (*listen)(void *arg, int listener_fd, struct vps_err *err);
	void *listen_arg;

	pid_t pid;			/* out: of the process, child of the caller */
	int   pid_fd, master_fd;	/* out: owned by the caller; master_fd FD_NONE without a terminal */
};

/*
 * Start the process; it is a child of the caller, and its program runs when
 * this returns.
 *
 * ret_status  on failure: 125 nothing was run, 126 not executable, 127 not found
 * Returns 0, or -errno with err set and no process left.
 */
int join_start(struct join *join, int *ret_status, struct vps_err *err);

#endif
