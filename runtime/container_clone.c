// SPDX-License-Identifier: LGPL-2.1-or-later
/* The stage "init": clones a container's first process into its namespaces, and ends it; called by container.c. */
#include "container_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "sync.h"

static uint64_t clone_flags(const struct container *c)
{
	uint64_t flags = 0;
	enum ns_kind kind;

	for (kind = 0; kind < NS_KINDS; kind++)
		/* That of time is prepared before; those of cgroup, ipc and, mostly, network init makes. */
		if (has_new(c, kind) && kind != NS_TIME && kind != NS_CGROUP && kind != NS_IPC &&
		    (kind != NS_NET || has_filled_netns(c)))
			flags |= (uint64_t)ns_infos[kind].flag;
	return flags;
}

#define NOBODYS_ID	((uid_t)-2)	/* the highest, which no range for containers reaches */

/*
 * The owner of a new user namespace has every capability in it, and he is
 * whoever has this id outside. Of a VPS: the id that its root has on the host,
 * which nobody else has. An engine may map root to a user, and has containers
 * whose root is the host's, with few capabilities: neither must own another's.
 * (By CAP_SETUID he can become anybody, so that guard.h relies on no owner.)
 */
static uid_t owner_of(const struct container *c)
{
	uint32_t owner = NOBODYS_ID;

	if (!has_new(c, NS_USER))
		return 0;
	if (c->attachments)
		(void)idmap_uid_outside(&c->config.idmap, 0, &owner);
	return owner;
}

pid_t container_clone(const struct container *c, struct clone_args *args)
{
	struct ns_owner before;
	pid_t pid;
	int saved;

	ns_owner_enter(owner_of(c), &before);
	/* No fork() of glibc's: the child of a clone3() of ours uses only plain system calls. */
	pid = (pid_t)syscall(SYS_clone3, args, sizeof(*args));
	saved = errno;
	if (pid != 0)		/* init becomes somebody else anyway */
		ns_owner_leave(&before);
	errno = saved;
	return pid;
}

/* The pid; 0 in init; -1 with errno set, and err where that says too little. */
static pid_t clone_init(struct container *c, struct vps_err *err)
{
	struct clone_args args = {
		.flags = clone_flags(c) | CLONE_PIDFD | CLONE_CLEAR_SIGHAND |
			 (c->cg_fd >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uint64_t)(uintptr_t)&c->init_fd,
		.exit_signal = SIGCHLD,
		.cgroup = c->cg_fd >= 0 ? (uint64_t)c->cg_fd : 0,
	};

	pid_t pid;

	if (container_has_joiner(c)) {
		pid = container_clone_joined(c, &args, err);
		errno = pid < 0 ? -pid : 0;
		return pid < 0 ? -1 : pid;
	}
	return container_clone(c, &args);
}

static int time_up(struct container *c, struct vps_err *err)
{
	if (!has_new(c, NS_TIME))
		return 0;
	return ns_time_prepare(&c->config.monotonic, &c->config.boottime, err);
}

/* A pid namespace is joined by the children of who joins it, pid_namespaces(7). */
static int pidns_enter(const struct container *c, struct vps_err *err)
{
	const char *path = c->config.namespaces[NS_PID].path;
	OWN_FD fd = FD_NONE;

	if (!path || container_has_joiner(c))
		return 0;
	fd = ns_open(NS_PID, path, err);
	if (fd < 0)
		return fd;
	return setns(fd, CLONE_NEWPID) < 0 ?
		vps_err_set(err, -errno, "cannot join pid namespace %s", path) : 0;
}

/* The hooks are children, too. */
static int pidns_leave(const struct container *c)
{
	OWN_FD fd = FD_NONE;

	if (!c->config.namespaces[NS_PID].path || container_has_joiner(c))
		return 0;
	fd = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	return setns(fd, CLONE_NEWPID) < 0 ? -errno : 0;
}

/* What init may not do itself. Without CAP_SYS_RESOURCE only the namespace's owner may, prlimit(2). */
static int raise_limits(const struct container *c, struct vps_err *err)
{
	struct ns_owner before;
	int r;

	if (!process_raises_limits(&c->config.process))
		return 0;
	ns_owner_enter(owner_of(c), &before);
	r = process_limit(c->init_pid, &c->config.process, err);
	ns_owner_leave(&before);
	return r;
}

static int map_init(struct container *c, struct vps_err *err)
{
	OWN_FD proc_fd = FD_NONE;
	char path[32];
	int r = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)c->init_pid);
	proc_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s", path);
	if (has_new(c, NS_USER))
		r = idmap_write(proc_fd, c->init_pid, &c->config.idmap, err);
	if (r == 0)
		r = raise_limits(c, err);
	if (r == 0)
		r = process_score(proc_fd, &c->config.process, err);
	if (r == 0 && c->config.has_rdt)
		r = rdt_add(rdt_mount_point(), &c->config.rdt, c->id, c->init_pid, err);
	if (r == 0 && has_filled_netns(c)) {
		c->netns_fd = openat(proc_fd, "ns/net", O_RDONLY | O_CLOEXEC);
		if (c->netns_fd < 0)
			r = vps_err_set(err, -errno, "cannot open the network namespace");
	}
	return r;
}

int init_up(struct container *c, struct vps_err *err)
{
	int fds[2];
	int r = sync_open(fds, err);

	if (r < 0)
		return r;
	c->sync_fd = fds[0];
	r = pidns_enter(c, err);
	if (r == 0)
		r = time_up(c, err);
	if (r < 0) {
		own_close(&fds[1]);
		(void)pidns_leave(c);
		return r;
	}
	c->init_pid = clone_init(c, err);
	/* It could be made, but what we are in now is not this user's to leave. */
	if (c->init_pid < 0 && errno == EACCES && c->is_rootless && c->cg_fd >= 0) {
		if (cgroup_do_without(c, err) == 0)
			c->init_pid = clone_init(c, err);
		else
			errno = -err->code;
	}
	if (c->init_pid == 0) {
		own_close(&fds[0]);
		container_init(c, fds[1]);
	}
	r = -errno;
	own_close(&fds[1]);
	root_handed(c);
	if (has_new(c, NS_TIME))
		ns_time_leave();
	if (c->init_pid < 0) {
		c->init_pid = 0;
		(void)pidns_leave(c);
		return vps_err_set(err, r, "cannot clone");
	}
	r = pidns_leave(c);
	if (r < 0)
		return vps_err_set(err, r, "cannot leave the container's pid namespace");
	r = cgroup_enter(c, err);
	if (r == 0)
		r = map_init(c, err);
	if (r == 0)
		r = sync_send(c->sync_fd, SYNC_MAPPED, FD_NONE);
	return r < 0 ? vps_err_set(err, r, "cannot talk to the container's init") : 0;
}

void init_down(struct container *c)
{
	links_down(c);	/* while there is a namespace to fetch them from */
	if (c->init_fd >= 0 && c->init_pid > 0) {
		(void)syscall(SYS_pidfd_send_signal, c->init_fd, SIGKILL, NULL, 0);
		while (waitpid(c->init_pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	c->init_pid = 0;
	own_close(&c->init_fd);
	own_close(&c->sync_fd);
	own_close(&c->netns_fd);
	own_close(&c->console_fd);
}
