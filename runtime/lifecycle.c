// SPDX-License-Identifier: LGPL-2.1-or-later
/* The verbs of vps.h that change what runs: start, stop, kill, pause; called by vpsctl. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "base/phase.h"
#include "control.h"
#include "events.h"
#include "host.h"
#include "isolation/cg.h"
#include "isolation/fuse_abort.h"
#include "monitor.h"

#define MONITOR_ENDS	20000		/* milliseconds that a monitor may take to clear away */
#define DIES_MSEC	2000		/* that an init without a bad file system may take */

/* ---- start, stop ---- */

static int start_locked(struct vps *vps, struct vps_err *err)
{
	const struct run_state starting = { .status = VPS_STARTING };
	OWN_FD fd = FD_NONE;
	pid_t pid;
	int r = state_write(vps->run_fd, &starting, err);

	if (r < 0)
		return r;
	phase_end("lock");
	fd = monitor_launch(vps, false, &pid, err);	/* it loads while we compile */
	phase_end("monitor launched");
	if (fd < 0) {
		run_clear(vps);
		return fd;
	}
	r = bundle_write(vps, err);
	phase_end("bundle");
	if (r == 0)
		r = monitor_release(&fd, pid, err);
	else
		monitor_reap(&fd, pid);
	phase_end("monitor's answer");
	if (r < 0)
		run_clear(vps);
	return r;
}

int vps_start(struct vps_host *host, const char *name, struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	int r = vps_lock(host, name, &vps, err);

	if (r < 0)
		return r;
	if (vps.has_monitor)
		return vps_err_say(err, -VPS_ESTATE, "it is running already");
	return start_locked(&vps, err);
}

void run_clear(struct vps *vps)
{
	struct container c = CONTAINER_INIT;
	struct attach attach = { 0 };
	struct vps_err ignored = { 0 };
	struct attachments ops = attach_ops(&attach);
	char run_dir[PATH_MAX + 80];

	(void)snprintf(run_dir, sizeof(run_dir), "%s/%s", vps->host->run, vps->name);
	if (attach_load(vps->run_fd, &attach, &ignored) == 0) {
		c.id = vps->name;
		c.run_dir = c.bundle = run_dir;
		c.cgroup_path = attach.cgroup;
		c.attachments = &ops;
		container_down(&c);
	}
	attach_free(&attach);
	container_free(&c);
	(void)unlinkat(vps->run_fd, "control", 0);
	(void)unlinkat(vps->run_fd, "state.json", 0);
}

/* Tell the monitor that the end is meant. A monitor that does not answer is as good as none. */
static void announce_stop(struct vps *vps)
{
	OWN_FD fd = control_connect(vps->run_fd);
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	enum control_kind kind;
	char data[16];

	if (fd >= 0 && control_send(fd, CONTROL_STOP, NULL, 0) == 0 &&
	    poll(&answer, 1, MONITOR_ENDS) > 0)
		(void)control_receive(fd, &kind, data, sizeof(data), NULL);
}

static int read_attach(struct vps *vps, char cgroup[160], int *ret_signal, struct vps_err *err)
{
	struct attach attach = { 0 };
	int r = attach_load(vps->run_fd, &attach, err);

	if (r == 0) {
		(void)snprintf(cgroup, 160, "%s", attach.cgroup);
		*ret_signal = attach.stop_signal;
	}
	attach_free(&attach);
	return r;
}

static bool ends_within(int pid_fd, int msec)
{
	struct pollfd init = { .fd = pid_fd, .events = POLLIN };
	int n;

	do
		n = poll(&init, 1, msec);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

/* What waits for a file system of its own is not reached by SIGKILL. */
static void end_fuse(struct vps *vps)
{
	struct oci_config config = { 0 };
	struct vps_err ignored = { 0 };	/* whether it helped is seen by who waits */

	if (bundle_load(vps->run_fd, &config, &ignored) == 0)
		(void)fuse_abort(&config.idmap, &ignored);
	oci_free(&config);
}

/*
 * Give init its time to end. So long the VPS is not locked: others may look
 * what takes so long, or kill it.
 *
 * Returns 0 with the lock, and init_fd when it has not ended; 1 when somebody
 * has started the VPS again.
 */
static int await_init(struct vps *vps, int timeout_msec, struct vps_err *err)
{
	OWN_FD init_fd = fd_take(&vps->init_fd);
	char name[VPS_NAME_MAX + 1];
	int r;

	memcpy(name, vps->name, sizeof(name));
	vps_unlock(vps);
	(void)ends_within(init_fd, timeout_msec);
	r = vps_lock(vps->host, name, vps, err);
	if (r < 0)
		return r;
	/* Under the lock, which others may have had for long. */
	if (vps->init_fd >= 0 && ends_within(init_fd, 0))
		return 1;
	if (vps->has_monitor)	/* it may be another, that knows nothing of a stop */
		announce_stop(vps);
	return 0;
}

/* Ask, wait, kill. Returns as await_init(). */
static int end_init(struct vps *vps, int timeout_msec, struct vps_err *err)
{
	OWN_FD cg_fd = FD_NONE;
	char cgroup[160];
	int signal, r;

	r = read_attach(vps, cgroup, &signal, err);
	if (r < 0)
		return r;
	cg_fd = cg_open(cgroup);
	if (cg_fd >= 0 && cg_is_frozen(cg_fd) > 0 && cg_freeze(cg_fd, false, 5000, err) < 0)
		return err->code;
	if (timeout_msec != 0) {
		(void)syscall(SYS_pidfd_send_signal, vps->init_fd, signal, NULL, 0);
		r = await_init(vps, timeout_msec, err);
		if (r != 0 || vps->init_fd < 0)
			return r;
	}
	if (cg_fd < 0 || cg_kill(cg_fd) < 0)
		(void)syscall(SYS_pidfd_send_signal, vps->init_fd, SIGKILL, NULL, 0);
	if (ends_within(vps->init_fd, DIES_MSEC))
		return 0;
	end_fuse(vps);
	if (!ends_within(vps->init_fd, MONITOR_ENDS))
		return vps_err_say(err, -VPS_ESTATE,
				   "its init (pid %d) does not end though it was killed: it waits in the kernel, perhaps for a `vpsctl exec` that is suspended",
				   (int)vps->state.init_pid);
	return 0;
}

static int wait_monitor(struct vps *vps, struct vps_err *err)
{
	const struct timespec pause = { .tv_nsec = 500000 };
	int waited;

	for (waited = 0; lock_is_held(vps->run_fd, MONITOR_LOCK); waited++) {
		if (waited / 2 > MONITOR_ENDS)
			return vps_err_say(err, -ETIMEDOUT, "its monitor does not end");
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

int stop_locked(struct vps *vps, int timeout_msec, struct vps_err *err)
{
	int r = 0;

	announce_stop(vps);
	if (vps->init_fd >= 0)
		r = end_init(vps, timeout_msec, err);
	if (r == 0)
		r = wait_monitor(vps, err);
	if (r != 0)
		return r < 0 ? r : 0;
	if (faccessat(vps->run_fd, "state.json", F_OK, 0) == 0)
		run_clear(vps);	/* the monitor died before it had */
	return vps_refresh(vps, err);
}

int vps_stop(struct vps_host *host, const char *name, int timeout_msec, struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	int r = vps_lock(host, name, &vps, err);

	if (r < 0 || !vps.has_monitor)
		return r;
	r = stop_locked(&vps, timeout_msec, err);
	if (r == -VPS_ENOENT && vps_err_is_said(err)) {	/* destroyed meanwhile */
		*err = (struct vps_err){ 0 };
		return 0;
	}
	if (r == 0 && !vps.has_monitor)
		disk_settle(vps.vps_fd);
	return r;
}

int vps_restart(struct vps_host *host, const char *name, int timeout_msec, struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	int r = vps_lock(host, name, &vps, err);

	if (r == 0 && vps.has_monitor)
		r = stop_locked(&vps, timeout_msec, err);
	return r < 0 || vps.has_monitor ? r : start_locked(&vps, err);
}

/* ---- kill, pause, resume ---- */

/* Lock it and open its cgroup; it must be running. */
static int lock_running(struct vps_host *host, const char *name, struct vps *vps, int *ret_cg_fd,
			struct vps_err *err)
{
	char cgroup[160];
	int signal, r = vps_lock(host, name, vps, err);

	if (r < 0)
		return r;
	if (vps->init_fd < 0)
		return vps_err_say(err, -VPS_ESTATE, "it is not running");
	r = read_attach(vps, cgroup, &signal, err);
	if (r < 0)
		return r;
	*ret_cg_fd = cg_open(cgroup);
	if (*ret_cg_fd < 0)
		return vps_err_set(err, *ret_cg_fd, "cannot open its cgroup %s", cgroup);
	return 0;
}

int vps_kill(struct vps_host *host, const char *name, int signal, bool is_all,
	     struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	OWN_FD cg_fd = FD_NONE;
	int r = lock_running(host, name, &vps, &cg_fd, err);

	if (r < 0)
		return r;
	if (is_all && signal == SIGKILL) {
		r = cg_kill(cg_fd);
		return r < 0 ? vps_err_set(err, r, "cannot kill its processes") : 0;
	}
	if (is_all)
		return cg_signal(cg_fd, signal, err);
	if (syscall(SYS_pidfd_send_signal, vps.init_fd, signal, NULL, 0) < 0)
		return vps_err_set(err, -errno, "cannot send signal %d to its init", signal);
	return 0;
}

static int set_frozen(struct vps_host *host, const char *name, bool is_frozen, struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	OWN_FD cg_fd = FD_NONE;
	int r = lock_running(host, name, &vps, &cg_fd, err);

	if (r < 0)
		return r;
	if (cg_is_frozen(cg_fd) == is_frozen)
		return vps_err_say(err, -VPS_ESTATE, "it is %s already",
				   is_frozen ? "paused" : "running");
	r = cg_freeze(cg_fd, is_frozen, 10000, err);
	if (r == 0)
		event_record(host->root_fd, name, is_frozen ? "paused" : "resumed", event_by(NULL));
	return r;
}

int vps_pause(struct vps_host *host, const char *name, struct vps_err *err)
{
	return set_frozen(host, name, true, err);
}

int vps_resume(struct vps_host *host, const char *name, struct vps_err *err)
{
	return set_frozen(host, name, false, err);
}
