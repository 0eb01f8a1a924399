// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Watches one VPS from its first process to its last; the body of vps-monitor.
 *
 *   vpsctl start                vps-monitor
 *   ----------------------------------------------------------------
 *   lock
 *   spawn ------------------->  is loaded, meanwhile
 *   bundle in /run
 *   a byte ------------------>  container_up(), state.json
 *                               container_start()
 *   reads the report <--------  struct vps_err; lets go of the lock
 *   ends                        console, log, control socket
 *                               init ends: last.json, container_down(),
 *                               up again by policy, or end
 *
 * The lock travels along: if vpsctl is killed, it is held until the VPS runs.
 */
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alarms.h"
#include "attach.h"
#include "base/clock.h"
#include "base/fileio.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/phase.h"
#include "base/shed.h"
#include "console_server.h"
#include "container.h"
#include "control.h"
#include "elastic_loop.h"
#include "events.h"
#include "host.h"
#include "inherited.h"
#include "isolation/devfs.h"
#include "state.h"
#include "sync.h"
#include "view_client.h"
#include "view_repair.h"

#define BACKOFF_FIRST	1000		/* milliseconds before the first restart by policy */
#define BACKOFF_LAST	60000
#define REBOOT_SEC	3		/* a reboot sooner than that waits, too */
#define STEADY_SEC	60		/* a run that lasted so long starts counting anew */
#define RENEW_MSEC	3000		/* the tenant may have mounted what never answers */

struct monitor {
	const struct monitor_options *options;
	int                   root_fd, run_fd, vps_fd, cache_fd, lock_fd, control_fd;
	struct attach         attach;
	struct attachments    ops;
	struct container      c;
	struct run_state      state;
	struct console_server console;
	struct view_client    view;
	struct alarms         alarms;
	struct elastic_loop   elastic;
	bool                  is_stopping;	/* somebody asked for it: do not start again */
	bool                  has_mount_ns;
};

/* How a run ended. */
struct ending {
	int  status;		/* 0..255, 128+N, or -1 */
	bool is_reboot, is_poweroff, is_failure;
	char reason[64];
};

static int open_files(struct monitor *m, struct vps_err *err)
{
	char path[PATH_MAX];
	int r;

	m->run_fd = open(m->options->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->run_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s", m->options->run_dir);
	/* Whoever only asks whether it is held holds it for a moment. */
	m->lock_fd = lock_take(m->run_fd, MONITOR_LOCK, 1000, err);
	if (m->lock_fd < 0)
		return vps_err_in(err, "monitor");
	r = attach_load(m->run_fd, &m->attach, err);
	if (r < 0)
		return r;
	m->root_fd = open(m->attach.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "vps/%s", m->attach.name);
	m->vps_fd = openat(m->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->vps_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s/%s", m->attach.root, path);
	m->cache_fd = open(m->options->cache_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	m->control_fd = control_listen(m->run_fd, err);
	if (m->control_fd < 0)
		return m->control_fd;
	m->ops = attach_ops(&m->attach);
	console_server_init(&m->console, m->vps_fd);
	return 0;
}

static void container_begin(struct monitor *m)
{
	m->c = (struct container)CONTAINER_INIT;
	m->c.id = m->attach.name;
	m->c.bundle = m->options->run_dir;
	m->c.run_dir = m->options->run_dir;
	m->c.cgroup_path = m->attach.cgroup;
	m->c.attachments = &m->ops;
	m->c.cache_fd = m->cache_fd;
	m->c.has_mount_ns = m->has_mount_ns;
	m->c.has_console = true;
	m->c.view = &m->view;
}

/* Once its init runs: nobody waits for this. */
static void look_after(struct monitor *m)
{
	OWN_FD cg_fd = cg_open(m->attach.cgroup);
	const struct alarms_plan plan = {
		.root_fd = m->root_fd,
		.name = m->attach.name,
		.vps_fd = m->vps_fd,
		.cg_fd = cg_fd,
		.first_uid = m->attach.id_start,
	};

	alarms_open(&m->alarms, &plan);
	elastic_loop_open(&m->elastic, &m->attach, m->options->run_dir, cg_fd);
}

/* Bring the container up and let its init go; on failure nothing is left of it. */
static int bring_up(struct monitor *m, struct vps_err *err)
{
	int r;

	container_begin(m);
	r = bundle_load(m->run_fd, &m->c.config, err);
	phase_end("config");
	if (r < 0)
		return r;
	if (oci_annotation(&m->c.config, "vps.view"))
		m->c.view = NULL;	/* "kernel": its own files are asked for */
	r = container_up(&m->c, err);
	m->has_mount_ns = m->c.has_mount_ns;
	if (r < 0)
		return r;
	/* Recorded before it runs: whoever finds us dead after this finds the VPS. */
	m->state.status = VPS_RUNNING;
	m->state.init_pid = m->c.init_pid;
	m->state.init_start = process_start_ticks(m->c.init_pid);
	m->state.started_sec = time(NULL);
	m->state.is_watched = m->c.filter.is_watched && view_client_is_listening(&m->view);
	r = state_write(m->run_fd, &m->state, err);
	if (r == 0)
		r = container_start(&m->c, err);
	if (r < 0) {
		container_down(&m->c);
		return r;
	}
	event_record(m->root_fd, m->attach.name, "started",
		     json_pack("{si, si}", "init_pid", (int)m->c.init_pid, "restarts",
			       (int)m->state.restarts));
	if (m->c.console_fd >= 0)
		console_server_open(&m->console, fd_take(&m->c.console_fd));
	return 0;
}

/* ---- adoption ---- */

/* In a child: enter the VPS and bind a new pty over /dev/console, whose master died with our predecessor. */
_Noreturn static void renew_console(int init_fd, int sync_fd)
{
	OWN_FD root_fd = FD_NONE, master_fd = FD_NONE, slave_fd = FD_NONE;
	const int kept[] = { init_fd, sync_fd };
	struct vps_err err = { 0 };

	fd_keep_only(kept, ARRAY_LEN(kept));
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (setns(init_fd, CLONE_NEWUSER | CLONE_NEWNS) < 0 || setresgid(0, 0, 0) < 0 ||
	    setresuid(0, 0, 0) < 0)
		_exit(1);
	root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* The old slave went with its master: nothing can be mounted over what is deleted. */
	(void)umount2("/dev/console", MNT_DETACH | UMOUNT_NOFOLLOW);
	if (devfs_console(root_fd, &master_fd, &slave_fd, &err) < 0 ||
	    sync_send(sync_fd, SYNC_CONSOLE, master_fd) < 0)
		_exit(1);
	_exit(0);
}

static void adopt_console(struct monitor *m)
{
	OWN_FD master_fd = FD_NONE;
	struct vps_err ignored = { 0 };
	struct pollfd sent = { .events = POLLIN };
	bool has_ended;
	int fds[2];
	pid_t pid;

	if (sync_open(fds, &ignored) < 0)
		return;
	pid = fork();
	if (pid == 0)
		renew_console(m->c.init_fd, fds[1]);
	own_close(&fds[1]);
	if (pid > 0) {
		sent.fd = fds[0];
		has_ended = poll(&sent, 1, RENEW_MSEC) > 0;
		if (has_ended)
			(void)sync_wait(fds[0], &master_fd, &ignored);
		else
			(void)kill(pid, SIGKILL);
		/* One that hangs in the tenant's mounts ends when these do. */
		(void)waitpid(pid, NULL, has_ended ? 0 : WNOHANG);
	}
	own_close(&fds[0]);
	/* A VPS without a working console still runs; its log ends here. */
	if (master_fd >= 0)
		console_server_open(&m->console, fd_take(&master_fd));
}

/* The server has it, unless that was killed together with our predecessor. */
static void adopt_view(struct monitor *m)
{
	OWN_FD cg_fd = FD_NONE;
	struct vps_err ignored = { 0 };
	char scratch[PATH_MAX];

	if (view_client_adopt(&m->view, m->attach.name))
		return;
	(void)snprintf(scratch, sizeof(scratch), "%s/mnt", m->options->run_dir);
	cg_fd = cg_open(m->attach.cgroup);
	if (cg_fd >= 0)
		(void)view_repair(&m->view, m->attach.name, cg_fd, scratch, m->c.init_pid,
				  m->c.init_fd, &ignored);
}

static int adopt(struct monitor *m, struct vps_err *err)
{
	int r = state_read(m->run_fd, &m->state, err);

	if (r < 0)
		return r;
	container_begin(m);
	m->c.init_fd = state_open_init(&m->state);
	if (m->c.init_fd < 0)
		return vps_err_say(err, -VPS_ESTATE, "there is no init to take over");
	m->c.init_pid = m->state.init_pid;
	adopt_console(m);
	adopt_view(m);
	return 0;
}

/* ---- the end of a run ---- */

static bool was_out_of_memory(struct monitor *m)
{
	OWN_FD fd = cg_open(m->attach.cgroup);
	OWN_MEM char *text = NULL;
	struct vps_err ignored = { 0 };
	const char *at;

	if (fd < 0 || file_read(fd, "memory.events", 4096, &text, NULL, &ignored) < 0)
		return false;
	at = strstr(text, "oom_kill ");
	return at && at[strlen("oom_kill ")] != '0';
}

/* pid_namespaces(7), reboot(2): reboot() inside ends init by SIGHUP, power off by SIGINT. */
static struct ending judge(struct monitor *m, bool is_known, int wait_status)
{
	struct ending end = { .status = -1, .is_failure = true };
	const char *reason = "unknown";

	if (is_known && WIFEXITED(wait_status)) {
		end.status = WEXITSTATUS(wait_status);
		end.is_failure = end.status != 0;
		reason = "exited";
	} else if (is_known && WTERMSIG(wait_status) == SIGHUP) {
		end = (struct ending){ .is_reboot = true };
		reason = "reboot";
	} else if (is_known && WTERMSIG(wait_status) == SIGINT) {
		end = (struct ending){ .is_poweroff = true };
		reason = "poweroff";
	} else if (is_known) {
		end.status = 128 + WTERMSIG(wait_status);
		if (WTERMSIG(wait_status) == SIGKILL && was_out_of_memory(m))
			reason = "out of memory";
		else
			reason = NULL;
	}
	if (m->is_stopping && !end.is_poweroff && !end.is_reboot)
		reason = "stopped";
	if (reason)
		(void)snprintf(end.reason, sizeof(end.reason), "%s", reason);
	else
		(void)snprintf(end.reason, sizeof(end.reason), "killed by signal %d",
			       WTERMSIG(wait_status));
	return end;
}

static struct ending finish(struct monitor *m)
{
	struct vps_err ignored = { 0 };
	struct last_run last = { .started_sec = m->state.started_sec };
	struct ending end;
	int wait_status = 0;
	bool is_known = waitpid(m->c.init_pid, &wait_status, WNOHANG) == m->c.init_pid;

	end = judge(m, is_known, wait_status);
	last.ended_sec = time(NULL);
	last.restarts = m->state.restarts;
	last.exit_status = end.status;
	memcpy(last.reason, end.reason, sizeof(last.reason));
	/* On a full disk the report is lost, the VPS is not. */
	(void)last_run_write(m->vps_fd, &last, &ignored);
	alarms_handle(&m->alarms, NULL);	/* init may have been the victim */
	alarms_close(&m->alarms);
	elastic_loop_close(&m->elastic);
	event_record(m->root_fd, m->attach.name, "stopped",
		     json_pack("{si, ss}", "exit_status", end.status, "reason", end.reason));
	m->c.init_pid = 0;	/* reaped: container_down() must not wait for it */
	container_down(&m->c);
	m->state.init_pid = 0;
	return end;
}

static bool starts_again(const struct monitor *m, const struct ending *end)
{
	if (m->is_stopping)
		return false;
	if (end->is_reboot)
		return true;
	if (m->attach.restart_max && m->state.restarts >= m->attach.restart_max)
		return false;
	return !end->is_poweroff &&
	       (m->attach.restart == RESTART_ALWAYS ||
		(m->attach.restart == RESTART_ON_FAILURE && end->is_failure));
}

/* ---- the loop ---- */

static void accept_client(struct monitor *m)
{
	OWN_FD fd = accept4(m->control_fd, NULL, NULL, SOCK_CLOEXEC);
	OWN_FD passed_fd = FD_NONE;
	const struct timeval patience = { .tv_sec = 1 };
	enum control_kind kind;
	char data[CONTROL_PACKET];
	ssize_t len;

	if (fd < 0)
		return;
	/* Root's own tools connect here; the limit is for one that was stopped in between. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	len = control_receive(fd, &kind, data, sizeof(data), &passed_fd);
	if (len < 0)
		return;
	if (kind == CONTROL_CONSOLE) {
		console_server_add(&m->console, fd_take(&fd));
	} else if (kind == CONTROL_STOP) {
		m->is_stopping = true;
		(void)control_send(fd, CONTROL_DONE, NULL, 0);
	} else if (kind == CONTROL_LISTEN &&
		   view_client_listen(&m->view, fd_take(&passed_fd)) == 0) {
		(void)control_send(fd, CONTROL_DONE, NULL, 0);
	}
}

enum {
	POLL_INIT,
	POLL_CONTROL,
	POLL_VIEW,
	POLL_LISTENERS,
	POLL_ALARMS,
	POLL_ELASTIC = POLL_ALARMS + ALARMS,
	POLL_CONSOLE = POLL_ELASTIC + ELASTIC_FDS
};

static int sooner(int a_msec, int b_msec)
{
	return a_msec < 0 || (b_msec >= 0 && b_msec < a_msec) ? b_msec : a_msec;
}

/* Serve until init ends or (timeout_msec, -1: never) the time is over. True: init ended. */
static bool serve(struct monitor *m, int timeout_msec)
{
	struct pollfd fds[POLL_CONSOLE + CONSOLE_CLIENTS + 1];
	bool has_ended;
	size_t count;
	int n;

	fds[POLL_INIT] = (struct pollfd){ .fd = m->c.init_fd, .events = POLLIN };
	fds[POLL_CONTROL] = (struct pollfd){ .fd = m->control_fd, .events = POLLIN };
	fds[POLL_VIEW] = (struct pollfd){ .fd = m->view.server_fd, .events = POLLIN };
	fds[POLL_LISTENERS] = (struct pollfd){ .fd = m->view.listeners.epoll_fd, .events = POLLIN };
	count = console_server_poll(&m->console, fds + POLL_CONSOLE, &timeout_msec);
	alarms_poll(&m->alarms, fds + POLL_ALARMS);
	elastic_loop_poll(&m->elastic, fds + POLL_ELASTIC);
	timeout_msec = sooner(timeout_msec, alarms_timeout(&m->alarms));
	timeout_msec = sooner(timeout_msec, elastic_loop_timeout(&m->elastic));
	timeout_msec = sooner(timeout_msec, view_client_timeout(&m->view));
	n = poll(fds, POLL_CONSOLE + count, timeout_msec);
	has_ended = n > 0 && fds[POLL_INIT].revents & POLLIN;
	if (n >= 0) {
		alarms_handle(&m->alarms, fds + POLL_ALARMS);
		elastic_loop_handle(&m->elastic, fds + POLL_ELASTIC);
	}
	if (n > 0 && fds[POLL_LISTENERS].revents)
		(void)view_listeners_next(&m->view.listeners);	/* closes those that ended */
	if (n > 0)
		console_server_handle(&m->console, fds + POLL_CONSOLE, count);
	if (n > 0 && fds[POLL_CONTROL].revents & POLLIN)
		accept_client(m);
	/* Last, since it may take a while. */
	if (!has_ended && (view_client_is_lost(&m->view) || (n > 0 && fds[POLL_VIEW].revents)))
		view_client_restore(&m->view);
	return has_ended;
}

/* Serve for a while without a VPS; ends early when a stop is asked for. */
static void back_off(struct monitor *m, unsigned msec)
{
	const int64_t end = clock_msec() + msec;

	do
		(void)serve(m, 100);
	while (!m->is_stopping && clock_msec() < end);
}

/* The lock of the VPS, as any command takes it, while the control socket is still answered. */
static int take_vps_lock(struct monitor *m)
{
	while (!m->is_stopping) {
		struct vps_err ignored = { 0 };
		int fd = lock_take(m->run_fd, LOCK_NAME, 0, &ignored);

		if (fd >= 0)
			return fd;
		(void)serve(m, 20);
	}
	return FD_NONE;
}

/* Start again. False: stop was asked for, or it cannot be started any more. */
static bool restart(struct monitor *m, const struct ending *end, unsigned *backoff_msec)
{
	OWN_FD lock_fd = FD_NONE;
	struct vps_err err = { 0 };

	m->state.status = VPS_RESTARTING;
	(void)state_write(m->run_fd, &m->state, &err);
	if (time(NULL) - m->state.started_sec >= STEADY_SEC) {
		*backoff_msec = BACKOFF_FIRST;
		m->state.restarts = 0;
	}
	/* A reboot is no failure; one after the other is, and is paid for by the host. */
	if (!end->is_reboot || time(NULL) - m->state.started_sec < REBOOT_SEC) {
		back_off(m, *backoff_msec);
		*backoff_msec = *backoff_msec * 2 > BACKOFF_LAST ? BACKOFF_LAST : *backoff_msec * 2;
		m->state.restarts += !end->is_reboot;
	}
	lock_fd = take_vps_lock(m);
	if (lock_fd < 0)
		return false;
	m->attach.is_first_boot = false;
	err = (struct vps_err){ 0 };
	if (bring_up(m, &err) < 0) {
		struct last_run last = {
			.started_sec = m->state.started_sec,
			.ended_sec = time(NULL),
			.exit_status = -1,
			.reason = "could not be restarted",
		};
		char text[sizeof(err.text) + 64];

		dprintf(m->console.log_fd, "\r\nvps-monitor: %s\r\n",
			vps_err_message(&err, text, sizeof(text)));
		(void)last_run_write(m->vps_fd, &last, &err);
		return false;
	}
	return true;
}

static void watch(struct monitor *m)
{
	unsigned backoff_msec = BACKOFF_FIRST;
	struct ending end;

	for (;;) {
		/* A start is the only time when much memory is needed; this process stays for months. */
		container_settle(&m->c);
		(void)malloc_trim(0);
		look_after(m);
		shed_memory();
		while (!serve(m, -1))
			;
		end = finish(m);
		if (!starts_again(m, &end) || !restart(m, &end, &backoff_msec))
			return;
	}
}

static void report(const struct vps_err *err)
{
	int report_fd = MONITOR_REPORT_FD, lock_fd = MONITOR_LOCK_FD;

	/* Nobody may be there to read it; the VPS runs all the same. */
	(void)!write(report_fd, err, sizeof(*err));
	own_close(&report_fd);
	own_close(&lock_fd);
}

int monitor_run(const struct monitor_options *options)
{
	struct monitor m = {
		.options = options,
		.alarms = ALARMS_INIT,
		.elastic = ELASTIC_LOOP_INIT,
	};
	struct vps_err err = { 0 };
	char go;
	int r;

	view_client_init(&m.view, options->run_dir);
	m.root_fd = m.run_fd = m.vps_fd = m.cache_fd = m.lock_fd = m.control_fd = FD_NONE;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)fcntl(MONITOR_REPORT_FD, F_SETFD, FD_CLOEXEC);
	(void)fcntl(MONITOR_LOCK_FD, F_SETFD, FD_CLOEXEC);
	(void)setsid();
	inherited_reset();
	phase_end("monitor: loaded");
	/* The end of file instead: vpsctl could not write the bundle, or was killed. */
	if (read(MONITOR_REPORT_FD, &go, 1) != 1)
		return 1;
	phase_end("monitor: bundle awaited");
	r = open_files(&m, &err);
	phase_end("monitor: files");
	if (r == 0)
		r = options->is_adopting ? adopt(&m, &err) : bring_up(&m, &err);
	if (r < 0) {
		(void)unlinkat(m.run_fd, "control", 0);
		report(&err);
		return 1;
	}
	report(&(struct vps_err){ 0 });
	inherited_leave_cgroup();	/* nobody waits for this */
	watch(&m);
	console_server_free(&m.console);
	view_client_free(&m.view);
	(void)unlinkat(m.run_fd, "control", 0);
	(void)unlinkat(m.run_fd, "state.json", 0);
	return 0;
}
