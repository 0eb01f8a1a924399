// SPDX-License-Identifier: GPL-2.0-or-later
/* Works on many VPSs at the same time, for each.c. */
#include "cli/together.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"

#define AT_ONCE	32	/* they mostly wait, for an init that shuts down */

struct work {
	struct cli *cli;
	const void *values;
	each_fn     act;
};

/* A child, and the pipe that its struct vps_err comes through. */
struct job {
	pid_t pid;	/* -1: there is none */
	int   report_fd;
};

_Noreturn static void be_child(const struct work *work, const char *name, pid_t parent,
			       int report_fd)
{
	struct vps_err err = { 0 };

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent)
		(void)work->act(work->cli, name, work->values, &err);
	/* In one piece, see base/err.h; nobody to read it is nobody to tell. */
	(void)!write(report_fd, &err, sizeof(err));
	_exit(0);
}

static struct job begin(const struct work *work, const char *name)
{
	struct job job = { -1, FD_NONE };
	pid_t parent = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return job;
	job.pid = fork();
	if (job.pid == 0)
		be_child(work, name, parent, fds[1]);
	own_close(&fds[1]);
	job.report_fd = fds[0];
	return job;
}

static void finish(const struct work *work, const char *name, struct job *job,
		   struct vps_err *err)
{
	if (job->pid < 0) {	/* no child to be had: it is done here, later */
		(void)work->act(work->cli, name, work->values, err);
	} else {
		if (read(job->report_fd, err, sizeof(*err)) != (ssize_t)sizeof(*err)) {
			*err = (struct vps_err){ 0 };
			(void)vps_err_say(err, -ECHILD, "the process that worked on it was killed");
		}
		while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	own_close(&job->report_fd);
}

void together_run(struct cli *cli, const void *values, int count, char **names, each_fn act,
		  together_fn report, void *arg)
{
	const struct work work = { cli, values, act };
	struct job jobs[AT_ONCE];
	int begun = 0, i;

	for (i = 0; i < count; i++) {
		struct vps_err err = { 0 };

		for (; begun < count && begun < i + AT_ONCE; begun++)
			jobs[begun % AT_ONCE] = begin(&work, names[begun]);
		finish(&work, names[i], &jobs[i % AT_ONCE], &err);
		report(arg, names[i], &err);
	}
}
