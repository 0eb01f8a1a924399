// SPDX-License-Identifier: LGPL-2.1-or-later
/* What lives in a cgroup and whether it runs: read, killed, frozen; called while a VPS runs. */
#include "cg.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "cg_tree.h"

#define EVENTS_ROOM	256
#define NAPS_USEC	5000	/* how long to re-read before poll(): most waits end in it */

/* The number behind key in the text of cgroup.events. */
static int find_event(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strncmp(text, key, len) == 0 && text[len] == ' ' &&
		    (text[len + 1] == '0' || text[len + 1] == '1'))
			return text[len + 1] - '0';
	return -ENODATA;
}

static int read_event(int events_fd, const char *key)
{
	char text[EVENTS_ROOM];
	ssize_t len = pread(events_fd, text, sizeof(text) - 1, 0);

	if (len < 0)
		return -errno;
	text[len] = '\0';
	return find_event(text, key);
}

int cg_event(int cg_fd, const char *key)
{
	OWN_FD fd = openat(cg_fd, "cgroup.events", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : read_event(fd, key);
}

static int64_t now_usec(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/*
 * The kernel holds notifications of cgroup.events back for 10 ms after the
 * last one, so in the beginning reading again is what sees a change early.
 */
static int nap_or_poll(int events_fd, int64_t waited_usec, int64_t left_usec)
{
	struct pollfd pfd = { .fd = events_fd, .events = POLLPRI };
	struct timespec nap = { .tv_nsec = 20000 };

	if (waited_usec >= NAPS_USEC)
		return poll(&pfd, 1, (int)(left_usec / 1000) + 1) < 0 && errno != EINTR ? -errno : 0;
	if (waited_usec >= 500)
		nap.tv_nsec = 100000;
	(void)nanosleep(&nap, NULL);
	return 0;
}

int cg_wait_event(int cg_fd, const char *key, int wanted, int timeout_msec)
{
	const int64_t start = now_usec(), limit = (int64_t)timeout_msec * 1000;
	OWN_FD fd = openat(cg_fd, "cgroup.events", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (;;) {
		int value = read_event(fd, key), r;
		int64_t waited = now_usec() - start;

		if (value < 0)
			return value;
		if (value == wanted)
			return 0;
		if (waited >= limit)
			return -ETIMEDOUT;
		r = nap_or_poll(fd, waited, limit - waited);
		if (r < 0)
			return r;
	}
}

int cg_is_populated(int cg_fd)
{
	return cg_event(cg_fd, "populated");
}

int cg_is_frozen(int cg_fd)
{
	return cg_event(cg_fd, "frozen");
}

int cg_kill(int cg_fd)
{
	struct vps_err ignored = { 0 };

	return file_write(cg_fd, "cgroup.kill", "1", &ignored);
}

int cg_freeze(int cg_fd, bool is_frozen, int timeout_msec, struct vps_err *err)
{
	struct vps_err ignored = { 0 };
	int r = file_write(cg_fd, "cgroup.freeze", is_frozen ? "1" : "0", err);

	if (r < 0)
		return r;
	r = cg_wait_event(cg_fd, "frozen", is_frozen, timeout_msec);
	if (r == 0)
		return 0;
	/* A caller that gives up must not leave behind what freezes later. */
	if (is_frozen)
		(void)file_write(cg_fd, "cgroup.freeze", "0", &ignored);
	if (r != -ETIMEDOUT)
		return vps_err_set(err, r, "cannot read cgroup.events");
	return vps_err_say(err, r, "the processes did not all %s within %d ms%s",
			   is_frozen ? "freeze" : "thaw", timeout_msec,
			   is_frozen ? "; they run on" : "");
}
