// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sends a signal to every process of a cgroup and below; called by
 * `kill --everything`. The cgroup is frozen meanwhile: nobody can fork away
 * from it, and no pid that was read can be reused before it is signalled.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "cg.h"

#define PROCS_MAX	(32u << 20)	/* bytes of cgroup.procs: all pids that there can be */
#define DEPTH_MAX	64		/* levels below that are looked at */
#define FREEZE_MSEC	5000

static int signal_here(int cg_fd, int signal, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	char *line, *rest;
	struct vps_err unread = { 0 };
	int r = file_read(cg_fd, "cgroup.procs", PROCS_MAX, &text, NULL, &unread);

	if (r == -EOPNOTSUPP)	/* a cgroup of threads: its processes stand in the list above it */
		return 0;
	if (r < 0) {
		*err = unread;
		return r;
	}
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		pid_t pid = (pid_t)strtol(line, NULL, 10);

		if (pid > 0 && kill(pid, signal) < 0 && errno != ESRCH)
			return vps_err_set(err, -errno, "cannot send signal %d to process %d",
					   signal, (int)pid);
	}
	return 0;
}

static int signal_below(int cg_fd, int signal, int depth, struct vps_err *err)
{
	int dup_fd = openat(cg_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_DIR *dir = dup_fd < 0 ? NULL : fdopendir(dup_fd);
	const struct dirent *entry;
	int r = signal_here(cg_fd, signal, err);

	if (!dir) {
		own_close(&dup_fd);
		return vps_err_set(err, -errno, "cannot list a cgroup");
	}
	while (r == 0 && depth < DEPTH_MAX && (entry = readdir(dir))) {
		OWN_FD fd = FD_NONE;

		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		fd = openat(cg_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)	/* else it went away meanwhile */
			r = signal_below(fd, signal, depth + 1, err);
	}
	return r;
}

int cg_signal(int cg_fd, int signal, struct vps_err *err)
{
	bool was_frozen = cg_is_frozen(cg_fd) > 0;
	struct vps_err thaw = { 0 };
	int r = was_frozen ? 0 : cg_freeze(cg_fd, true, FREEZE_MSEC, err);

	if (r == 0)
		r = signal_below(cg_fd, signal, 0, err);
	if (!was_frozen && cg_freeze(cg_fd, false, FREEZE_MSEC, &thaw) < 0 && r == 0) {
		*err = thaw;
		r = thaw.code;
	}
	return r;
}
