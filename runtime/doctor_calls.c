// SPDX-License-Identifier: LGPL-2.1-or-later
/* Probes whether system calls of a VPS can be answered by its view; called by doctor.c. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "isolation/syscalls.h"
#include "view_client.h"

#define UPTIME	12345678	/* seconds, of which this host knows nothing */

enum { WORKS, NO_FILTER, NO_CALL, NO_MEMORY, NO_ANSWER };

static int ask(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 && info.uptime == UPTIME ? WORKS : NO_ANSWER;
}

/* As view_scribe.c does it. */
static int answer(int listener_fd, const struct seccomp_notif *call)
{
	const struct sysinfo info = { .uptime = UPTIME };
	struct seccomp_notif_resp reply = { .id = call->id };
	OWN_FD mem_fd = FD_NONE;
	bool is_written;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%u/mem", call->pid);
	mem_fd = open(path, O_WRONLY | O_CLOEXEC);
	is_written = pwrite(mem_fd, &info, sizeof(info), (off_t)call->data.args[0]) ==
		     (ssize_t)sizeof(info);
	if (!is_written)
		reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	if (ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_SEND, &reply) < 0)
		return NO_ANSWER;
	return is_written ? WORKS : NO_MEMORY;
}

/* Under the filter of a VPS, with a child that asks. */
static int try_calls(void *arg)
{
	const struct syscalls_filter *filter = arg;
	struct seccomp_notif call = { 0 };
	struct vps_err err = { 0 };
	OWN_FD listener_fd = FD_NONE;
	pid_t self = getpid(), pid;
	int r, status;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscalls_load(filter, &listener_fd, &err) < 0)
		return NO_FILTER;
	pid = fork();
	if (pid == 0) {
		doctor_die_with(self);
		_exit(ask());
	}
	if (pid < 0 || ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return NO_CALL;
	r = answer(listener_fd, &call);
	if (waitpid(pid, &status, 0) != pid || r != WORKS)
		return r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : NO_ANSWER;
}

void doctor_calls(const struct doctor *doctor, const struct check *check,
		  struct vps_finding *finding)
{
	static const char *const failures[] = {
		[NO_FILTER] = "a filter with a listener does not load; Linux 5.19 can do it",
		[NO_CALL] = "a filter's listener is not told of calls",
		[NO_MEMORY] = "the memory of other processes cannot be written",
		[NO_ANSWER] = "an answer does not arrive",
	};
	struct syscalls_profile profile = syscalls_system_container;
	struct syscalls_filter filter = { 0 };
	struct vps_err err = { 0 };
	int status;

	(void)doctor;
	(void)check;
	view_watch(&profile);
	if (syscalls_compile(&profile, FD_NONE, &filter, &err) < 0) {
		doctor_failed(finding, &err);
		return;
	}
	status = doctor_child(try_calls, &filter);
	syscalls_free(&filter);
	status = status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : NO_ANSWER;
	if (status == WORKS) {
		doctor_found(finding, "sysinfo(2) and sched_getaffinity(2) can be answered");
		return;
	}
	doctor_lacks(finding, "%s", failures[status]);
	if (status == NO_MEMORY)
		doctor_advise(finding, "boot with kernel.yama.ptrace_scope below 3 in sysctl.conf");
}
