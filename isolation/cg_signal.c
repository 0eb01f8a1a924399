// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sends a signal to every process of a cgroup and below; called by
 * `kill --everything`. The cgroup is frozen meanwhile: nobody can fork away
 * from it, and no pid that was read can be reused before it is signalled.
 */
#include <errno.h>
#include <signal.h>

#include "base/own.h"
#include "cg.h"
#include "cg_procs.h"

#define FREEZE_MSEC	5000

static int signal_all(int cg_fd, int signal, struct vps_err *err)
{
	OWN_MEM pid_t *pids = NULL;
	size_t count = 0, i;
	int r = cg_processes(cg_fd, &pids, &count, err);

	for (i = 0; r == 0 && i < count; i++)
		if (pids[i] > 0 && kill(pids[i], signal) < 0 && errno != ESRCH)
			r = vps_err_set(err, -errno, "cannot send signal %d to process %d", signal,
					(int)pids[i]);
	return r;
}

int cg_signal(int cg_fd, int signal, struct vps_err *err)
{
	bool was_frozen = cg_is_frozen(cg_fd) > 0;
	struct vps_err thaw = { 0 };
	int r = was_frozen ? 0 : cg_freeze(cg_fd, true, FREEZE_MSEC, err);

	if (r == 0)
		r = signal_all(cg_fd, signal, err);
	if (!was_frozen && cg_freeze(cg_fd, false, FREEZE_MSEC, &thaw) < 0 && r == 0) {
		*err = thaw;
		r = thaw.code;
	}
	return r;
}
