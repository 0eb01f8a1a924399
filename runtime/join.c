// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Starts a process inside a running container; called by vps_exec() and vps-oci exec.
 *
 *   caller                     joiner                       process
 *   ---------------------------------------------------------------------------
 *   clone3() into the cgroup -> setns() into every namespace
 *                               clone3(CLONE_PARENT) -----> born in the pid
 *                          <--- its pid and pidfd            namespace too
 *                               ends
 *   rlimits
 *   SYNC_MAPPED -------------------------------------------> user, pty
 *                          <-------------------------------- SYNC_CONSOLE with the master
 *                          <-------------------------------- [SYNC_LISTENER with its descriptor]
 *   [SYNC_LISTENING, unless an agent has it] --------------> execve()
 *                          <-------------------------------- end of file
 *
 * setns() moves only the children of a process into a pid namespace, hence the
 * two; CLONE_PARENT makes the second a child of the caller, who waits for it.
 */
#include "join.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "base/phase.h"
#include "isolation/devfs.h"
#include "executable.h"
#include "inherited.h"
#include "isolation/labels.h"
#include "isolation/placement.h"
#include "listener.h"
#include "process.h"
#include "sync.h"
#include "users.h"

#define STATUS_NOT_RUN		125
#define STATUS_NOT_EXECUTABLE	126
#define STATUS_NOT_FOUND	127

static int namespace_flags(const struct oci_config *config)
{
	int flags = 0;
	enum ns_kind kind;

	for (kind = 0; kind < NS_KINDS; kind++)
		if (config->namespaces[kind].is_listed)
			flags |= ns_infos[kind].flag;
	return flags;
}

/* ---- the process ---- */

/* Who it runs as, read from the container's own files, now that "/" is its root. */
static int become_named(struct join *join, struct arena *arena, struct vps_err *err)
{
	OWN_FD root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct oci_process *process = &join->process;
	struct user user;
	int r;

	if (!join->user) {
		process_add_home(process, arena);
		return 0;
	}
	if (root_fd < 0)
		return vps_err_set(err, -errno, "cannot open the root");
	r = users_find(root_fd, join->user, arena, &user, err);
	if (r < 0)
		return r;
	process->uid = user.uid;
	process->gid = user.gid;
	process->groups = user.groups;
	process->group_count = user.group_count;
	process->env = process_with_env(arena, process->env, "HOME", user.home);
	process->env = process_with_env(arena, process->env, "USER", user.name ? user.name : join->user);
	if (!process->cwd)
		process->cwd = access(user.home, X_OK) == 0 ? user.home : "/";
	if (!process->args) {
		const char **args = arena_array(arena, 3, sizeof(*args));

		if (!args)
			return vps_err_set(err, -ENOMEM, "cannot run a login shell");
		args[0] = user.shell;
		args[1] = "-l";
		process->args = args;
		process->env = process_with_env(arena, process->env, "SHELL", user.shell);
	}
	return 0;
}

static int take_pty(const struct oci_process *process, int sync_fd, struct vps_err *err)
{
	OWN_FD root_fd = FD_NONE, master_fd = FD_NONE, slave_fd = FD_NONE;
	int r;

	if (!process->terminal)
		return 0;
	root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = devfs_pty(root_fd, &master_fd, &slave_fd, err);
	if (r == 0)
		r = process_take_terminal(process, slave_fd, true, err);
	return r == 0 ? sync_send(sync_fd, SYNC_CONSOLE, master_fd) : r;
}

static int become_root(const struct join *join, struct vps_err *err)
{
	if (!join->config->namespaces[NS_USER].is_listed)
		return 0;
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return vps_err_set(err, -errno, "cannot become root of the user namespace");
	process_hide();
	return 0;
}

/*
 * Which processors the program runs on, now that it is in its cgroup: those of
 * "final", or all that the cgroup allows where only the way in had some.
 */
static int settle_on_cpus(const struct join *join, struct vps_err *err)
{
	struct cpulist cpus;
	int r = 0;

	if (join->process.cpus_final && cpulist_parse(join->process.cpus_final, &cpus))
		r = placement_set_cpus(&cpus, err);
	else if (join->process.cpus_initial)
		r = placement_free_cpus(err);
	return r < 0 ? vps_err_in(err, "process.execCPUAffinity.final") : 0;
}

_Noreturn static void process_main(struct join *join, int sync_fd)
{
	struct process_plan plan = {
		.process = &join->process,
		.filter = join->filter,
		.config = join->config,
	};
	struct arena arena = { 0 };
	struct vps_err err = { 0 };
	int status = STATUS_NOT_RUN;
	int r = sync_expect(sync_fd, SYNC_MAPPED, &err);

	/* Out of the caller's session: /dev/tty would else be his terminal. */
	if (r == 0 && setsid() < 0)
		r = vps_err_set(&err, -errno, "cannot start a session");
	if (r == 0)
		r = process_take_stdio(join->stdio, &err);
	if (r == 0)
		r = process_close_host(&sync_fd, join->preserved_fds, &err);
	plan.sync_fd = sync_fd;
	if (r == 0)
		r = become_root(join, &err);
	if (r == 0)
		r = settle_on_cpus(join, &err);
	if (r == 0)
		r = become_named(join, &arena, &err);
	if (r == 0)
		r = take_pty(&join->process, sync_fd, &err);
	if (r == 0)
		r = process_confine(&plan, &err);
	if (r == 0)
		r = process_become(&plan, &err);
	if (r == 0) {
		r = executable_run(&join->process, &err);
		status = r == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
	}
	(void)vps_err_set(&err, r, "cannot talk to the caller");
	sync_fail(sync_fd, &err);
	_exit(status);
}

/* ---- the joiner ---- */

/* The root of init, which shares our mount namespace: where that is none of the container's own. */
static int open_root(int init_fd, struct vps_err *err)
{
	char path[48], text[512], *line;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", init_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t len = read(fd, text, sizeof(text) - 1);

		text[len > 0 ? len : 0] = '\0';
		(void)close(fd);
	}
	line = fd < 0 ? NULL : strstr(text, "Pid:\t");
	if (!line)
		return vps_err_say(err, -ESRCH, "cannot tell the pid of its init");
	(void)snprintf(path, sizeof(path), "/proc/%d/root", atoi(line + 5));
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? vps_err_set(err, -errno, "cannot open its root") : fd;
}

static int enter_namespaces(const struct join *join, struct vps_err *err)
{
	OWN_FD root_fd = FD_NONE;

	if (!join->config->namespaces[NS_MOUNT].is_listed) {
		root_fd = open_root(join->init_fd, err);
		if (root_fd < 0)
			return root_fd;
	}
	if (setns(join->init_fd, namespace_flags(join->config)) < 0)
		return vps_err_set(err, -errno, "cannot enter its namespaces");
	if (root_fd >= 0 && (fchdir(root_fd) < 0 || chroot(".") < 0))
		return vps_err_set(err, -errno, "cannot enter its root");
	return 0;
}

_Noreturn static void joiner_main(struct join *join, int sync_fd, int pid_pipe)
{
	int pid_fd = FD_NONE, i;
	struct clone_args args = {
		.flags = CLONE_PARENT | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pid_fd,
	};
	struct vps_err err = { 0 };
	sigset_t none;
	pid_t pid;

	process_hide();		/* before we are where its root could trace us */
	if (join->resets_inherited)
		inherited_reset();
	for (i = 1; i < SIGRTMIN; i++)
		(void)signal(i, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (process_leave_keyring(&err) < 0 || enter_namespaces(join, &err) < 0) {
		sync_fail(sync_fd, &err);
		_exit(STATUS_NOT_RUN);
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		process_main(join, sync_fd);
	if (pid < 0) {
		(void)vps_err_set(&err, -errno, "cannot clone inside");
		sync_fail(sync_fd, &err);
		_exit(STATUS_NOT_RUN);
	}
	(void)!write(pid_pipe, &pid, sizeof(pid));
	_exit(sync_send(pid_pipe, SYNC_BUILT, pid_fd) < 0 ? STATUS_NOT_RUN : 0);
}

/* ---- the caller ---- */

static pid_t clone_into_cgroup(const struct join *join)
{
	struct clone_args args = {
		.flags = CLONE_CLEAR_SIGHAND | (join->cg_fd >= 0 ? CLONE_INTO_CGROUP : 0),
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)join->cg_fd,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* Born on the processors of "initial"; we ourselves are there for that moment only. */
static int clone_joiner(const struct join *join, pid_t *ret_pid, struct vps_err *err)
{
	struct cpulist before, cpus;
	bool is_moved = join->process.cpus_initial &&
			cpulist_parse(join->process.cpus_initial, &cpus);
	struct vps_err ignored = { 0 };
	int r = is_moved ? placement_get_cpus(&before, err) : 0;

	if (r == 0 && is_moved)
		r = placement_set_cpus(&cpus, err);
	if (r < 0)
		return vps_err_in(err, "process.execCPUAffinity.initial");
	*ret_pid = clone_into_cgroup(join);
	if (*ret_pid == 0)
		return 0;
	if (*ret_pid < 0 && errno == EAGAIN)
		r = vps_err_say(err, -EAGAIN, "no further process: its limit of processes and threads is reached, or the host's");
	else
		r = *ret_pid < 0 ? vps_err_set(err, -errno, "cannot clone into its cgroup") : 0;
	/* We were there before, so it works; were it to fail, we only wait elsewhere. */
	if (is_moved)
		(void)placement_set_cpus(&before, &ignored);
	return r;
}

static int learn_pid(struct join *join, int pid_fd, struct vps_err *err)
{
	pid_t pid;

	if (read(pid_fd, &pid, sizeof(pid)) != sizeof(pid) ||
	    sync_wait(pid_fd, &join->pid_fd, err) != SYNC_BUILT || join->pid_fd < 0)
		return -EPIPE;
	join->pid = pid;
	return 0;
}

/* Without an agent the process must not go on. */
static int inform_agent(const struct join *join, int agent_fd, int listener_fd,
			struct vps_err *err)
{
	const struct syscalls_profile *profile = &join->config->seccomp;
	int r = listener_send(agent_fd, profile, join->pid, listener_fd,
			      join->state ? join->state : "{}", err);

	if (r < 0)
		(void)syscall(SYS_pidfd_send_signal, join->pid_fd, SIGKILL, NULL, 0);
	return r;
}

static int give_listener(const struct join *join, int sync_fd, int agent_fd, int listener_fd,
			 struct vps_err *err)
{
	int r;

	if (!join->filter->is_watched)
		return inform_agent(join, agent_fd, listener_fd, err);
	r = join->listen(join->listen_arg, listener_fd, err);
	return r < 0 ? r : sync_send(sync_fd, SYNC_LISTENING, FD_NONE);
}

/* Bring the process to its program, or say why not. */
static int release(struct join *join, int sync_fd, struct vps_err *err)
{
	OWN_FD proc_fd = FD_NONE, agent_fd = FD_NONE;
	char path[32];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)join->pid);
	proc_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s", path);
	r = process_limit(join->pid, &join->process, err);
	if (r == 0)
		r = process_score(proc_fd, &join->process, err);
	if (r == 0 && join->config->has_rdt)
		r = rdt_add(rdt_mount_point(), &join->config->rdt, join->id, join->pid, err);
	if (r == 0 && join->filter)
		r = listener_connect(&join->config->seccomp, &agent_fd, err);
	if (r == 0)
		r = sync_send(sync_fd, SYNC_MAPPED, FD_NONE);
	while (r == 0) {
		OWN_FD passed_fd = FD_NONE;
		int step = sync_wait(sync_fd, &passed_fd, err);

		if (step < 0)
			return step;
		if (step == SYNC_STARTED)
			return 0;
		if (step == SYNC_CONSOLE && !devfs_is_master(passed_fd))
			return vps_err_say(err, -EBADMSG, "the process sent something else than a terminal");
		if (step == SYNC_CONSOLE)
			join->master_fd = fd_take(&passed_fd);
		else if (step == SYNC_LISTENER)
			r = give_listener(join, sync_fd, agent_fd, passed_fd, err);
	}
	return r;
}

static int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return STATUS_NOT_RUN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_NOT_RUN;
}

/* A process that says nothing of its processors has what the container's config says. */
static void inherit_cpus(struct join *join)
{
	struct oci_process *process = &join->process;

	if (process->cpus_initial || process->cpus_final)
		return;
	process->cpus_initial = join->config->process.cpus_initial;
	process->cpus_final = join->config->process.cpus_final;
}

int join_start(struct join *join, int *ret_status, struct vps_err *err)
{
	OWN_FD ours = FD_NONE, theirs = FD_NONE, pid_read = FD_NONE, pid_write = FD_NONE;
	pid_t joiner;
	int fds[2], r;

	join->pid = 0;
	join->pid_fd = join->master_fd = FD_NONE;
	*ret_status = STATUS_NOT_RUN;
	inherit_cpus(join);
	r = labels_check(join->process.apparmor_profile, join->process.selinux_label, NULL, err);
	if (r == 0)
		r = sync_open(fds, err);
	if (r < 0)
		return r;
	ours = fds[0];
	theirs = fds[1];
	r = sync_open(fds, err);
	if (r < 0)
		return r;
	pid_read = fds[0];
	pid_write = fds[1];
	r = clone_joiner(join, &joiner, err);
	if (r < 0)
		return r;
	if (joiner == 0) {
		own_close(&ours);	/* so that they hear when the caller is gone */
		own_close(&pid_read);
		joiner_main(join, theirs, pid_write);
	}
	own_close(&theirs);
	own_close(&pid_write);
	r = learn_pid(join, pid_read, err);
	phase_end("joiner");
	if (r < 0) {	/* the joiner said why */
		(void)reap(joiner);
		*err = (struct vps_err){ 0 };
		if (sync_wait(ours, NULL, err) >= 0)
			(void)vps_err_say(err, -EPIPE, "the way into it failed");
		return err->code;
	}
	r = release(join, ours, err);
	(void)reap(joiner);	/* only now: it ends while the process goes on */
	phase_end("start");
	if (r < 0) {
		own_close(&ours);	/* a process that still waits for us ends */
		*ret_status = reap(join->pid);
		own_close(&join->pid_fd);
		own_close(&join->master_fd);
	}
	return r;
}
