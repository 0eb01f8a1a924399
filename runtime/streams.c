// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keeps a terminal, and files, out of what runs inside; called by exec, and by run of vps-oci. */
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fileio.h"
#include "terminal.h"

#define BACKGROUND_MSEC	500	/* until we look again whether the keys are meant for us */

enum { AT_PROCESS, AT_SIGNAL, AT_KEYS, AT_STDIN, AT_STDOUT, AT_STDERR, PLACES };

static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
}

static bool is_same(int a, int b)
{
	struct stat one, other;

	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

int streams_open(struct streams *streams, bool keeps_files, struct vps_err *err)
{
	int fds[2], i;

	for (i = 0; i < 3; i++) {
		bool is_terminal = isatty(i);

		streams->has_terminal |= is_terminal;
		if (!is_terminal && (i == STDIN_FILENO || keeps_files || !is_file(i)))
			continue;
		/* In one pipe what is written stays in its order. */
		if (i == STDERR_FILENO && streams->inside[STDOUT_FILENO] >= 0 &&
		    is_same(STDOUT_FILENO, i)) {
			streams->inside[i] = fcntl(streams->inside[STDOUT_FILENO], F_DUPFD_CLOEXEC, 3);
			if (streams->inside[i] < 0)	/* then it would get the file itself */
				return vps_err_set(err, -errno, "cannot copy a pipe");
			continue;
		}
		if (pipe2(fds, O_CLOEXEC) < 0)
			return vps_err_set(err, -errno, "cannot make a pipe");
		streams->inside[i] = fds[i ? 1 : 0];
		streams->ours[i] = fds[i ? 0 : 1];
		if (fcntl(streams->ours[i], F_SETFL, O_NONBLOCK) < 0)
			return vps_err_set(err, -errno, "cannot make a pipe");
	}
	return 0;
}

/* Show what there is, as much as one read takes. Its length; 0 when there is nothing, or never will be. */
static size_t show(int *fd, int out_fd)
{
	char data[65536];
	ssize_t len = read(*fd, data, sizeof(data));

	if (len < 0)
		return 0;	/* EAGAIN */
	if (len == 0 || fd_write_all(out_fd, data, (size_t)len) < 0)
		own_close(fd);
	return (size_t)len;
}

/* What is in the pipe now, and not what others go on to write. */
static void show_rest(int *fd, int out_fd)
{
	size_t len = 1;
	int left = 0;

	if (*fd >= 0)
		(void)ioctl(*fd, FIONREAD, &left);
	for (; left > 0 && len > 0; left -= (int)len)
		len = show(fd, out_fd);
}

static void take(struct streams *streams, struct typed *typed)
{
	int r = typed_take(typed);

	if (r < 0 && r != -EINTR)
		own_close(&streams->ours[0]);
}

static void give(struct streams *streams, struct typed *typed)
{
	int r = typed_give(typed, streams->ours[0]);

	if (r == 0 || r == -EAGAIN || r == -EINTR)
		return;
	own_close(&streams->ours[0]);
	typed->len = 0;
}

/* To read what is typed for another job of this terminal would stop us, tty_ioctl(4). */
static bool is_in_background(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	return group > 0 && group != getpgrp();
}

/* A terminal sends what its keys mean to the whole group. */
static bool is_of_keys(uint32_t number)
{
	return number == SIGINT || number == SIGQUIT;
}

static void pass_signal(int signal_fd, int pid_fd, pid_t group)
{
	struct signalfd_siginfo info;

	if (read(signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (group <= 0 || !is_of_keys(info.ssi_signo) || kill(-group, (int)info.ssi_signo) < 0)
		(void)syscall(SYS_pidfd_send_signal, pid_fd, (int)info.ssi_signo, NULL, 0);
}

/* What to wait for: keys only while the last ones are gone. */
static void watch(const struct streams *streams, const struct typed *typed, bool has_keys,
		  struct pollfd *fds)
{
	fds[AT_KEYS] = (struct pollfd){ .fd = has_keys ? STDIN_FILENO : -1, .events = POLLIN };
	fds[AT_STDIN] = (struct pollfd){ .fd = typed->len ? streams->ours[0] : -1, .events = POLLOUT };
	fds[AT_STDOUT] = (struct pollfd){ .fd = streams->ours[1], .events = POLLIN };
	fds[AT_STDERR] = (struct pollfd){ .fd = streams->ours[2], .events = POLLIN };
}

static void handle(struct streams *streams, struct typed *typed, const struct pollfd *fds,
		   pid_t group)
{
	if (fds[AT_SIGNAL].revents)
		pass_signal(fds[AT_SIGNAL].fd, fds[AT_PROCESS].fd, group);
	if (fds[AT_KEYS].revents)
		take(streams, typed);
	if (fds[AT_STDIN].revents)
		give(streams, typed);
	if (fds[AT_STDOUT].revents)
		(void)show(&streams->ours[1], STDOUT_FILENO);
	if (fds[AT_STDERR].revents)
		(void)show(&streams->ours[2], STDERR_FILENO);
}

void streams_relay(struct streams *streams, pid_t group, int pid_fd, int signal_fd)
{
	struct pollfd fds[PLACES] = {
		[AT_PROCESS] = { .fd = pid_fd, .events = POLLIN },
		[AT_SIGNAL] = { .fd = signal_fd, .events = POLLIN },
	};
	struct typed typed = { .len = 0 };
	int i;

	if (!streams->has_terminal)
		group = 0;
	for (i = 0; i < 3; i++)
		own_close(&streams->inside[i]);
	while (!(fds[AT_PROCESS].revents & POLLIN)) {
		bool has_keys = streams->ours[0] >= 0 && !typed.len;
		bool is_waiting = has_keys && is_in_background();
		int n;

		watch(streams, &typed, has_keys && !is_waiting, fds);
		n = poll(fds, PLACES, is_waiting ? BACKGROUND_MSEC : -1);
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			handle(streams, &typed, fds, group);
	}
	show_rest(&streams->ours[1], STDOUT_FILENO);
	show_rest(&streams->ours[2], STDERR_FILENO);
}

void streams_close(struct streams *streams)
{
	int i;

	for (i = 0; i < 3; i++) {
		own_close(&streams->inside[i]);
		own_close(&streams->ours[i]);
	}
}
