// SPDX-License-Identifier: LGPL-2.1-or-later
/* From created to destroyed: the verbs of vps.h that change what runs; called by vpsctl. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "control.h"
#include "fault.h"
#include "host.h"
#include "images/store.h"
#include "isolation/cg.h"
#include "monitor.h"
#include "programs.h"

#define CACHE_DIR	"cache"		/* in ROOT: compiled system call filters */
#define MONITOR_ENDS	20000		/* milliseconds that a monitor may take to clear away */

/* ---- the monitor as a process ---- */

/* Copies above the numbers that the monitor expects, so that the moves cannot cross. */
static int spawn_with(const char *const argv[], const char *path, int report_fd, int lock_fd,
		      struct vps_err *err)
{
	OWN_FD report_copy = fcntl(report_fd, F_DUPFD_CLOEXEC, 10);
	OWN_FD lock_copy = fcntl(lock_fd, F_DUPFD_CLOEXEC, 10);
	posix_spawn_file_actions_t actions;
	const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		fault_env(),
		NULL,
	};
	pid_t pid;
	int i, r;

	if (report_copy < 0 || lock_copy < 0)
		return vps_err_set(err, -errno, "cannot start the monitor");
	(void)posix_spawn_file_actions_init(&actions);
	for (i = 0; i < 3; i++)
		(void)posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, report_copy, MONITOR_REPORT_FD);
	(void)posix_spawn_file_actions_adddup2(&actions, lock_copy, MONITOR_LOCK_FD);
	(void)posix_spawn_file_actions_addclosefrom_np(&actions, MONITOR_LOCK_FD + 1);
	(void)posix_spawn_file_actions_addchdir_np(&actions, "/");
	r = posix_spawn(&pid, path, &actions, NULL, (char *const *)argv, (char *const *)env);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r ? vps_err_set(err, -r, "cannot start %s", path) : 0;
}

/* Start the monitor; it waits for the byte that monitor_release() sends. Its socket, or -errno. */
static int monitor_launch(struct vps *vps, bool is_adopting, struct vps_err *err)
{
	char path[PATH_MAX], run_dir[PATH_MAX + 80], cache_dir[PATH_MAX + 16];
	const char *const argv[] = { "vps-monitor", is_adopting ? "adopt" : "start", run_dir,
				     cache_dir, NULL };
	OWN_FD ours = FD_NONE, theirs = FD_NONE;
	int fds[2], r;

	(void)snprintf(run_dir, sizeof(run_dir), "%s/%s", vps->host->run, vps->name);
	(void)snprintf(cache_dir, sizeof(cache_dir), "%s/" CACHE_DIR, vps->host->root);
	(void)mkdirat(vps->host->root_fd, CACHE_DIR, 0700);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return vps_err_set(err, -errno, "cannot make a socketpair");
	ours = fds[0];
	theirs = fds[1];
	if (!program_find("vps-monitor", path))
		return vps_err_say(err, -VPS_EHOST, "%s is missing; install this project whole",
				   path);
	r = spawn_with(argv, path, theirs, vps->lock_fd, err);
	return r < 0 ? r : fd_take(&ours);
}

/* Let it begin, and hear how it went. */
static int monitor_release(int fd, struct vps_err *err)
{
	struct vps_err report = { 0 };
	ssize_t got;

	(void)send(fd, "", 1, MSG_NOSIGNAL);	/* nobody there: the answer tells */
	do
		got = recv(fd, &report, sizeof(report), MSG_WAITALL);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(report))
		return vps_err_say(err, -ECHILD, "its monitor was killed while it started");
	if (report.code)
		*err = report;
	return report.code;
}

int monitor_adopt(struct vps *vps, struct vps_err *err)
{
	OWN_FD fd = monitor_launch(vps, true, err);

	return fd < 0 ? fd : monitor_release(fd, err);
}

/* ---- create, destroy ---- */

/* A limit that this host cannot enforce is refused by name now, not at the first start. */
static int check_limits(const struct spec *spec, struct vps_err *err)
{
	enum resource_id i;

	for (i = 0; i < RESOURCES; i++) {
		if (!spec->limits.is_set[i] || spec->is_best_effort)
			continue;
		if (!cg_has_controller(resources[i].controller))
			return vps_err_say(err, -VPS_EHOST,
					   "resources.%s: this host has no cgroup v2 controller \"%s\"; boot it with systemd.unified_cgroup_hierarchy=1, or ask for \"limits\": \"best-effort\"",
					   resources[i].name, resources[i].controller);
	}
	return 0;
}

static bool is_gone(const char *name, void *arg)
{
	struct vps_host *host = arg;
	OWN_FD run_fd = FD_NONE;

	if (faccessat(host->vps_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return false;
	run_fd = openat(host->run_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return run_fd < 0 || !lock_is_held(run_fd, LOCK_NAME);
}

static int allocate(struct vps *vps, const struct spec *spec, struct vps_err *err)
{
	OWN_REGISTRY *registry = NULL;
	const char *network = NULL;
	struct allocation allocation;
	struct addr wanted;
	int r = registry_open(vps->host->root_fd, &registry, err);

	if (r == 0)	/* of commands that were killed */
		r = registry_reconcile(registry, is_gone, vps->host, NULL, err);
	if (r == 0)	/* we hold the lock of a name that has no VPS: the row is stale */
		r = registry_release(registry, vps->name, err);
	if (r == 0 && spec->network.address)
		r = addr_parse(spec->network.address, &wanted, err);
	if (spec->network.mode == SPEC_NET_BRIDGE)
		network = spec->network.bridge ? spec->network.bridge : REGISTRY_NETWORK;
	if (r == 0)
		r = registry_allocate(registry, vps->name, network,
				      spec->network.address ? &wanted : NULL, &allocation, err);
	return r < 0 ? vps_err_in(err, "network") : 0;
}

/* The directory with everything in it; spec.json last, since that makes it a VPS. */
static int fill(struct vps *vps, const struct spec *spec, const struct image *image,
		struct vps_err *err)
{
	struct spec named = *spec;
	OWN_MEM char *text = NULL;
	int r;

	named.name = vps->name;
	r = spec_print(&named, &text, err);
	if (r == 0)
		r = allocate(vps, spec, err);
	if (r == 0)
		r = file_replace(vps->vps_fd, IMAGE_FILE, image->digest, strlen(image->digest),
				 0600, true, err);
	if (r == 0)
		r = file_replace(vps->vps_fd, SPEC_FILE, text, strlen(text), 0600, true, err);
	return r;
}

int vps_create(struct vps_host *host, const char *name, const struct spec *spec,
	       struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	OWN_STORE *store = NULL;
	OWN_IMAGE *image = NULL;
	OWN_FD store_lock_fd = FD_NONE;
	struct vps_err ignored = { 0 };
	int r = vps_lock_name(host, name, &vps, err);

	if (r < 0)
		return r;
	vps.vps_fd = openat(host->vps_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (vps.vps_fd >= 0 && faccessat(vps.vps_fd, SPEC_FILE, F_OK, 0) == 0)
		return vps_err_say(err, -VPS_EEXIST, "a VPS of this name exists already");
	r = check_limits(spec, err);
	if (r == 0)
		r = store_open_at(host->root_fd, true, &store, err);
	if (r == 0) {
		store_lock_fd = store_lock(store, host->wait_msec, err);
		r = store_lock_fd < 0 ? store_lock_fd : store_find(store, spec->image, &image, err);
	}
	if (r == 0 && vps.vps_fd >= 0)	/* a killed `create` */
		r = tree_remove(host->vps_fd, name, err);
	own_close(&vps.vps_fd);
	if (r == 0) {
		vps.vps_fd = dir_make(host->vps_fd, name, 0700, err);
		r = vps.vps_fd < 0 ? vps.vps_fd : fill(&vps, spec, image, err);
	}
	if (r < 0)
		(void)vps_erase(&vps, &ignored);
	return r;
}

int vps_erase(struct vps *vps, struct vps_err *err)
{
	OWN_REGISTRY *registry = NULL;
	int r = 0;

	/* First what makes it a VPS: killed after this, the rest is cleared by the next command. */
	if (vps->vps_fd >= 0 && unlinkat(vps->vps_fd, SPEC_FILE, 0) < 0 && errno != ENOENT)
		return vps_err_set(err, -errno, "cannot remove " SPEC_FILE);
	r = tree_remove(vps->host->vps_fd, vps->name, err);
	if (r == 0)
		r = registry_open(vps->host->root_fd, &registry, err);
	if (r == 0)
		r = registry_release(registry, vps->name, err);
	if (r == 0)	/* the lock goes with it; who waits for it looks again */
		r = tree_remove(vps->host->run_fd, vps->name, err);
	return r;
}

int vps_destroy(struct vps_host *host, const char *name, bool is_forced, struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	int r = vps_lock(host, name, &vps, err);

	if (r < 0)
		return r;
	if (vps.has_monitor && !is_forced)
		return vps_err_say(err, -VPS_ESTATE,
				   "it is running; stop it first, or destroy it with --force");
	if (vps.has_monitor)
		r = stop_locked(&vps, 0, err);
	return r < 0 ? r : vps_erase(&vps, err);
}

/* ---- start, stop ---- */

static int start_locked(struct vps *vps, struct vps_err *err)
{
	const struct run_state starting = { .status = VPS_STARTING };
	OWN_FD fd = FD_NONE;
	int r = state_write(vps->run_fd, &starting, err);

	if (r < 0)
		return r;
	fd = monitor_launch(vps, false, err);	/* it loads while we compile */
	r = fd < 0 ? fd : bundle_write(vps, err);
	if (r == 0)
		r = monitor_release(fd, err);
	own_close(&fd);
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
		(void)control_receive(fd, &kind, data, sizeof(data));
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

/* Ask, wait, kill. */
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
		if (ends_within(vps->init_fd, timeout_msec))
			return 0;
	}
	if (cg_fd < 0 || cg_kill(cg_fd) < 0)
		(void)syscall(SYS_pidfd_send_signal, vps->init_fd, SIGKILL, NULL, 0);
	if (!ends_within(vps->init_fd, MONITOR_ENDS))
		return vps_err_say(err, -VPS_ESTATE,
				   "its init (pid %d) does not end though it was killed: it waits in the kernel",
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
	if (r < 0)
		return r;
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
	return stop_locked(&vps, timeout_msec, err);
}

int vps_restart(struct vps_host *host, const char *name, int timeout_msec, struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	int r = vps_lock(host, name, &vps, err);

	if (r == 0 && vps.has_monitor)
		r = stop_locked(&vps, timeout_msec, err);
	return r < 0 ? r : start_locked(&vps, err);
}

/* ---- kill, pause, resume, rename ---- */

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
	return cg_freeze(cg_fd, is_frozen, 10000, err);
}

int vps_pause(struct vps_host *host, const char *name, struct vps_err *err)
{
	return set_frozen(host, name, true, err);
}

int vps_resume(struct vps_host *host, const char *name, struct vps_err *err)
{
	return set_frozen(host, name, false, err);
}

int vps_rename(struct vps_host *host, const char *name, const char *new_name,
	       struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT, target = VPS_INIT, renamed = VPS_INIT;
	int r = spec_check_name(new_name, err);

	if (r == 0)
		r = vps_lock(host, name, &vps, err);
	if (r < 0)
		return r;
	if (vps.has_monitor)
		return vps_err_say(err, -VPS_ESTATE, "it is running; stop it first");
	if (strcmp(name, new_name) == 0)
		return vps_err_say(err, -VPS_EEXIST, "it has this name already");
	r = vps_lock_name(host, new_name, &target, err);
	if (r < 0)
		return r;
	if (renameat2(host->vps_fd, name, host->vps_fd, new_name, RENAME_NOREPLACE) < 0)
		return errno == EEXIST ?
			vps_err_say(err, -VPS_EEXIST, "a VPS named %s exists already", new_name) :
			vps_err_set(err, -errno, "cannot rename its directory");
	if (fsync(host->vps_fd) < 0)
		return vps_err_set(err, -errno, "cannot sync %s/vps", host->root);
	(void)tree_remove(host->run_fd, name, err);
	vps_unlock(&target);
	/* Locking it by its new name finishes registry and spec, as after a crash. */
	return vps_lock(host, new_name, &renamed, err);
}
