/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The last steps of a process before it becomes the tenant's program. */
#ifndef RUNTIME_PROCESS_H
#define RUNTIME_PROCESS_H

#include <stdbool.h>

#include "base/err.h"
#include "runtime/oci.h"

struct process_plan {
	const struct oci_process     *process;
	const struct syscalls_filter *filter;	/* NULL: none */
	const struct oci_config      *config;		/* personality, memory policy */
	bool                          keeps_keyring;	/* --no-new-keyring */
	int                           sync_fd;		/* to report on; closed by execve() */
};

/*
 * Leave the caller's session keyring, keyrings(7), for an empty one: who holds a keyring may read what
 * is in it. To be called while we are counted to the caller; a tenant's own quota may be full.
 * 0, or -errno with err set.
 */
int process_leave_keyring(struct vps_err *err);

/* Whether a hard limit is above this process's own: then only the host may set them, from outside. */
bool process_raises_limits(const struct oci_process *process);

/* Set the rlimits of a process that has not become the tenant's yet; pid 0: of this one. */
int process_limit(pid_t pid, const struct oci_process *process, struct vps_err *err);

/* Set the oom_score_adj of a process that waits; proc_fd: its directory /proc/PID, borrowed. */
int process_score(int proc_fd, const struct oci_process *process, struct vps_err *err);

/* Make these (NULL, or three, FD_NONE among them) descriptors 0..2. 0, or -errno with err set. */
int process_take_stdio(const int *stdio, struct vps_err *err);

/*
 * Close every descriptor but 0..2, the preserved ones behind them, and the
 * socket, which moves to the place behind those. Before a path of the tenant's
 * is looked up: close-on-exec is not enough, since execve() still resolves
 * "/proc/self/fd/N/…" through what it closes afterwards.
 *
 * sync_fd   updated
 */
int process_close_host(int *sync_fd, unsigned preserved_fds, struct vps_err *err);

/*
 * Make a pty's slave (borrowed) the descriptors 0..2 of this session leader,
 * with the size and the owner that process asks for, and (is_controlling) its
 * controlling terminal.
 */
int process_take_terminal(const struct oci_process *process, int slave_fd, bool is_controlling,
			  struct vps_err *err);

/*
 * Nobody inside may trace this process or open what /proc/PID has of it: it
 * still holds memory of the host. Again after each change of user, which
 * undoes it where fs.suid_dumpable is 1.
 */
void process_hide(void);

/*
 * The first half of becoming the tenant's: keyring, scheduling, labels, and
 * the bounding set, so that what is executed from here on (hooks of the
 * container, whose files are the tenant's) can get no more than he may have.
 * Inside all namespaces and the root of the container, as its root.
 */
int process_confine(const struct process_plan *plan, struct vps_err *err);

/*
 * The second half, everything but the last step: user, capabilities, seccomp,
 * working directory. Returns 0, or -errno with err set.
 */
int process_become(const struct process_plan *plan, struct vps_err *err);

/* Value of NAME in a list of "NAME=value", or NULL. */
const char *process_env(const char *const *env, const char *name);

/* A copy of env in the arena with NAME=value in it, or env itself when that has a NAME. */
const char *const *process_with_env(struct arena *arena, const char *const *env, const char *name,
				    const char *value);

/* HOME from the passwd file below "/", unless the environment has one: what arena owns. */
void process_add_home(struct oci_process *process, struct arena *arena);

#endif
