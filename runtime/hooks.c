// SPDX-License-Identifier: LGPL-2.1-or-later
/* Runs OCI hooks; called by container.c outside and by init.c inside. */
#include "hooks.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"

static const char *const kind_names[HOOK_KINDS] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

/* A file in memory rather than a pipe: nobody blocks when the hook reads nothing. */
static int state_file(const char *state, struct vps_err *err)
{
	OWN_FD fd = memfd_create("state", MFD_CLOEXEC);

	if (fd < 0 || fd_write_all(fd, state, strlen(state)) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return vps_err_set(err, -errno, "cannot write the state");
	return fd_take(&fd);
}

static int spawn(const struct oci_hook *hook, int stdin_fd, pid_t *ret_pid)
{
	const char *const fallback[] = { hook->path, NULL };
	const char *const none[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t unblocked;
	int r;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	(void)sigemptyset(&unblocked);
	(void)posix_spawnattr_setsigmask(&attr, &unblocked);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	r = posix_spawn_file_actions_adddup2(&actions, stdin_fd, 0);
	if (r == 0)
		r = posix_spawn(ret_pid, hook->path, &actions, &attr,
				(char *const *)(hook->args ? hook->args : fallback),
				(char *const *)(hook->env ? hook->env : none));
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Reap it, killing it first when its time is over. */
static int reap(pid_t pid, unsigned timeout_sec, int *ret_status)
{
	struct pollfd waited = { .events = POLLIN };
	OWN_FD pid_fd = pidfd_open(pid, 0);
	int r = 1;

	if (pid_fd >= 0 && timeout_sec) {
		waited.fd = pid_fd;
		do
			r = poll(&waited, 1, (int)timeout_sec * 1000);
		while (r < 0 && errno == EINTR);
		if (r == 0)
			(void)kill(pid, SIGKILL);	/* our own child, not yet reaped: it is this pid */
	}
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return r == 0 ? -ETIMEDOUT : 0;
}

static int run_one(const struct oci_hook *hook, const char *state, struct vps_err *err)
{
	OWN_FD state_fd = state_file(state, err);
	pid_t pid;
	int status, r;

	if (state_fd < 0)
		return state_fd;
	r = spawn(hook, state_fd, &pid);
	if (r < 0)
		return vps_err_set(err, r, "cannot run %s", hook->path);
	r = reap(pid, hook->timeout_sec, &status);
	if (r == -ETIMEDOUT)
		return vps_err_say(err, r, "%s ran longer than its %u s", hook->path,
				   hook->timeout_sec);
	if (r < 0)
		return vps_err_set(err, r, "cannot wait for %s", hook->path);
	if (WIFSIGNALED(status))
		return vps_err_say(err, -ECANCELED, "%s was ended by signal %d", hook->path,
				   WTERMSIG(status));
	if (WEXITSTATUS(status))
		return vps_err_say(err, -ECANCELED, "%s failed with status %d", hook->path,
				   WEXITSTATUS(status));
	return 0;
}

int hooks_run(const struct oci_hooks *hooks, enum oci_hook_kind kind, const char *state,
	      struct vps_err *err)
{
	size_t i;

	for (i = 0; i < hooks[kind].count; i++) {
		struct vps_err why = { 0 };

		if (run_one(&hooks[kind].hooks[i], state, &why) == 0)
			continue;
		(void)vps_err_in(&why, "hooks.%s[%zu]", kind_names[kind], i);
		if (err->code == 0)
			*err = why;
		/* There is nothing left to be stopped: "the remaining hooks and lifecycle continue". */
		if (kind != HOOK_POSTSTOP)
			break;
	}
	return err->code;
}
