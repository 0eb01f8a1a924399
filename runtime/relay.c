// SPDX-License-Identifier: LGPL-2.1-or-later
/* Passes keys, window sizes and signals on to a process inside; called by exec.c and vps-oci. */
#include "relay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "terminal.h"

static void pass_size(int from_fd, int master_fd)
{
	struct winsize size;

	if (ioctl(from_fd, TIOCGWINSZ, &size) == 0)
		(void)ioctl(master_fd, TIOCSWINSZ, &size);
}

/* Copy what there is. False at the end of input or output. */
static bool copy(int from_fd, int to_fd)
{
	char data[8192];
	ssize_t len = read(from_fd, data, sizeof(data));

	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	return len > 0 && fd_write_all(to_fd, data, (size_t)len) == 0;
}

void relay_terminal(int master_fd, int pid_fd)
{
	OWN_FD size_fd = terminal_watch_size();
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = master_fd, .events = POLLIN },
		{ .fd = pid_fd, .events = POLLIN },
		{ .fd = size_fd, .events = POLLIN },
	};
	struct signalfd_siginfo info;
	struct terminal terminal;
	bool is_over = false;

	terminal_raw(STDIN_FILENO, &terminal);
	while (!is_over) {
		if (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno != EINTR)
			break;
		if (fds[3].revents && read(size_fd, &info, sizeof(info)) > 0)
			pass_size(STDIN_FILENO, master_fd);
		if (fds[1].revents && !copy(master_fd, STDOUT_FILENO))
			fds[1].fd = -1;
		else if (fds[2].revents && !(fds[1].revents & POLLIN))
			is_over = true;	/* it ended, and nothing more is in the pty */
		if (fds[0].revents && !copy(STDIN_FILENO, master_fd))
			fds[0].fd = -1;
		if (fds[1].fd < 0 && fds[2].revents)
			is_over = true;
	}
	terminal_restore(STDIN_FILENO, &terminal);
}

static const int passed_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT };

int relay_watch_signals(void)
{
	sigset_t set;
	size_t i;

	(void)sigemptyset(&set);
	for (i = 0; i < ARRAY_LEN(passed_signals); i++)
		(void)sigaddset(&set, passed_signals[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void relay_signals(int signal_fd, int pid_fd)
{
	struct pollfd fds[] = {
		{ .fd = pid_fd, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
	};
	struct signalfd_siginfo info;

	while (!(fds[0].revents & POLLIN)) {
		if (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents && read(signal_fd, &info, sizeof(info)) == sizeof(info))
			(void)syscall(SYS_pidfd_send_signal, pid_fd, (int)info.ssi_signo, NULL, 0);
	}
}

int relay_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
