// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host's end of a test machine, started by tests/vm/run: runs QEMU, passes on
 * the frames of init.c, and exits with the status that the last of them carries.
 *
 *   console SECONDS PREFIX QEMU ARG...
 *
 * SECONDS  how long the machine may run; then it is killed and the status is 124
 * PREFIX   put before each line of output, to tell two machines apart; may be empty
 *
 * No machine outlives its console, and no console the script that started it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"

enum {
	STATUS_BROKEN = 125, /* the machine did not do its part */
	STATUS_TIMEOUT = 124, /* as timeout(1) */
};

struct stream {
	FILE *file;
	bool is_mid_line;
};

static volatile pid_t machine;

static void switch_off(void)
{
	(void)kill(machine, SIGKILL);
	(void)waitpid(machine, NULL, 0);
}

static void on_signal(int sig)
{
	static const char message[] = "tests/vm: the time limit is over, machine killed\n";

	switch_off();
	if (sig == SIGALRM) {
		/* Best effort: there is nobody left to tell that nobody listens. */
		if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
			_exit(STATUS_TIMEOUT);
		_exit(STATUS_TIMEOUT);
	}
	_exit(128 + sig);
}

static void die_with_parent(pid_t parent)
{
	/* The parent may be gone already, and then no signal comes. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(STATUS_BROKEN);
}

/*
 * Start QEMU on one end of a socket pair and return the other. Both its stdin and its
 * stdout, because QEMU unplugs the guest's port as soon as stdin ends.
 */
static FILE *switch_on(char *const argv[])
{
	pid_t self = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 || (machine = fork()) < 0) {
		perror("tests/vm: cannot start QEMU");
		exit(STATUS_BROKEN);
	}
	if (machine == 0) {
		die_with_parent(self);
		(void)dup2(fds[1], STDIN_FILENO);
		(void)dup2(fds[1], STDOUT_FILENO);
		(void)execv(argv[0], argv);
		perror(argv[0]);
		_exit(STATUS_BROKEN);
	}
	(void)close(fds[1]);
	return fdopen(fds[0], "r");
}

static void print(struct stream *to, const char *prefix, const char *text, size_t length)
{
	const char *newline;
	size_t part;

	while (length > 0) {
		if (!to->is_mid_line)
			(void)fputs(prefix, to->file);
		newline = memchr(text, '\n', length);
		part = newline ? (size_t)(newline - text) + 1 : length;
		(void)fwrite(text, 1, part, to->file);
		to->is_mid_line = !newline;
		text += part;
		length -= part;
	}
	(void)fflush(to->file);
}

/* Pass on frames until the status comes. Returns it, or STATUS_BROKEN at a premature end. */
static int relay(FILE *frames, const char *prefix)
{
	struct stream out = { .file = stdout }, err = { .file = stderr };
	struct frame_header header;
	char data[FRAME_MAX];

	while (fread(&header, sizeof(header), 1, frames) == 1 && header.length <= FRAME_MAX &&
	       fread(data, 1, header.length, frames) == header.length) {
		if (header.kind == FRAME_STATUS)
			return (unsigned char)data[0];
		print(header.kind == FRAME_STDERR ? &err : &out, prefix, data, header.length);
	}
	(void)fprintf(stderr, "tests/vm: %sthe machine ended without a status\n", prefix);
	return STATUS_BROKEN;
}

int main(int argc, char *argv[])
{
	const struct sigaction action = { .sa_handler = on_signal };
	FILE *frames;
	int status;

	if (argc < 4) {
		(void)fputs("usage: console SECONDS PREFIX QEMU ARG...\n", stderr);
		return STATUS_BROKEN;
	}
	die_with_parent(getppid());
	frames = switch_on(argv + 3);
	(void)sigaction(SIGALRM, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	(void)alarm((unsigned)atoi(argv[1]));

	status = frames ? relay(frames, argv[2]) : STATUS_BROKEN;
	switch_off();
	return status;
}
