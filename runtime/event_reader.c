// SPDX-License-Identifier: LGPL-2.1-or-later
/* vps_events(): prints what events.c has recorded, and goes on as it grows; called by vpsctl. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "events.h"
#include "host.h"

#define LOG_READ_MAX	(4u * EVENT_LOG_MAX)
#define LINE_ROOM	65536	/* longer than any event */
#define STRAGGLER_MSEC	50	/* for a line that goes to the old file after it was renamed */

/* Whose events are printed, and where to. */
struct reader {
	const char *const *names;
	size_t             count;	/* of names; 0: every VPS's */
	size_t             skipped;	/* so many wanted lines are not printed */
	int                root_fd, out_fd;
	struct vps_err    *err;
};

/* Where the event of a line begins: behind what was left of one that a full disk has cut. */
static const char *find_event(const char *line, size_t len)
{
	static const char start[] = "{\"time\":\"";	/* in a string of ours its quotes are escaped */
	const char *found = NULL, *at = line;

	while ((at = memmem(at, len - (size_t)(at - line), start, sizeof(start) - 1)))
		found = at++;
	return found;
}

/* Of an event with its \n. */
static bool is_wanted(const struct reader *reader, const char *line, size_t len)
{
	size_t i;

	if (len <= EVENT_NAME_AT || line[len - 2] != '}')
		return false;
	for (i = 0; i < reader->count; i++) {
		size_t name_len = strlen(reader->names[i]);

		if (len > EVENT_NAME_AT + name_len && line[EVENT_NAME_AT + name_len] == '"' &&
		    memcmp(line + EVENT_NAME_AT, reader->names[i], name_len) == 0)
			return true;
	}
	return reader->count == 0;
}

static int print_line(struct reader *reader, const char *line, size_t len)
{
	int r;

	if (reader->skipped > 0) {
		reader->skipped--;
		return 0;
	}
	r = fd_write_all(reader->out_fd, line, len);
	return r < 0 ? vps_err_set(reader->err, r, "cannot write") : 0;
}

/*
 * Take the lines of a text that are whole.
 *
 * ret_wanted  how many there are, or NULL: print them
 * Returns the bytes that were taken; reader->err says whether printing failed.
 */
static size_t take_lines(struct reader *reader, const char *text, size_t len, size_t *ret_wanted)
{
	const char *end;
	size_t at = 0;

	while (at < len && (end = memchr(text + at, '\n', len - at))) {
		const char *event = find_event(text + at, (size_t)(end + 1 - (text + at)));
		size_t event_len = event ? (size_t)(end + 1 - event) : 0;
		bool wanted = event && is_wanted(reader, event, event_len);

		if (wanted && ret_wanted)
			++*ret_wanted;
		else if (wanted && print_line(reader, event, event_len) < 0)
			break;
		at = (size_t)(end + 1 - text);
	}
	return at;
}

static int open_log(const struct reader *reader, const char *name)
{
	return openat(reader->root_fd, name, O_RDONLY | O_CLOEXEC);
}

static int load(const char *name, int fd, char **ret_text, size_t *ret_len, struct vps_err *err)
{
	*ret_len = 0;
	return fd < 0 ? 0 : file_read_fd(fd, name, LOG_READ_MAX, ret_text, ret_len, err);
}

/*
 * Print the last lines of what there is.
 *
 * log_fd      of EVENT_LOG, borrowed; FD_NONE: there is none yet
 * ret_offset  up to where it was read
 */
static int print_recorded(struct reader *reader, int log_fd, size_t lines, off_t *ret_offset)
{
	OWN_FD old_fd = open_log(reader, EVENT_LOG_OLD);
	OWN_MEM char *old = NULL, *text = NULL;
	size_t old_len, len, wanted = 0;
	int r = load(EVENT_LOG_OLD, old_fd, &old, &old_len, reader->err);

	if (r == 0)
		r = load(EVENT_LOG, log_fd, &text, &len, reader->err);
	if (r < 0)
		return r;
	(void)take_lines(reader, old, old_len, &wanted);
	*ret_offset = (off_t)take_lines(reader, text, len, &wanted);
	reader->skipped = wanted > lines ? wanted - lines : 0;
	(void)take_lines(reader, old, old_len, NULL);
	(void)take_lines(reader, text, len, NULL);
	return reader->err->code;
}

/* Print what was added. */
static int print_added(struct reader *reader, int log_fd, off_t *offset)
{
	char text[LINE_ROOM];
	ssize_t len;

	while (log_fd >= 0 && (len = pread(log_fd, text, sizeof(text), *offset)) > 0) {
		size_t taken = take_lines(reader, text, (size_t)len, NULL);

		if (reader->err->code)
			return reader->err->code;
		if (taken == 0 && (size_t)len < sizeof(text))
			break;		/* the rest of the line is to come */
		*offset += taken ? (off_t)taken : (off_t)len;
	}
	return 0;
}

static bool is_current(const struct reader *reader, int log_fd)
{
	struct stat ours, theirs;

	if (fstatat(reader->root_fd, EVENT_LOG, &theirs, 0) < 0)
		return true;	/* there is no other */
	return log_fd >= 0 && fstat(log_fd, &ours) == 0 && ours.st_ino == theirs.st_ino;
}

/* Until something changes in ROOT. False: nobody reads any more. */
static bool await_change(const struct reader *reader, int watch_fd)
{
	struct pollfd fds[] = {
		{ .fd = watch_fd, .events = POLLIN },
		{ .fd = reader->out_fd },
	};
	char changes[4096];

	if (poll(fds, ARRAY_LEN(fds), -1) < 0)
		return errno == EINTR;
	if (fds[0].revents)
		(void)!read(watch_fd, changes, sizeof(changes));
	return !fds[1].revents;
}

static int watch_root(const struct reader *reader)
{
	OWN_FD fd = inotify_init1(IN_CLOEXEC);
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", reader->root_fd);
	if (fd < 0 || inotify_add_watch(fd, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return vps_err_set(reader->err, -errno, "cannot watch " EVENT_LOG);
	return fd_take(&fd);
}

static int follow(struct reader *reader, int *log_fd, off_t offset, int watch_fd)
{
	const struct timespec straggler = { .tv_nsec = STRAGGLER_MSEC * 1000000L };

	for (;;) {
		if (print_added(reader, *log_fd, &offset) < 0)
			return reader->err->code;
		if (is_current(reader, *log_fd)) {
			if (!await_change(reader, watch_fd))
				return 0;
			continue;
		}
		(void)nanosleep(&straggler, NULL);
		if (print_added(reader, *log_fd, &offset) < 0)
			return reader->err->code;
		own_close(log_fd);
		*log_fd = open_log(reader, EVENT_LOG);
		offset = 0;
	}
}

int vps_events(struct vps_host *host, const char *const *names, size_t count, size_t lines,
	       bool is_followed, int out_fd, struct vps_err *err)
{
	struct reader reader = { names, count, 0, host->root_fd, out_fd, err };
	OWN_FD watch_fd = FD_NONE, log_fd = FD_NONE;
	off_t offset = 0;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < count; i++)
		r = spec_check_name(names[i], err);
	if (r < 0)
		return vps_err_in(err, "%.80s", names[i - 1]);
	if (is_followed) {	/* before the first look, so that nothing is missed after it */
		watch_fd = watch_root(&reader);
		if (watch_fd < 0)
			return watch_fd;
	}
	log_fd = open_log(&reader, EVENT_LOG);
	r = print_recorded(&reader, log_fd, lines, &offset);
	return r == 0 && is_followed ? follow(&reader, &log_fd, offset, watch_fd) : r;
}
