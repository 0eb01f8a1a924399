// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs the probes of the doctor and keeps what they say; called by doctor.c.
 *
 * Each probe is a process, all start at once, and nobody tells anybody that
 * he is done: every one holds the writing end of one pipe, which ends when the last
 * of them, and of their children, is gone. Findings are written into shared memory.
 */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fileio.h"
#include "base/own.h"
#include "base/units.h"
#include "isolation/idmap.h"
#include "runtime/registry.h"

#define KILLED_MSEC	500	/* how long a killed probe may take to be gone */

void doctor_found(struct vps_finding *finding, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(finding->what, sizeof(finding->what), fmt, ap);
	va_end(ap);
	finding->is_ok = true;
}

void doctor_lacks(struct vps_finding *finding, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(finding->what, sizeof(finding->what), fmt, ap);
	va_end(ap);
	finding->is_ok = false;
}

void doctor_failed(struct vps_finding *finding, const struct vps_err *err)
{
	char message[sizeof(err->text) + 80];

	doctor_lacks(finding, "%s", vps_err_message(err, message, sizeof(message)));
}

void doctor_advise(struct vps_finding *finding, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(finding->remedy, sizeof(finding->remedy), fmt, ap);
	va_end(ap);
}

void doctor_die_with(pid_t parent)
{
	pid_t now;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	now = getppid();
	if (now != parent && now != 0)	/* 0: it is outside of our pid namespace */
		_exit(1);
}

int doctor_child(int (*fn)(void *arg), void *arg)
{
	pid_t self = getpid();
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		doctor_die_with(self);
		_exit(fn(arg));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

int64_t doctor_number(const char *path, int64_t missing)
{
	uint64_t value;
	char line[32];

	if (file_read_line(AT_FDCWD, path, line, sizeof(line)) < 0 ||
	    number_parse(line, 0, INT64_MAX, &value) < 0)
		return missing;
	return (int64_t)value;
}

int doctor_userns(struct vps_err *err)
{
	static const struct idmap_range range = { 0, REGISTRY_ID_FIRST, REGISTRY_IDS };
	static const struct idmap map = { &range, &range, 1, 1 };

	return idmap_userns(&map, err);
}

int doctor_leave_mounts(const struct doctor *doctor, struct vps_err *err)
{
	int flags = CLONE_NEWNS | (doctor->is_privileged ? 0 : CLONE_NEWUSER);

	if (unshare(flags) < 0)
		return vps_err_set(err, -errno, "cannot make a mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return vps_err_set(err, -errno, "cannot make its mounts private");
	return 0;
}

/* What the table adds to what the probe said, as far as it fits whole. */
static void complete(const struct check *check, struct vps_finding *finding)
{
	size_t had = strlen(finding->what);

	if (finding->is_ok) {
		finding->remedy[0] = '\0';
		return;
	}
	if (check->lost &&
	    had + strlen("; without it ") + strlen(check->lost) < sizeof(finding->what))
		(void)snprintf(finding->what + had, sizeof(finding->what) - had,
			       "; without it %s", check->lost);
	if (!*finding->remedy)
		doctor_advise(finding, "%s", check->remedy);
}

static pid_t start(const struct doctor *doctor, const struct check *check,
		   struct vps_finding *finding)
{
	pid_t self, pid;

	if (check->needs_root && !doctor->is_privileged) {
		doctor_lacks(finding, "not examined, which needs root");
		doctor_advise(finding, DOCTOR_AS_ROOT);
		return -1;
	}
	self = getpid();
	pid = fork();
	if (pid == 0) {
		doctor_die_with(self);
		check->probe(doctor, check, finding);
		_exit(0);
	}
	if (pid < 0) {
		doctor_lacks(finding, "not examined: %s", strerror(errno));
		doctor_advise(finding, "end some processes, and examine again");
	}
	return pid;
}

/* Wait until nobody holds the other end any more; false when the time is over. */
static bool wait_for_end(int read_fd, int timeout_msec)
{
	struct pollfd pfd = { .fd = read_fd, .events = POLLIN };
	const int64_t end = clock_msec() + timeout_msec;
	int64_t left;
	int r;

	do {
		left = end - clock_msec();
		r = poll(&pfd, 1, left > 0 ? (int)left : 0);
	} while (r < 0 && errno == EINTR && left > 0);
	return r > 0;
}

/*
 * A pid is safe here without a pidfd, which this host may lack: as long as
 * nobody has waited for it, no other process gets the number.
 *
 * options   WNOHANG, or 0 when its descriptors are closed, so that it is about to end
 */
static bool is_over(pid_t pid, int options, int *ret_status)
{
	pid_t got;

	do
		got = waitpid(pid, ret_status, options);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		*ret_status = 0;	/* the caller ignores SIGCHLD: it is gone, and that is all */
	return got != 0;
}

/* One probe; pid is -1 when it was not started, and 0 when nobody need wait for it any more. */
struct run {
	pid_t pid;
	int   status;
	bool  is_killed;
};

/* Kill those that did not answer, all before waiting for any. */
static void kill_late(struct run *runs, size_t count, int read_fd)
{
	size_t i;
	int options;

	for (i = 0; i < count; i++) {
		if (runs[i].pid <= 0 || is_over(runs[i].pid, WNOHANG, &runs[i].status)) {
			runs[i].pid = 0;
			continue;
		}
		(void)kill(runs[i].pid, SIGKILL);
		runs[i].is_killed = true;
	}
	/* One that even this does not end waits for a disk; its zombie is our parent's then. */
	options = wait_for_end(read_fd, KILLED_MSEC) ? 0 : WNOHANG;
	for (i = 0; i < count; i++)
		if (runs[i].pid > 0)
			(void)is_over(runs[i].pid, options, &runs[i].status);
}

static void wait_for_all(struct run *runs, size_t count, int read_fd, int timeout_msec)
{
	size_t i;

	if (!wait_for_end(read_fd, timeout_msec)) {
		kill_late(runs, count, read_fd);
		return;
	}
	for (i = 0; i < count; i++)
		if (runs[i].pid > 0)
			(void)is_over(runs[i].pid, 0, &runs[i].status);
}

static void conclude(const struct check *check, const struct run *run,
		     struct vps_finding *finding)
{
	if (run->is_killed)
		doctor_lacks(finding, "no answer in time, not even that it fails");
	else if (WIFSIGNALED(run->status))
		doctor_lacks(finding, "examining it ended with signal %d (%s)",
			     WTERMSIG(run->status), strsignal(WTERMSIG(run->status)));
	else if (!*finding->what)
		doctor_lacks(finding, "examining it ended without a result");
	complete(check, finding);
}

int doctor_run(const struct doctor *doctor, const struct check *checks, size_t count,
	       int timeout_msec, struct vps_finding *findings, struct vps_err *err)
{
	OWN_MEM struct run *runs = calloc(count, sizeof(*runs));
	OWN_FD read_fd = FD_NONE, write_fd = FD_NONE;
	int ends[2];
	size_t i;

	if (!runs)
		return vps_err_set(err, -ENOMEM, "cannot examine the host");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return vps_err_set(err, -errno, "cannot make a pipe");
	read_fd = ends[0];
	write_fd = ends[1];
	for (i = 0; i < count; i++) {
		findings[i] = (struct vps_finding){ .name = checks[i].name,
						    .is_required = checks[i].is_required };
		runs[i].pid = start(doctor, &checks[i], &findings[i]);
	}
	own_close(&write_fd);
	wait_for_all(runs, count, read_fd, timeout_msec);
	for (i = 0; i < count; i++)
		conclude(&checks[i], &runs[i], &findings[i]);
	return 0;
}
