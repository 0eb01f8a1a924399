// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Clones init where user namespaces and joined ones meet; called by container.c.
 *
 *   runtime                    joiner                        init
 *   -------------------------------------------------------------------------
 *   clone3() into the cgroup -> joins what has a path, the
 *                               user namespace in its turn
 *                               clone3(CLONE_PARENT) ------> born in all of them and
 *                          <--- its pid and pidfd             in the new ones
 *                               ends
 *
 * What belongs to the host must be joined before the user namespace is, and what
 * belongs to that only afterwards; new namespaces belong to the one that they
 * are made in. Init itself could do neither.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container_parts.h"
#include "sync.h"

/* Descriptors of the namespaces that have a path; else FD_NONE. */
struct joined {
	int fds[NS_KINDS];
};

static void own_joined(struct joined *joined)
{
	enum ns_kind kind;

	for (kind = 0; kind < NS_KINDS; kind++)
		own_close(&joined->fds[kind]);
}

bool container_has_joiner(const struct container *c)
{
	const struct oci_namespace *namespaces = c->config.namespaces;
	enum ns_kind kind;

	if (namespaces[NS_USER].path)
		return true;
	/* Who has not the host's root may join a pid namespace, and may not come back. */
	if (namespaces[NS_PID].path && c->is_rootless)
		return true;
	for (kind = 0; kind < NS_KINDS; kind++)
		if (namespaces[kind].path && has_new(c, NS_USER))
			return true;
	return false;
}

static int open_all(const struct container *c, struct joined *joined, struct vps_err *err)
{
	enum ns_kind kind;

	for (kind = 0; kind < NS_KINDS; kind++) {
		const char *path = c->config.namespaces[kind].path;

		joined->fds[kind] = path ? ns_open(kind, path, err) : FD_NONE;
		if (err->code < 0) {
			while (++kind < NS_KINDS)
				joined->fds[kind] = FD_NONE;
			return err->code;
		}
	}
	return 0;
}

static int join_one(const struct container *c, struct joined *joined, enum ns_kind kind,
		    struct vps_err *err)
{
	if (joined->fds[kind] < 0)
		return 0;
	if (setns(joined->fds[kind], ns_infos[kind].flag) < 0)
		return vps_err_set(err, -errno, "cannot join %s namespace %s", ns_infos[kind].oci,
				   c->config.namespaces[kind].path);
	own_close(&joined->fds[kind]);
	return 0;
}

static int join_all(const struct container *c, struct joined *joined, struct vps_err *err)
{
	struct vps_err later;
	enum ns_kind kind;
	int r = 0;

	for (kind = NS_USER + 1; kind < NS_KINDS; kind++) {
		later = (struct vps_err){ 0 };
		r = join_one(c, joined, kind, &later);
		if (r < 0 && (r != -EPERM || !c->config.namespaces[NS_USER].path)) {
			*err = later;
			return r;
		}
	}
	r = join_one(c, joined, NS_USER, err);
	for (kind = NS_USER + 1; r == 0 && kind < NS_KINDS; kind++)
		r = join_one(c, joined, kind, err);
	return r;
}

/* In the joiner. Returns in init alone: 0. */
static pid_t join_and_clone(struct container *c, struct clone_args *args, struct joined *joined,
			    int report_fd)
{
	struct vps_err err = { 0 };
	int pid_fd = FD_NONE;
	pid_t pid;

	/* From the moment we are in its user namespace, its root could else trace us. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (join_all(c, joined, &err) < 0) {
		sync_fail(report_fd, &err);
		_exit(1);
	}
	args->flags = (args->flags & ~(uint64_t)CLONE_INTO_CGROUP) | CLONE_PARENT;
	args->exit_signal = 0;		/* of the joiner, clone(2) */
	args->pidfd = (uint64_t)(uintptr_t)&pid_fd;
	pid = container_clone(c, args);
	if (pid == 0)
		return 0;
	if (pid < 0) {
		(void)vps_err_set(&err, -errno, "cannot clone");
		sync_fail(report_fd, &err);
		_exit(1);
	}
	(void)!write(report_fd, &pid, sizeof(pid));
	_exit(sync_send(report_fd, SYNC_BUILT, pid_fd) < 0);
}

/* -errno with err set when the joiner failed; it is reaped in any case. */
static int learn_init(struct container *c, pid_t joiner, int report_fd, pid_t *ret_pid,
		      struct vps_err *err)
{
	union {
		pid_t          pid;
		struct vps_err refused;		/* room for a message of sync_fail() */
	} first;
	int r;

	/* A pid is shorter than any message of sync.h: look before taking it. */
	r = recv(report_fd, &first, sizeof(first), MSG_PEEK) == sizeof(pid_t) ? 0 : -EPIPE;
	if (r == 0 && read(report_fd, ret_pid, sizeof(*ret_pid)) != sizeof(*ret_pid))
		r = -EPIPE;
	if (sync_wait(report_fd, &c->init_fd, err) != SYNC_BUILT && r == 0)
		r = -EPIPE;
	while (waitpid(joiner, NULL, 0) < 0 && errno == EINTR)
		;
	return r < 0 ? vps_err_set(err, r, "the way into its namespaces failed") : 0;
}

pid_t container_clone_joined(struct container *c, struct clone_args *args, struct vps_err *err)
{
	__attribute__((cleanup(own_joined))) struct joined joined;
	struct clone_args joiner_args = {
		.flags = args->flags & (CLONE_INTO_CGROUP | CLONE_CLEAR_SIGHAND),
		.exit_signal = SIGCHLD,
		.cgroup = args->cgroup,
	};
	OWN_FD ours = FD_NONE, theirs = FD_NONE;
	int fds[2], r = open_all(c, &joined, err);
	pid_t joiner, pid = 0;

	if (r == 0)
		r = sync_open(fds, err);
	if (r < 0)
		return r;
	ours = fds[0];
	theirs = fds[1];
	joiner = (pid_t)syscall(SYS_clone3, &joiner_args, sizeof(joiner_args));
	if (joiner == 0) {
		own_close(&ours);
		return join_and_clone(c, args, &joined, theirs);
	}
	if (joiner < 0)
		return vps_err_set(err, -errno, "cannot clone");
	own_close(&theirs);
	r = learn_init(c, joiner, ours, &pid, err);
	return r < 0 ? r : pid;
}
