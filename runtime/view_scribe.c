// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The process that writes into tenants' memory; called by view_calls.c.
 *
 * It may get stuck in a page fault where even SIGKILL has to wait for the
 * tenant, so it holds nothing but its socket and the call at hand: neither the
 * lock of the server nor a connection of anybody's. Before it fails a fault,
 * the kernel looks for that signal, so what was killed writes no more.
 */
#include "view_scribe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fdpass.h"
#include "view_listeners.h"

#define SOCKET_FD	3
#define IDLE_SEC	10	/* without work: then it ends */
#define LATE_NSEC	1000000000LL
#define OFF_NSEC	(10 * LATE_NSEC)
#define DEATH_MSEC	10	/* that a healthy process takes to die */

/* ---- the process ---- */

static bool write_answer(const struct view_answer *answer, int listener_fd)
{
	uint64_t id = answer->id;
	OWN_FD mem_fd = FD_NONE;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%u/mem", answer->pid);
	mem_fd = open(path, O_WRONLY | O_CLOEXEC);
	/* Asked after it was opened: a call that still waits had its number all the time. */
	if (mem_fd < 0 || ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) < 0)
		return false;
	return pwrite(mem_fd, answer->bytes, answer->len, (off_t)answer->address) ==
	       (ssize_t)answer->len;
}

static void work_at(const struct view_answer *answer, int listener_fd)
{
	const struct seccomp_notif_resp reply = { .id = answer->id, .val = answer->value };

	if (write_answer(answer, listener_fd))
		(void)ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_SEND, &reply);
	else
		view_listeners_pass(listener_fd, answer->id);
}

_Noreturn static void scribe_main(pid_t server, int fd)
{
	const struct timeval idle = { .tv_sec = IDLE_SEC };
	struct view_answer answer;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, "vps-scribe");
	if (getppid() != server || dup2(fd, SOCKET_FD) < 0 ||
	    close_range(SOCKET_FD + 1, ~0U, 0) < 0)
		_exit(1);
	(void)setsockopt(SOCKET_FD, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
	for (;;) {
		OWN_FD listener_fd = FD_NONE;
		ssize_t got = fdpass_receive(SOCKET_FD, &answer, sizeof(answer), &listener_fd, 1);

		if (got < (ssize_t)offsetof(struct view_answer, bytes))
			_exit(0);
		work_at(&answer, listener_fd);
		own_close(&listener_fd);
		if (send(SOCKET_FD, "", 1, MSG_NOSIGNAL) < 0)
			_exit(0);
	}
}

/* ---- the server's side ---- */

static bool is_dead(int pid_fd, int timeout_msec)
{
	struct pollfd pfd = { .fd = pid_fd, .events = POLLIN };

	return poll(&pfd, 1, timeout_msec) > 0;
}

int view_scribe_start(struct view_scribe *scribe)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&scribe->pid_fd,
		.exit_signal = SIGCHLD,
	};
	OWN_FD ours = FD_NONE, theirs = FD_NONE;
	pid_t self = getpid();
	int fds[2];
	long pid;

	if (scribe->fd >= 0)
		return 0;
	if (scribe->stuck_fd >= 0 && is_dead(scribe->stuck_fd, 0))
		own_close(&scribe->stuck_fd);
	if (scribe->stuck_fd >= 0 || view_now() < scribe->off_nsec)
		return -EAGAIN;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	ours = fds[0];
	theirs = fds[1];
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		scribe_main(self, theirs);
	if (pid < 0)
		return -errno;
	scribe->fd = fd_take(&ours);
	return 0;
}

static void forget(struct view_scribe *scribe)
{
	own_close(&scribe->fd);
	own_close(&scribe->pid_fd);
	scribe->late_nsec = 0;
}

int view_scribe_give(struct view_scribe *scribe, const struct view_answer *answer, int listener_fd)
{
	ssize_t sent = fdpass_send(scribe->fd, answer, view_answer_size(answer), &listener_fd, 1);

	if (sent < 0) {
		forget(scribe);
		return (int)sent;
	}
	scribe->late_nsec = view_now() + LATE_NSEC;
	return 0;
}

static enum view_scribe_word kill_late(struct view_scribe *scribe)
{
	(void)pidfd_send_signal(scribe->pid_fd, SIGKILL, NULL, 0);
	if (!is_dead(scribe->pid_fd, DEATH_MSEC))
		scribe->stuck_fd = fd_take(&scribe->pid_fd);
	scribe->off_nsec = view_now() + OFF_NSEC;
	forget(scribe);
	return VIEW_SCRIBE_LATE;
}

enum view_scribe_word view_scribe_hear(struct view_scribe *scribe)
{
	bool has_work = scribe->late_nsec;
	ssize_t got;
	char byte;

	if (scribe->fd < 0)
		return VIEW_SCRIBE_QUIET;
	got = recv(scribe->fd, &byte, 1, MSG_DONTWAIT);
	if (got > 0) {
		scribe->late_nsec = 0;
		return VIEW_SCRIBE_DONE;
	}
	if (got == 0 || errno != EAGAIN) {
		forget(scribe);
		return has_work ? VIEW_SCRIBE_DIED : VIEW_SCRIBE_QUIET;
	}
	return has_work && view_now() > scribe->late_nsec ? kill_late(scribe) : VIEW_SCRIBE_QUIET;
}

void view_scribe_free(struct view_scribe *scribe)
{
	if (scribe->pid_fd >= 0)
		(void)pidfd_send_signal(scribe->pid_fd, SIGKILL, NULL, 0);
	forget(scribe);
	own_close(&scribe->stuck_fd);
}
