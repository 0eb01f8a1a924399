// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The child's half of the conversation that container.c draws: from its birth
 * in new namespaces to execve(). Runs in a clone of the runtime, so it must
 * hold nothing of the host when it ends in the tenant's program.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/path.h"
#include "base/phase.h"
#include "container_parts.h"
#include "executable.h"
#include "isolation/cg.h"
#include "isolation/mount_fd.h"
#include "process.h"
#include "sync.h"

/* For struct mounts_plan; arg is the socket. */
static int hand_over(void *arg, int mount_fd, struct vps_err *err)
{
	int r = sync_send(*(const int *)arg, SYNC_MOUNT, mount_fd);

	return r < 0 ? vps_err_set(err, r, "cannot hand a mount over") : 0;
}

static int await_place(void *arg, struct vps_err *err)
{
	return sync_expect(*(const int *)arg, SYNC_MOUNTED, err);
}

/*
 * A path may name the namespace that the runtime is in, the host's: what the
 * parser allowed because the container has one of its own would change the host.
 */
static int check_host(const struct container *c, enum ns_kind kind, int ns_fd, struct vps_err *err)
{
	const struct oci_config *config = &c->config;
	bool has_name = config->hostname || config->domainname;
	struct stat joined, own;
	char path[32];

	if (!config->sysctl_count && !(kind == NS_UTS && has_name))
		return 0;
	if (kind != NS_UTS && kind != NS_NET && kind != NS_IPC)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_infos[kind].proc);
	if (fstat(ns_fd, &joined) < 0 || stat(path, &own) < 0)
		return vps_err_set(err, -errno, "cannot examine %s", path);
	if (joined.st_dev != own.st_dev || joined.st_ino != own.st_ino)
		return 0;
	return vps_err_say(err, -EINVAL, "%s would change the host: %s is its own %s namespace",
			   config->sysctl_count ? "linux.sysctl" : "hostname or domainname",
			   config->namespaces[kind].path, ns_infos[kind].oci);
}

/* Join the namespaces that the config names by path. */
static int join_namespaces(const struct container *c, struct vps_err *err)
{
	enum ns_kind kind;

	for (kind = 0; kind < NS_KINDS; kind++) {
		const struct oci_namespace *ns = &c->config.namespaces[kind];
		OWN_FD fd = FD_NONE;

		if (!ns->path || kind == NS_PID)	/* that one we were born in */
			continue;
		fd = ns_open(kind, ns->path, err);
		if (fd < 0)
			return fd;
		if (check_host(c, kind, fd, err) < 0)
			return err->code;
		if (setns(fd, ns_infos[kind].flag) < 0)
			return vps_err_set(err, -errno, "cannot join %s namespace %s",
					   ns_infos[kind].oci, ns->path);
	}
	return 0;
}

static int become_root(const struct container *c, struct vps_err *err)
{
	if (!c->config.namespaces[NS_USER].is_listed)
		return 0;
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return vps_err_set(err, -errno, "cannot become root of the user namespace");
	process_hide();
	if (setgroups(0, NULL) < 0 && errno != EPERM)	/* EPERM: rootless, setgroups denied */
		return vps_err_set(err, -errno, "cannot drop the host's groups");
	return 0;
}

static int set_names(const struct oci_config *config, struct vps_err *err)
{
	if (config->hostname && sethostname(config->hostname, strlen(config->hostname)) < 0)
		return vps_err_set(err, -errno, "cannot set hostname %s", config->hostname);
	if (config->domainname && setdomainname(config->domainname, strlen(config->domainname)) < 0)
		return vps_err_set(err, -errno, "cannot set domainname %s", config->domainname);
	return 0;
}

/* Through a procfs of our own: nobody can have mounted anything over its files. */
static int set_sysctls(const struct oci_config *config, struct vps_err *err)
{
	static const struct mount_entry proc = { .type = "proc", .destination = "sysctl" };
	OWN_FD proc_fd = FD_NONE, sys_fd = FD_NONE;
	size_t i;

	if (!config->sysctl_count)
		return 0;
	proc_fd = mount_new(&proc, NULL, err);
	if (proc_fd < 0)
		return proc_fd;
	sys_fd = openat(proc_fd, "sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < config->sysctl_count; i++) {
		const struct oci_pair *pair = &config->sysctls[i];
		OWN_FD fd = path_open(sys_fd, pair->key, O_WRONLY, 0,
				      RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);

		if (fd < 0)
			return vps_err_set(err, fd, "linux.sysctl: cannot open %s", pair->key);
		if (write(fd, pair->value, strlen(pair->value)) < 0)
			return vps_err_set(err, -errno, "linux.sysctl: cannot set %s to %s",
					   pair->key, pair->value);
	}
	return 0;
}

static int take_console(const struct container *c, const struct mounts_tree *tree, int sync_fd,
			struct vps_err *err)
{
	OWN_FD master_fd = FD_NONE, slave_fd = FD_NONE;
	int r;

	if (!c->config.process.terminal)
		return 0;
	r = mounts_console(tree, &master_fd, &slave_fd, err);
	if (r == 0)	/* an init leaves its console to the login that it starts */
		r = process_take_terminal(&c->config.process, slave_fd, !c->has_console, err);
	return r == 0 ? sync_send(sync_fd, SYNC_CONSOLE, master_fd) : r;
}

/* Without a tree of its own: the bundle's root, or the "/" of the mount namespace that it joined. */
static int open_root(const struct container *c, struct mounts_tree *tree, struct vps_err *err)
{
	const char *path = c->config.namespaces[NS_MOUNT].path ? "/" : c->config.root_path;

	tree->root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return tree->root_fd < 0 ? vps_err_set(err, -errno, "cannot open root %s", path) : 0;
}

static int enter_root(const struct mounts_tree *tree, struct vps_err *err)
{
	if (fchdir(tree->root_fd) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return vps_err_set(err, -errno, "cannot enter the root");
	return 0;
}

/*
 * What is made late: the network namespace so that the runtime covers proc meanwhile, the ipc
 * namespace because /dev/mqueue belongs to whoever makes it.
 */
static int make_namespaces(const struct container *c, struct vps_err *err)
{
	if (has_new(c, NS_NET) && !has_filled_netns(c) && unshare(CLONE_NEWNET) < 0)
		return vps_err_set(err, -errno, "cannot make a network namespace");
	if (has_new(c, NS_IPC) && unshare(CLONE_NEWIPC) < 0)
		return vps_err_set(err, -errno, "cannot make an ipc namespace");
	return 0;
}

/* As engines expect. What is in its way is said by who enters it, process_become(). */
static void make_cwd(const struct container *c, const struct mounts_tree *tree)
{
	OWN_FD fd = path_make_dir_in_root(tree->root_fd, c->config.process.cwd, 0755);

	(void)fd;
}

static int build(struct container *c, const struct mounts_plan *plan, struct mounts_tree *tree,
		 int sync_fd, struct vps_err *err)
{
	int r = container_has_joiner(c) ? 0 : join_namespaces(c, err);

	/* Only now is this process in its cgroup for sure: that becomes the namespace's root. */
	if (r == 0 && c->config.namespaces[NS_CGROUP].is_listed &&
	    !c->config.namespaces[NS_CGROUP].path && unshare(CLONE_NEWCGROUP) < 0)
		r = vps_err_set(err, -errno, "cannot make a cgroup namespace");
	if (r == 0)
		r = has_tree(c) ? mounts_open(plan, tree, err) : open_root(c, tree, err);
	if (r == 0)
		r = become_root(c, err);
	if (r == 0)
		r = set_names(&c->config, err);
	if (r == 0 && has_tree(c))
		r = mounts_attach(plan, tree, err);
	if (r == 0)
		r = make_namespaces(c, err);
	phase_end("init: namespaces");
	if (r == 0)
		r = has_tree(c) ? mounts_build(plan, tree, err) : 0;
	phase_end("init: mounts");
	if (r == 0)
		r = set_sysctls(&c->config, err);
	if (r == 0 && has_tree(c))
		make_cwd(c, tree);
	if (r == 0 && c->attachments && c->attachments->files)
		r = c->attachments->files(c, tree->root_fd, err);
	if (r == 0)
		r = take_console(c, tree, sync_fd, err);
	return r;
}

/* Whoever made us ends now, and another process will start us: talk to that one from here on. */
static int pass_gate(const struct container *c, int *sync_fd, struct vps_err *err)
{
	int fd;

	if (c->gate_fd < 0)
		return 0;
	fd = accept4(c->gate_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return vps_err_set(err, -errno, "cannot wait to be started");
	own_close(sync_fd);
	*sync_fd = fd;
	return 0;
}

/* Until the tree is built and entered. */
static int settle(struct container *c, int sync_fd, struct vps_err *err)
{
	struct mounts_tree tree = MOUNTS_TREE_INIT;
	struct mounts_plan plan = container_mounts(c);
	char cgroup[PATH_MAX];
	int r = sync_expect(sync_fd, SYNC_MAPPED, err);

	phase_end("init: birth");
	process_hide();
	/* In a scope, init learns only now where that is. */
	if (c->scope && plan.cgroup_path && cg_own_path(cgroup) == 0)
		plan.cgroup_path = cgroup;
	if (plan.has_userns) {
		plan.hand_over = hand_over;
		plan.await = await_place;
		plan.hand_over_arg = &sync_fd;
	}
	if (r == 0)
		r = process_limit(0, &c->config.process, err);
	if (r == 0 && setsid() < 0)
		r = vps_err_set(err, -errno, "cannot start a session");
	if (r == 0)
		r = build(c, &plan, &tree, sync_fd, err);
	if (r == 0)
		r = sync_send(sync_fd, SYNC_BUILT, FD_NONE);
	if (r == 0 && waits_to_enter(c))
		r = sync_expect(sync_fd, SYNC_ENTER, err);
	phase_end("init: hooks outside");
	if (r == 0)
		r = container_run_hooks(c, HOOK_CREATE_CONTAINER, "creating", getpid(), err);
	if (r == 0)
		r = has_tree(c) ? mounts_enter(&plan, &tree, err) : enter_root(&tree, err);
	mounts_close(&tree);
	phase_end("init: covers and root");
	if (r == 0)
		r = executable_check(&c->config.process, err);
	if (r == 0)
		process_add_home(&c->config.process, &c->config.arena);
	return r == 0 ? sync_send(sync_fd, SYNC_READY, FD_NONE) : r;
}

static int await_start(struct container *c, int sync_fd, struct vps_err *err)
{
	int step = sync_wait(sync_fd, NULL, err);

	if (step == SYNC_START_UNWATCHED)
		syscalls_unwatch(&c->filter);
	else if (step >= 0 && step != SYNC_START)
		return vps_err_say(err, -EPIPE, "the runtime ended before the start");
	return step < 0 ? step : 0;
}

static int live(struct container *c, int *sync_fd, struct vps_err *err)
{
	struct process_plan process = {
		.process = &c->config.process,
		.filter = c->config.has_seccomp ? &c->filter : NULL,
		.config = &c->config,
		.keeps_keyring = c->keeps_keyring,
	};
	int r = c->keeps_keyring ? 0 : process_leave_keyring(err);

	if (r == 0)
		r = process_take_stdio(c->stdio, err);
	if (r == 0)
		r = settle(c, *sync_fd, err);

	if (r == 0)
		r = pass_gate(c, sync_fd, err);
	phase_stop();
	if (r == 0)
		r = process_close_host(sync_fd, c->preserved_fds, err);
	if (r == 0)
		r = await_start(c, *sync_fd, err);
	process.sync_fd = *sync_fd;
	if (r == 0)
		r = process_confine(&process, err);
	if (r == 0)
		r = container_run_hooks(c, HOOK_START_CONTAINER, "created", getpid(), err);
	if (r == 0)
		r = process_become(&process, err);
	return r == 0 ? executable_run(&c->config.process, err) : r;
}

_Noreturn void container_init(struct container *c, int sync_fd)
{
	struct vps_err err = { 0 };
	sigset_t none;
	int i, r;

	/*
	 * Nobody inside may trace us or open our /proc/PID while we still hold the host's memory.
	 * A runtime of an ordinary user could not either: there it waits until the runtime has
	 * mapped us, and so long nobody has a capability over us.
	 */
	if (!c->is_user)
		process_hide();
	if (c->view)
		view_client_leave(c->view);
	/* clone3() reset what was handled; what was ignored would stay so through execve(). */
	for (i = 1; i < SIGRTMIN; i++)
		(void)signal(i, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	r = live(c, &sync_fd, &err);
	(void)vps_err_set(&err, r, "cannot talk to the runtime");
	sync_fail(sync_fd, &err);
	_exit(127);
}
