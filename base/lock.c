// SPDX-License-Identifier: LGPL-2.1-or-later
/* flock(2) with a time limit; called by every command that changes something. */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fileio.h"
#include "own.h"

#define RETRY_MSEC 20

/* flock() has no time limit, so ask again until the time is over. */
static int wait_for(int fd, int wait_msec)
{
	const struct timespec pause = { .tv_nsec = RETRY_MSEC * 1000000L };
	int waited = 0;

	if (wait_msec < 0) {
		while (flock(fd, LOCK_EX) < 0)
			if (errno != EINTR)
				return -errno;
		return 0;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (waited >= wait_msec)
			return -EWOULDBLOCK;
		(void)nanosleep(&pause, NULL);
		waited += RETRY_MSEC;
	}
	return 0;
}

/* Whether the file that we locked is still the one of that name. */
static bool is_current(int fd, int dir_fd, const char *name)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && fstatat(dir_fd, name, &theirs, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

static void write_holder(int fd)
{
	char pid[16];
	int len = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());

	/* Only for the message of those who wait: the lock holds without it. */
	if (ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, pid, (size_t)len, 0);
}

int lock_take(int dir_fd, const char *name, int wait_msec, struct vps_err *err)
{
	for (;;) {
		OWN_FD fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		char holder[16] = "";
		int r;

		if (fd < 0)
			return vps_err_set(err, -errno, "cannot open %s", name);
		r = wait_for(fd, wait_msec);
		if (r == -EWOULDBLOCK) {
			(void)file_read_line(dir_fd, name, holder, sizeof(holder));
			return vps_err_say(err, -VPS_ELOCKED,
					   "another command (pid %s) is changing it, and the wait of %d s ran out",
					   *holder ? holder : "unknown", wait_msec / 1000);
		}
		if (r < 0)
			return vps_err_set(err, r, "cannot lock %s", name);
		if (is_current(fd, dir_fd, name)) {
			write_holder(fd);
			return fd_take(&fd);
		}
	}
}

bool lock_is_held(int dir_fd, const char *name)
{
	OWN_FD fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}
