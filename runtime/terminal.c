// SPDX-License-Identifier: LGPL-2.1-or-later
/* Raw mode, window size and keys of the caller's terminal; called by exec and console. */
#include "terminal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

void terminal_raw(int fd, struct terminal *terminal)
{
	struct termios raw;

	terminal->is_raw = false;
	if (tcgetattr(fd, &terminal->saved) < 0)
		return;
	raw = terminal->saved;
	cfmakeraw(&raw);
	terminal->is_raw = tcsetattr(fd, TCSANOW, &raw) == 0;
}

void terminal_restore(int fd, struct terminal *terminal)
{
	if (terminal->is_raw)
		(void)tcsetattr(fd, TCSANOW, &terminal->saved);
	terminal->is_raw = false;
}

int typed_take(struct typed *typed)
{
	ssize_t len = read(STDIN_FILENO, typed->keys, sizeof(typed->keys));

	if (len < 0)
		return -errno;
	typed->len = (size_t)len;
	return len > 0 ? 0 : -EPIPE;
}

int typed_give(struct typed *typed, int fd)
{
	ssize_t len = write(fd, typed->keys, typed->len);

	if (len < 0)
		return -errno;
	typed->len -= (size_t)len;
	memmove(typed->keys, typed->keys + len, typed->len);
	return 0;
}

int terminal_watch_size(void)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGWINCH);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}
