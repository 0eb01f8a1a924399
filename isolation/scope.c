// SPDX-License-Identifier: LGPL-2.1-or-later
/* Asks vps-scope, which asks systemd; called by the cgroup stage and by update. */
#include "scope.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"

static void put(FILE *out, const char *word)
{
	(void)fwrite(word, strlen(word) + 1, 1, out);
}

static void put_values(FILE *out, const struct cg_value *values, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		put(out, "v");
		put(out, values[i].file);
		put(out, values[i].value);
	}
}

static void put_rules(FILE *out, const struct device_rule *rules, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		put(out, "d");
		(void)fprintf(out, "%d %c %" PRId64 " %" PRId64 " %u", rules[i].is_allowed,
			      rules[i].type, rules[i].major, rules[i].minor, rules[i].access);
		(void)fputc('\0', out);
	}
}

static FILE *begin(const char *verb, const struct scope *scope, pid_t pid, char **text, size_t *len)
{
	FILE *out = open_memstream(text, len);
	char number[16];

	if (!out)
		return NULL;
	(void)snprintf(number, sizeof(number), "%d", (int)pid);
	put(out, verb);
	put(out, scope->is_user ? "user" : "system");
	put(out, scope->name);
	put(out, scope->slice);
	put(out, number);
	return out;
}

static int spawn(const struct scope *scope, int fd, pid_t *ret_pid, struct vps_err *err)
{
	char *const argv[] = { (char *)scope->program, NULL };
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r == 0) {
		r = posix_spawn_file_actions_adddup2(&actions, fd, 0);
		if (r == 0)
			r = posix_spawn_file_actions_adddup2(&actions, fd, 1);
		if (r == 0)
			r = posix_spawn(ret_pid, scope->program, &actions, NULL, argv, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	if (r == ENOENT)
		return vps_err_say(err, -VPS_EHOST,
				   "%s is missing, and the systemd cgroup driver needs it; install it, or use --cgroup-manager cgroupfs",
				   scope->program);
	return r ? vps_err_set(err, -r, "cannot run %s", scope->program) : 0;
}

/* To its end, size at most. The number of bytes, or -errno. */
static ssize_t read_all(int fd, void *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, (char *)buf + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

/* Send what was composed, which is freed, and take the answer. */
static int ask(const struct scope *scope, FILE *out, char **text, const size_t *len,
	       char path[PATH_MAX], struct vps_err *err)
{
	struct {
		struct vps_err err;
		char           path[PATH_MAX];
	} answer = { 0 };
	OWN_FD ours = FD_NONE, theirs = FD_NONE;
	OWN_MEM char *request = NULL;
	ssize_t got = -EPIPE;
	pid_t pid;
	int ends[2], r;

	if (!out || fclose(out) != 0)
		return vps_err_set(err, -ENOMEM, "cannot ask systemd");
	request = *text;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return vps_err_set(err, -errno, "cannot make a socket");
	ours = ends[0];
	theirs = ends[1];
	r = spawn(scope, theirs, &pid, err);
	own_close(&theirs);
	if (r < 0)
		return r;
	if (fd_write_all(ours, request, *len) == 0 && shutdown(ours, SHUT_WR) == 0)
		got = read_all(ours, &answer, sizeof(answer) - 1);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (got < (ssize_t)sizeof(answer.err))
		return vps_err_say(err, -EPIPE, "%s ended without an answer", scope->program);
	*err = answer.err;
	if (path && !err->code)
		(void)strcpy(path, answer.path);
	return err->code;
}

int scope_start(const struct scope *scope, pid_t pid, const struct cg_value *values, size_t count,
		const struct device_rule *rules, size_t rule_count, char path[PATH_MAX],
		struct vps_err *err)
{
	char *text = NULL;
	size_t len;
	FILE *out = begin("start", scope, pid, &text, &len);

	if (out) {
		put_values(out, values, count);
		put_rules(out, rules, rule_count);
	}
	return ask(scope, out, &text, &len, path, err);
}

int scope_set(const struct scope *scope, const struct cg_value *values, size_t count,
	      const struct device_rule *rules, size_t rule_count, struct vps_err *err)
{
	char *text = NULL;
	size_t len;
	FILE *out = begin("set", scope, 0, &text, &len);

	if (out) {
		put_values(out, values, count);
		put_rules(out, rules, rule_count);
	}
	return ask(scope, out, &text, &len, NULL, err);
}

void scope_stop(const struct scope *scope)
{
	struct vps_err ignored = { 0 };
	char *text = NULL;
	size_t len;

	(void)ask(scope, begin("stop", scope, 0, &text, &len), &text, &len, NULL, &ignored);
}
