// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Appends to the events of a root directory; called by the verbs of vps.h and
 * by the monitor.
 *
 * A line is one write to a file that is open for appending, so lines of several
 * processes never mix and nobody waits for a lock. Who finds the file large
 * makes it EVENT_LOG_OLD; whoever had it open then still writes his line there.
 */
#include "events.h"

#include <fcntl.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "base/own.h"
#include "doc.h"
#include "writer.h"

#define ROTATE_LOCK	"events.lock"
#define NO_LOGIN	UINT32_MAX	/* of a process that no login led to, credentials(7) */

static void format_now(char text[EVENT_TIME_SIZE])
{
	struct timespec now;
	struct tm utc;
	size_t len;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &utc);
	len = strftime(text, EVENT_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
	(void)snprintf(text + len, EVENT_TIME_SIZE - len, ".%06ldZ", now.tv_nsec / 1000);
}

/* One of two that find it large does it. */
static void rotate(int root_fd)
{
	struct vps_err ignored = { 0 };
	OWN_FD lock_fd = lock_take(root_fd, ROTATE_LOCK, 0, &ignored);
	struct stat st;

	if (lock_fd >= 0 && fstatat(root_fd, EVENT_LOG, &st, 0) == 0 && st.st_size > EVENT_LOG_MAX)
		(void)renameat(root_fd, EVENT_LOG, root_fd, EVENT_LOG_OLD);
}

static void append(int root_fd, char *line)
{
	OWN_FD fd = openat(root_fd, EVENT_LOG, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	char end[] = "\n";
	const struct iovec parts[] = { { line, strlen(line) }, { end, 1 } };
	struct stat st;

	if (fd < 0)
		return;
	(void)!writev(fd, parts, ARRAY_LEN(parts));	/* readers pass over one that was cut */
	if (fstat(fd, &st) == 0 && st.st_size > EVENT_LOG_MAX)
		rotate(root_fd);
}

void event_record(int root_fd, const char *name, const char *event, json_t *details)
{
	char now[EVENT_TIME_SIZE];
	OWN_JSON *more = details;
	OWN_JSON *line = NULL;
	OWN_MEM char *text = NULL;

	format_now(now);
	/* In this order: readers find the name at its place. */
	line = json_pack("{ss, ss, ss}", "time", now, "name", name, "event", event);
	if (!line || (more && json_object_update(line, more) < 0))
		return;
	text = json_dumps(line, JSON_COMPACT);
	if (text)
		append(root_fd, text);
}

/* The user behind sudo(8), as pam_loginuid(8) noted him. */
static uid_t login_uid(void)
{
	char text[16];
	unsigned long uid;

	if (file_read_line(AT_FDCWD, "/proc/self/loginuid", text, sizeof(text)) <= 0)
		return getuid();
	uid = strtoul(text, NULL, 10);
	return uid == NO_LOGIN ? getuid() : (uid_t)uid;
}

json_t *event_by(json_t *details)
{
	const char *by = getenv("VPS_BY");
	uid_t uid = login_uid();
	const struct passwd *user = by && *by ? NULL : getpwuid(uid);
	char number[16], shown[DOC_SHOWN];

	(void)snprintf(number, sizeof(number), "%u", uid);
	if (!by || !*by)
		by = user ? user->pw_name : number;
	if (!details)
		details = json_object();
	/* Whoever sets it may write anything: it stays short, and text. */
	(void)json_object_set_new(details, "by", json_string(doc_printable(by, shown)));
	return details;
}
