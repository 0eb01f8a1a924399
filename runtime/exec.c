// SPDX-License-Identifier: LGPL-2.1-or-later
/* vps_exec(): a program inside a VPS, with a terminal or pipes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "control.h"
#include "host.h"
#include "isolation/cg.h"
#include "join.h"
#include "relay.h"
#include "streams.h"
#include "view_client.h"

/* What an exec needs of a running VPS, gathered under its lock, used without it. */
struct target {
	struct oci_config      config;
	struct syscalls_filter filter;
	int                    init_fd, cg_fd, run_fd;
	struct vps_host       *host;
	const char            *name;
	bool                   is_unheard;	/* nobody listens on what was watched */
};

#define TARGET_INIT	{ .init_fd = FD_NONE, .cg_fd = FD_NONE, .run_fd = FD_NONE }

static void target_free(struct target *t)
{
	own_close(&t->init_fd);
	own_close(&t->cg_fd);
	own_close(&t->run_fd);
	syscalls_free(&t->filter);
	oci_free(&t->config);
}

static int target_open(struct vps_host *host, const char *name, struct target *t,
		       struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	OWN_FD cache_fd = FD_NONE;
	struct attach attach = { 0 };
	int r = vps_lock(host, name, &vps, err);

	t->host = host;
	t->name = name;
	if (r < 0)
		return r;
	if (vps.init_fd < 0)
		return vps_err_say(err, -VPS_ESTATE, "it is not running");
	r = bundle_load(vps.run_fd, &t->config, err);
	if (r == 0)
		r = attach_load(vps.run_fd, &attach, err);
	if (r == 0) {
		t->cg_fd = cg_open_for_exec(attach.cgroup, vps.state.init_pid, err);
		r = t->cg_fd < 0 ? t->cg_fd : 0;
	}
	if (r == 0 && cg_is_frozen(t->cg_fd) > 0)
		r = vps_err_say(err, -VPS_ESTATE, "it is paused; resume it first");
	if (r == 0 && vps.state.is_watched)
		view_watch(&t->config.seccomp);
	cache_fd = openat(host->root_fd, "cache", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == 0 && t->config.has_seccomp)
		r = syscalls_compile(&t->config.seccomp, cache_fd, &t->filter, err);
	t->init_fd = fd_take(&vps.init_fd);
	t->run_fd = fd_take(&vps.run_fd);
	attach_free(&attach);
	return r;
}

/* For struct join: by the monitor. Where that was killed a moment ago, the lock brings another. */
static int listen_calls(void *arg, int listener_fd, struct vps_err *err)
{
	struct target *t = arg;
	OWN_VPS vps = VPS_INIT;
	int r = control_listen_calls(t->run_fd, listener_fd);

	if (r == 0)
		return 0;
	r = vps_lock(t->host, t->name, &vps, err);
	if (r == 0)
		r = control_listen_calls(vps.run_fd, listener_fd);
	t->is_unheard = r < 0;
	return r < 0 ? vps_err_set(err, r, "its monitor does not listen") : 0;
}

/* The VPS's own environment with that of the request over it. */
static const char *const *merge_env(struct arena *arena, const char *const *base,
				    const char *const *added)
{
	size_t count = 0, n = 0, i, j;
	const char **env;

	for (i = 0; base && base[i]; i++)
		count++;
	for (i = 0; added && added[i]; i++)
		count++;
	env = arena_array(arena, count + 1, sizeof(*env));
	for (i = 0; env && base && base[i]; i++) {
		size_t len = strcspn(base[i], "=") + 1;
		bool is_replaced = false;

		for (j = 0; added && added[j]; j++)
			is_replaced |= strncmp(base[i], added[j], len) == 0;
		/* The user's own, which his passwd entry decides. */
		if (!is_replaced && strncmp(base[i], "HOME=", 5) != 0 &&
		    strncmp(base[i], "USER=", 5) != 0)
			env[n++] = base[i];
	}
	for (i = 0; env && added && added[i]; i++) {
		const char *const *later = added + i + 1;
		size_t len = strcspn(added[i], "=") + 1;

		while (*later && strncmp(*later, added[i], len) != 0)
			later++;
		if (!*later)
			env[n++] = added[i];
	}
	return env;
}

static struct join plan_join(struct target *target, const struct vps_exec *exec,
			     const struct streams *streams)
{
	struct winsize size;
	struct join join = {
		.init_fd = target->init_fd,
		.cg_fd = target->cg_fd,
		.config = &target->config,
		.process = target->config.process,
		.user = exec->user ? exec->user : "root",
		.filter = target->config.has_seccomp ? &target->filter : NULL,
		.listen = listen_calls,
		.listen_arg = target,
		.stdio = streams->inside,
		.resets_inherited = true,
	};
	join.process.args = exec->argv;
	join.process.cwd = exec->cwd;
	join.process.terminal = exec->has_tty;
	join.process.env = merge_env(&target->config.arena, target->config.process.env, exec->env);
	if (exec->has_tty && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) {
		join.process.rows = size.ws_row;
		join.process.columns = size.ws_col;
	}
	return join;
}

int vps_exec(struct vps_host *host, const char *name, const struct vps_exec *exec,
	     int *ret_status, struct vps_err *err)
{
	struct target target = TARGET_INIT;
	OWN_STREAMS streams = STREAMS_INIT;
	OWN_FD signal_fd = FD_NONE;
	struct join join;
	int status, r = target_open(host, name, &target, err);

	if (r == 0 && !exec->has_tty)
		r = streams_open(&streams, false, err);
	if (r < 0) {
		target_free(&target);
		return r;
	}
	join = plan_join(&target, exec, &streams);
	r = join_start(&join, &status, err);
	if (r < 0 && target.is_unheard) {	/* better with the host's numbers than not at all */
		syscalls_unwatch(&target.filter);
		*err = (struct vps_err){ 0 };
		r = join_start(&join, &status, err);
	}
	/* Not before: whoever waits for a VPS that does not let him in must be able to leave. */
	signal_fd = relay_watch_signals();
	if (r < 0) {
		target_free(&target);
		if (status == 125)
			return r;
		*ret_status = status;
		return 0;
	}
	if (join.master_fd >= 0)
		relay_terminal(join.master_fd, join.pid_fd, signal_fd, false);
	else
		streams_relay(&streams, join.pid, join.pid_fd, signal_fd);
	own_close(&join.master_fd);
	*ret_status = relay_wait(join.pid);
	own_close(&join.pid_fd);
	target_free(&target);
	return 0;
}
