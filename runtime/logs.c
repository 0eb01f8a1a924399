// SPDX-License-Identifier: LGPL-2.1-or-later
/* vps_logs(): prints what a VPS wrote to its console; called by vpsctl. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "console_server.h"
#include "host.h"

#define POLL_MSEC	50	/* how often --follow looks again */

struct log_reader {
	int (*put)(const char *data, size_t len, void *arg);
	void *arg;
};

/* The last lines of a text: where they begin. */
static const char *last_lines(const char *text, size_t len, size_t lines)
{
	const char *at = text + len;

	if (len > 0 && at[-1] == '\n')
		at--;
	while (at > text) {
		if (at[-1] == '\n' && --lines == 0)
			break;
		at--;
	}
	return at;
}

/*
 * Print the last lines of two logs, the older first, whose last line the newer
 * one may continue. Of that as much is read as is there now: its descriptor
 * stands behind it afterwards.
 */
static int print_logs(int old_fd, int log_fd, size_t lines, const struct log_reader *reader,
		      struct vps_err *err)
{
	OWN_MEM char *old = NULL;
	OWN_MEM char *text = NULL;
	OWN_MEM char *both = NULL;
	const char *from;
	size_t old_len = 0, len = 0;
	int r = 0;

	if (old_fd >= 0)
		r = file_read_fd(old_fd, CONSOLE_LOG ".1", CONSOLE_LOG_MAX * 2, &old, &old_len, err);
	if (r == 0 && log_fd >= 0)
		r = file_read_fd(log_fd, CONSOLE_LOG, CONSOLE_LOG_MAX * 2, &text, &len, err);
	if (r < 0 || old_len + len == 0 || lines == 0)
		return r;
	both = malloc(old_len + len);
	if (!both)
		return vps_err_set(err, -ENOMEM, "cannot read the log");
	if (old)
		memcpy(both, old, old_len);
	if (text)
		memcpy(both + old_len, text, len);
	from = last_lines(both, old_len + len, lines);
	r = reader->put(from, old_len + len - (size_t)(from - both), reader->arg);
	return r < 0 ? vps_err_set(err, r, "cannot write") : 0;
}

/*
 * Print what is added until the VPS is stopped; a rotated log is finished, then the new one read.
 * log is taken.
 */
static int follow(struct vps_host *host, const char *name, int vps_fd, int log,
		  const struct log_reader *reader, struct vps_err *err)
{
	const struct timespec pause = { .tv_nsec = POLL_MSEC * 1000000L };
	OWN_FD log_fd = log;
	bool is_last = false;

	for (;;) {
		struct vps_info info;
		struct stat ours, theirs;
		char data[8192];
		ssize_t len;

		while (log_fd >= 0 && (len = read(log_fd, data, sizeof(data))) > 0)
			if (reader->put(data, (size_t)len, reader->arg) < 0)
				return vps_err_set(err, -EPIPE, "cannot write");
		if (fstatat(vps_fd, CONSOLE_LOG, &theirs, 0) == 0 &&
		    (log_fd < 0 || fstat(log_fd, &ours) < 0 || ours.st_ino != theirs.st_ino)) {
			own_close(&log_fd);
			log_fd = openat(vps_fd, CONSOLE_LOG, O_RDONLY | O_CLOEXEC);
			continue;
		}
		if (is_last)
			return 0;
		if (vps_get(host, name, &info, err) < 0)
			return err->code;
		is_last = info.status == VPS_STOPPED && !info.monitor_pid;
		(void)nanosleep(&pause, NULL);
	}
}

int vps_logs(struct vps_host *host, const char *name, size_t lines, bool is_followed,
	     int (*put)(const char *data, size_t len, void *arg), void *arg, struct vps_err *err)
{
	const struct log_reader reader = { put, arg };
	OWN_FD vps_fd = FD_NONE, log_fd = FD_NONE, old_fd = FD_NONE;
	struct vps_info info;
	int r = vps_get(host, name, &info, err);

	if (r < 0)
		return r;
	vps_fd = openat(host->vps_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (vps_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s/vps/%s", host->root, name);
	log_fd = openat(vps_fd, CONSOLE_LOG, O_RDONLY | O_CLOEXEC);
	old_fd = openat(vps_fd, CONSOLE_LOG ".1", O_RDONLY | O_CLOEXEC);
	r = print_logs(old_fd, log_fd, lines, &reader, err);
	return r == 0 && is_followed ? follow(host, name, vps_fd, fd_take(&log_fd), &reader, err) : r;
}
