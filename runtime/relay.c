// SPDX-License-Identifier: LGPL-2.1-or-later
/* Passes keys, window sizes and signals on to a process inside; called by exec.c and vps-oci. */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
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

/* Show what there is. False at the end of output. */
static bool show(int master_fd)
{
	char data[8192];
	ssize_t len = read(master_fd, data, sizeof(data));

	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	return len > 0 && fd_write_all(STDOUT_FILENO, data, (size_t)len) == 0;
}

/* False at the end of input. */
static bool take(struct typed *typed)
{
	int r = typed_take(typed);

	return r == 0 || r == -EAGAIN || r == -EINTR;
}

#define END_MSEC	250

/*
 * What says the end of input at a terminal, termios(3). It is typed again and
 * again: once it only ends a line that was begun, or is the end for one of
 * several programs, or comes before a shell has made the terminal its own.
 */
static void type_end(struct typed *typed, int master_fd)
{
	struct termios settings;

	if (tcgetattr(master_fd, &settings) < 0)
		return;
	typed->keys[0] = (char)settings.c_cc[VEOF];
	typed->len = 1;
}

_Noreturn void relay_die(int number)
{
	sigset_t set;

	(void)signal(number, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, number);
	(void)raise(number);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + number);
}

enum { AT_STDIN, AT_MASTER, AT_PROCESS, AT_SIZE, AT_SIGNAL, PLACES };

static void handle_signals(const struct pollfd *fds, int master_fd, int pid_fd, bool passes_all,
			   struct terminal *terminal)
{
	struct signalfd_siginfo info;

	if (fds[AT_SIZE].revents && read(fds[AT_SIZE].fd, &info, sizeof(info)) > 0)
		pass_size(STDIN_FILENO, master_fd);
	if (!fds[AT_SIGNAL].revents || read(fds[AT_SIGNAL].fd, &info, sizeof(info)) <= 0)
		return;
	if (!passes_all && (info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP)) {
		terminal_restore(STDIN_FILENO, terminal);
		relay_die((int)info.ssi_signo);	/* the pty hangs up, and what is at it hears of that */
	}
	(void)syscall(SYS_pidfd_send_signal, pid_fd, (int)info.ssi_signo, NULL, 0);
}

void relay_terminal(int master_fd, int pid_fd, int signal_fd, bool passes_all)
{
	OWN_FD size_fd = terminal_watch_size();
	struct pollfd fds[PLACES] = {
		[AT_STDIN] = { .events = POLLIN },
		[AT_MASTER] = { .fd = master_fd },
		[AT_PROCESS] = { .fd = pid_fd, .events = POLLIN },
		[AT_SIZE] = { .fd = size_fd, .events = POLLIN },
		[AT_SIGNAL] = { .fd = signal_fd, .events = POLLIN },
	};
	struct typed typed = { .len = 0 };
	struct terminal terminal;
	bool has_input = true, is_over = false;
	int n;

	(void)fcntl(master_fd, F_SETFL, fcntl(master_fd, F_GETFL) | O_NONBLOCK);
	terminal_raw(STDIN_FILENO, &terminal);
	while (!is_over) {
		fds[AT_STDIN].fd = has_input && !typed.len ? STDIN_FILENO : -1;
		fds[AT_MASTER].events = (short)(POLLIN | (typed.len ? POLLOUT : 0));
		n = poll(fds, PLACES, has_input ? -1 : END_MSEC);
		if (n < 0 && errno != EINTR)
			break;
		if (n == 0 && !typed.len)
			type_end(&typed, master_fd);
		handle_signals(fds, master_fd, pid_fd, passes_all, &terminal);
		if (fds[AT_MASTER].revents & POLLOUT)
			(void)typed_give(&typed, master_fd);
		if (fds[AT_MASTER].revents & (POLLIN | POLLHUP | POLLERR) && !show(master_fd))
			fds[AT_MASTER].fd = -1;
		else if (fds[AT_PROCESS].revents && !(fds[AT_MASTER].revents & POLLIN))
			is_over = true;	/* it ended, and nothing more is in the pty */
		if (fds[AT_STDIN].revents && !take(&typed)) {
			has_input = false;
			type_end(&typed, master_fd);
		}
		if (fds[AT_MASTER].fd < 0 && fds[AT_PROCESS].revents)
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

int relay_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
