// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads and writes state.json and last.json; called by commands and monitor. */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>

#include "base/fileio.h"
#include "base/own.h"

#define STATE_MAX	4096	/* bytes; ours are below 300 */

static const char *const status_names[VPS_STATUSES] = {
	[VPS_STOPPED] = "stopped",
	[VPS_STARTING] = "starting",
	[VPS_RUNNING] = "running",
	[VPS_PAUSED] = "paused",
	[VPS_RESTARTING] = "restarting",
};

const char *vps_status_name(enum vps_status status)
{
	return status_names[status];
}

int state_write(int run_fd, const struct run_state *state, struct vps_err *err)
{
	char text[STATE_MAX];
	int len = snprintf(text, sizeof(text),
			   "{\"status\": \"%s\", \"pid\": %d, \"start_ticks\": %ju, "
			   "\"started\": %jd, \"restarts\": %u, \"is_watched\": %s}\n",
			   status_names[state->status], (int)state->init_pid,
			   (uintmax_t)state->init_start, (intmax_t)state->started_sec,
			   state->restarts, state->is_watched ? "true" : "false");

	return file_replace(run_fd, "state.json", text, (size_t)len, 0600, false, err);
}

int last_run_write(int vps_fd, const struct last_run *last, struct vps_err *err)
{
	char text[STATE_MAX];
	int len = snprintf(text, sizeof(text),
			   "{\"started\": %jd, \"ended\": %jd, \"exit_status\": %d, "
			   "\"reason\": \"%s\", \"restarts\": %u}\n",
			   (intmax_t)last->started_sec, (intmax_t)last->ended_sec,
			   last->exit_status, last->reason, last->restarts);

	return file_replace(vps_fd, "last.json", text, (size_t)len, 0600, false, err);
}

/* NULL without err set: there is no such file. */
static json_t *load(int dir_fd, const char *name, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	struct vps_err cause = { 0 };
	json_t *object;
	size_t len;

	if (file_read(dir_fd, name, STATE_MAX, &text, &len, &cause) < 0) {
		if (cause.code != -ENOENT)
			*err = cause;
		return NULL;
	}
	object = json_loadb(text, len, 0, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		(void)vps_err_say(err, -EBADMSG, "%s is damaged; kill its monitor to go on", name);
		return NULL;
	}
	return object;
}

static int64_t number(const json_t *object, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(object, key));
}

int state_read(int run_fd, struct run_state *ret_state, struct vps_err *err)
{
	json_t *object = load(run_fd, "state.json", err);
	const char *status;
	enum vps_status i;

	*ret_state = (struct run_state){ .status = VPS_STOPPED };
	if (!object)
		return err->code;
	status = json_string_value(json_object_get(object, "status"));
	for (i = 0; status && i < VPS_STATUSES; i++)
		if (strcmp(status, status_names[i]) == 0)
			ret_state->status = i;
	ret_state->init_pid = (pid_t)number(object, "pid");
	ret_state->init_start = (uint64_t)number(object, "start_ticks");
	ret_state->started_sec = number(object, "started");
	ret_state->restarts = (unsigned)number(object, "restarts");
	ret_state->is_watched = json_is_true(json_object_get(object, "is_watched"));
	json_decref(object);
	return 0;
}

int last_run_read(int vps_fd, struct last_run *ret_last, struct vps_err *err)
{
	json_t *object = load(vps_fd, "last.json", err);
	const char *reason;

	*ret_last = (struct last_run){ .exit_status = -1 };
	if (!object)
		return err->code;
	ret_last->started_sec = number(object, "started");
	ret_last->ended_sec = number(object, "ended");
	ret_last->exit_status = (int)number(object, "exit_status");
	ret_last->restarts = (unsigned)number(object, "restarts");
	reason = json_string_value(json_object_get(object, "reason"));
	(void)snprintf(ret_last->reason, sizeof(ret_last->reason), "%s", reason ? reason : "");
	json_decref(object);
	return 0;
}

uint64_t process_start_ticks(pid_t pid)
{
	char path[40], line[1024];
	const char *at;
	int field;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (file_read_line(AT_FDCWD, path, line, sizeof(line)) < 0)
		return 0;
	at = strrchr(line, ')');	/* the name before it may hold anything */
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

/* Also of one that its parent has not taken note of yet. */
static bool has_ended(int pid_fd)
{
	struct pollfd process = { .fd = pid_fd, .events = POLLIN };

	return poll(&process, 1, 0) > 0;
}

int state_open_init(const struct run_state *state)
{
	OWN_FD fd = FD_NONE;

	if (state->init_pid <= 0)
		return FD_NONE;
	fd = pidfd_open(state->init_pid, 0);
	/* Compared after it was opened: from then on the pid cannot be reused under us. */
	if (fd < 0 || process_start_ticks(state->init_pid) != state->init_start || has_ended(fd))
		return FD_NONE;
	return fd_take(&fd);
}
