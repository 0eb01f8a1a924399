// SPDX-License-Identifier: LGPL-2.1-or-later
/* Starts vps-monitor and hears how it went; called by start, and by whoever finds a VPS without one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/phase.h"
#include "fault.h"
#include "host.h"
#include "monitor.h"
#include "programs.h"

#define CACHE_DIR	"cache"		/* in ROOT: compiled system call filters */

/* Copies above the numbers that the monitor expects, so that the moves cannot cross. */
static int spawn_with(const char *const argv[], const char *path, int report_fd, int lock_fd,
		      pid_t *ret_pid, struct vps_err *err)
{
	OWN_FD report_copy = fcntl(report_fd, F_DUPFD_CLOEXEC, 10);
	OWN_FD lock_copy = fcntl(lock_fd, F_DUPFD_CLOEXEC, 10);
	posix_spawn_file_actions_t actions;
	const char *const for_tests[] = { phase_env(), fault_env() };
	const char *env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		NULL, NULL, NULL,
	};
	size_t n = 1, at;
	int i, r;

	for (at = 0; at < ARRAY_LEN(for_tests); at++)
		if (for_tests[at])
			env[n++] = for_tests[at];
	if (report_copy < 0 || lock_copy < 0)
		return vps_err_set(err, -errno, "cannot start the monitor");
	(void)posix_spawn_file_actions_init(&actions);
	for (i = 0; i < 3; i++)
		(void)posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, report_copy, MONITOR_REPORT_FD);
	(void)posix_spawn_file_actions_adddup2(&actions, lock_copy, MONITOR_LOCK_FD);
	(void)posix_spawn_file_actions_addclosefrom_np(&actions, MONITOR_LOCK_FD + 1);
	(void)posix_spawn_file_actions_addchdir_np(&actions, "/");
	r = posix_spawn(ret_pid, path, &actions, NULL, (char *const *)argv, (char *const *)env);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r ? vps_err_set(err, -r, "cannot start %s", path) : 0;
}

int monitor_launch(struct vps *vps, bool is_adopting, pid_t *ret_pid, struct vps_err *err)
{
	char path[PATH_MAX], run_dir[PATH_MAX + 80], cache_dir[PATH_MAX + 16];
	const char *const argv[] = { "vps-monitor", is_adopting ? "adopt" : "start", run_dir,
				     cache_dir, NULL };
	OWN_FD ours = FD_NONE, theirs = FD_NONE;
	int fds[2], r;

	(void)snprintf(run_dir, sizeof(run_dir), "%s/%s", vps->host->run, vps->name);
	(void)snprintf(cache_dir, sizeof(cache_dir), "%s/" CACHE_DIR, vps->host->root);
	(void)mkdirat(vps->host->root_fd, CACHE_DIR, 0700);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return vps_err_set(err, -errno, "cannot make a socketpair");
	ours = fds[0];
	theirs = fds[1];
	if (!program_find("vps-monitor", path))
		return vps_err_say(err, -VPS_EHOST, "%s is missing; install this project whole",
				   path);
	r = spawn_with(argv, path, theirs, vps->lock_fd, ret_pid, err);
	return r < 0 ? r : fd_take(&ours);
}

void monitor_reap(int *fd, pid_t pid)
{
	own_close(fd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int monitor_release(int *fd, pid_t pid, struct vps_err *err)
{
	struct vps_err report = { 0 };
	ssize_t got;

	(void)send(*fd, "", 1, MSG_NOSIGNAL);	/* nobody there: the answer tells */
	do
		got = recv(*fd, &report, sizeof(report), MSG_WAITALL);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(report))
		(void)vps_err_say(err, -ECHILD, "its monitor was killed while it started");
	else if (report.code)
		*err = report;
	/* Of something in it, such as its program: the VPS itself is there. */
	if (err->code == -VPS_ENOENT && vps_err_is_said(err))
		err->code = -ENOEXEC;
	if (err->code)
		monitor_reap(fd, pid);
	return err->code;
}

int monitor_adopt(struct vps *vps, struct vps_err *err)
{
	pid_t pid;
	OWN_FD fd = monitor_launch(vps, true, &pid, err);

	return fd < 0 ? fd : monitor_release(&fd, pid, err);
}
