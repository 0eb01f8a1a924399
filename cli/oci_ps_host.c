// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs ps(1) and keeps the lines of a container; called by `ps` with options for it. */
#include "cli/oci_ps_host.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "base/units.h"
#include "cli/text.h"

#define NO_COLUMN	SIZE_MAX

/* The n-th word of a line, cut out into buf; empty when there are fewer. */
static void word_of(const char *line, size_t n, char buf[24])
{
	line += strspn(line, " ");
	while (n-- > 0) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	(void)snprintf(buf, 24, "%.*s", (int)strcspn(line, " "), line);
}

static size_t pid_column(const char *heading)
{
	char word[24];
	size_t n;

	for (n = 0;; n++) {
		word_of(heading, n, word);
		if (!*word)
			return NO_COLUMN;
		if (!strcmp(word, "PID"))
			return n;
	}
}

static bool is_ours(const char *line, size_t column, const pid_t *pids, size_t count)
{
	char word[24];
	uint64_t pid;
	size_t i;

	word_of(line, column, word);
	if (number_parse(word, 1, INT32_MAX, &pid) < 0)
		return false;
	for (i = 0; i < count; i++)
		if (pids[i] == (pid_t)pid)
			return true;
	return false;
}

/* What a tenant calls his programs must not act on the terminal. */
static int print_line(const char *line, struct vps_err *err)
{
	OWN_MEM char *shown = text_escape(line);

	if (!shown)
		return vps_err_set(err, -ENOMEM, "cannot print the processes");
	puts(shown);
	return 0;
}

static int print_lines(FILE *from, const pid_t *pids, size_t count, struct vps_err *err)
{
	OWN_MEM char *line = NULL;
	size_t room = 0, column = NO_COLUMN;
	bool is_heading = true;
	ssize_t len;
	int r = 0;

	while (r == 0 && (len = getline(&line, &room, from)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (is_heading)
			column = pid_column(line);
		if (is_heading && column == NO_COLUMN)
			return vps_err_say(err, -EINVAL, "ps: with these options it shows no column PID");
		if (is_heading || is_ours(line, column, pids, count))
			r = print_line(line, err);
		is_heading = false;
	}
	return r;
}

/* The program of the host, its output into write_fd. */
static int spawn_ps(char *const *options, int write_fd, pid_t *ret_pid, struct vps_err *err)
{
	posix_spawn_file_actions_t actions;
	OWN_MEM const char **argv = NULL;
	size_t count = 0;
	int r;

	while (options[count])
		count++;
	argv = calloc(count + 2, sizeof(*argv));
	if (!argv || posix_spawn_file_actions_init(&actions) != 0)
		return vps_err_set(err, -ENOMEM, "cannot run ps");
	argv[0] = "ps";
	memcpy(argv + 1, options, count * sizeof(*argv));
	r = posix_spawn_file_actions_adddup2(&actions, write_fd, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawnp(ret_pid, "ps", &actions, NULL, (char *const *)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r ? vps_err_set(err, -r, "cannot run ps") : 0;
}

int oci_ps_host(char *const *options, const pid_t *pids, size_t count, struct vps_err *err)
{
	OWN_FD read_fd = FD_NONE, write_fd = FD_NONE;
	OWN_FILE *from = NULL;
	int fds[2], status = 0, r;
	pid_t pid = 0;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return vps_err_set(err, -errno, "cannot make a pipe");
	read_fd = fds[0];
	write_fd = fds[1];
	r = spawn_ps(options, write_fd, &pid, err);
	if (r < 0)
		return r;
	own_close(&write_fd);
	from = fdopen(read_fd, "r");
	if (from) {
		(void)fd_take(&read_fd);
		r = print_lines(from, pids, count, err);
		(void)fclose(mem_take(&from));	/* a ps that still writes ends */
	} else {
		r = vps_err_set(err, -errno, "cannot read from ps");
	}
	own_close(&read_fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && (!WIFEXITED(status) || WEXITSTATUS(status)))
		return vps_err_say(err, -EINVAL, "ps failed; its options are what stands behind the id");
	return r;
}
