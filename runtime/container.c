// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Brings containers up and takes them down, stage by stage; called by
 * vps-monitor and vps-oci.
 *
 *   runtime (this file)                     init (init.c)
 *   ---------------------------------------------------------------------
 *   userns, root, binds, filter, cgroup
 *   the view is begun: view_client.h
 *   clone3() into the cgroup ------------>  born in its namespaces: container_clone.c
 *   [systemd moves it into a scope]
 *   id maps, rlimits that are raised
 *   SYNC_MAPPED ------------------------->  rlimits, root and binds taken, root of the container
 *   device rules, files of the view  <----  SYNC_MOUNT with proc
 *   covers it, puts it in place: guard.h    ipc namespace; network, unless links are put there
 *                                    <----  SYNC_MOUNT with sysfs
 *   covers that                             the other mounts, device nodes
 *   SYNC_MOUNTED, SYNC_MOUNTED ---------->  what is mounted on those
 *   limits, links, network
 *                                    <----  SYNC_CONSOLE with the pty's master
 *                                    <----  SYNC_BUILT
 *   where init waits for hooks: prestart, createRuntime
 *   SYNC_ENTER -------------------------->  createContainer hooks
 *                                           switch of root, is the program there?
 *                                    <----  SYNC_READY
 *   "created"
 *   SYNC_START, or SYNC_START_UNWATCHED ->  startContainer hooks, user,
 *   (if starts_at_once: after SYNC_BUILT)   capabilities, filter
 *                                    <----  [SYNC_LISTENER with its descriptor]
 *   [SYNC_LISTENING, unless an agent has it] ->  execve()
 *   "running"                        <----  end of file: execve() closed it
 *
 * Whoever fails says why with SYNC_FAILED; whoever finds the other side gone gives up.
 */
#include "container.h"
#include "container_parts.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"
#include "base/phase.h"
#include "fault.h"
#include "hooks.h"
#include "isolation/labels.h"
#include "listener.h"
#include "sync.h"

char *container_state_json(const struct container *c, const char *status, pid_t pid)
{
	json_t *annotations = json_object();
	json_t *state;
	char *text;
	size_t i;

	for (i = 0; i < c->config.annotation_count; i++)
		(void)json_object_set_new(annotations, c->config.annotations[i].key,
					  json_string(c->config.annotations[i].value));
	state = json_pack("{s:s, s:s, s:s, s:s, s:o*}", "ociVersion", OCI_SPEC_VERSION, "id", c->id,
			  "status", status, "bundle", c->bundle, "annotations", annotations);
	if (state && pid)
		(void)json_object_set_new(state, "pid", json_integer(pid));
	text = state ? json_dumps(state, JSON_COMPACT) : NULL;
	json_decref(state);
	return text;
}

static void mountns_down(struct container *c)
{
	(void)c;	/* it goes with the process */
}

/* ---- userns: an id map to give to the root and the binds ---- */

/* Who joins a user namespace has its maps: device nodes and mounts are made for them. */
static int learn_maps(struct container *c, const char *path, struct vps_err *err)
{
	OWN_FD fd = ns_open(NS_USER, path, err);
	struct idmap map;
	int r = fd < 0 ? fd : idmap_read(fd, &c->config.arena, &map, err);

	if (r < 0)
		return r;
	if ((c->config.idmap.uid_count || c->config.idmap.gid_count) &&
	    !idmap_is_same(&c->config.idmap, &map))
		return vps_err_say(err, -EINVAL,
				   "linux.uidMappings and linux.gidMappings: other than those of user namespace %s",
				   path);
	c->config.idmap = map;
	return 0;
}

static int userns_up(struct container *c, struct vps_err *err)
{
	const char *path = c->config.namespaces[NS_USER].path;

	if (path)
		return learn_maps(c, path, err);
	if (!has_new(c, NS_USER) || !c->attachments || !c->attachments->root)
		return 0;
	c->userns_fd = idmap_userns(&c->config.idmap, err);
	return c->userns_fd < 0 ? c->userns_fd : 0;
}

static void userns_down(struct container *c)
{
	own_close(&c->userns_fd);
}

/* ---- filter ---- */

static int filter_up(struct container *c, struct vps_err *err)
{
	if (!c->config.has_seccomp || c->filter.program)
		return 0;
	if (c->view)
		view_watch(&c->config.seccomp);
	return syscalls_compile(&c->config.seccomp, c->cache_fd, &c->filter, err);
}

static void filter_down(struct container *c)
{
	syscalls_free(&c->filter);
}

/* ---- rdt ---- */

static int rdt_up(struct container *c, struct vps_err *err)
{
	int r = c->config.has_rdt ?
		rdt_create(rdt_mount_point(), &c->config.rdt, c->id, err) : 0;

	if (r < 0)
		c->config.has_rdt = false;	/* a class of that name is not ours to remove */
	return r;
}

static void rdt_down(struct container *c)
{
	if (c->config.has_rdt)
		rdt_remove(rdt_mount_point(), &c->config.rdt, c->id);
}

/* ---- network ---- */

static int network_up(struct container *c, struct vps_err *err)
{
	if (!c->attachments || !c->attachments->network_up || c->netns_fd < 0)
		return 0;
	return c->attachments->network_up(c, c->netns_fd, err);
}

static void network_down(struct container *c)
{
	own_close(&c->netns_fd);
	if (c->attachments && c->attachments->network_down)
		c->attachments->network_down(c);
}

/* ---- hooks and the switch of root ---- */

int container_run_hooks(struct container *c, enum oci_hook_kind kind, const char *status,
			pid_t pid, struct vps_err *err)
{
	OWN_MEM char *state = NULL;

	if (!c->config.hooks[kind].count)
		return 0;
	state = container_state_json(c, status, pid);
	if (!state)
		return vps_err_set(err, -ENOMEM, "cannot write the state");
	return hooks_run(c->config.hooks, kind, state, err);
}

/* One step of init, which builds its tree. */
static int serve(struct container *c, struct vps_err *err)
{
	OWN_FD passed_fd = FD_NONE;
	int step = sync_wait(c->sync_fd, &passed_fd, err);

	switch (step) {
	case SYNC_BUILT:
		c->is_built = true;
		return 0;
	case SYNC_MOUNT:
		return container_place(c, passed_fd, err);
	case SYNC_CONSOLE:
		c->console_fd = fd_take(&passed_fd);
		return 0;
	default:
		return step < 0 ? step :
				  vps_err_say(err, -EPIPE, "init ended while it built its tree");
	}
}

/* What init waits for. The rest it lays while we make the network. */
static int mounts_up(struct container *c, struct vps_err *err)
{
	int r = 0;

	while (r == 0 && !c->is_built && container_awaits_mount(c))
		r = serve(c, err);
	if (c->view)
		view_client_placed(c->view);
	return r < 0 ? vps_err_set(err, r, "cannot talk to the container's init") : 0;
}

static int run_outer_hooks(struct container *c, struct vps_err *err)
{
	int r = mountns_leave(c, err);

	if (r == 0)
		r = container_run_hooks(c, HOOK_PRESTART, "creating", c->init_pid, err);
	if (r == 0)
		r = container_run_hooks(c, HOOK_CREATE_RUNTIME, "creating", c->init_pid, err);
	return r == 0 ? sync_send(c->sync_fd, SYNC_ENTER, FD_NONE) : r;
}

/* An agent is to be reached before the filter can be loaded. */
static bool starts_early(const struct container *c)
{
	return c->starts_at_once && !syscalls_has_listener(&c->config.seccomp);
}

static int send_start(const struct container *c)
{
	bool is_unwatched = c->filter.is_watched && !view_client_is_listening(c->view);

	return sync_send(c->sync_fd, is_unwatched ? SYNC_START_UNWATCHED : SYNC_START, FD_NONE);
}

static int entered_up(struct container *c, struct vps_err *err)
{
	int r = 0;

	while (r == 0 && !c->is_built)
		r = serve(c, err);
	if (r == 0 && waits_to_enter(c))
		r = run_outer_hooks(c, err);
	/* Init may have failed already: then it has said why, and nobody takes this. */
	if (r == 0 && starts_early(c))
		(void)send_start(c);
	if (r == 0)
		r = sync_expect(c->sync_fd, SYNC_READY, err);
	/* As late as that: while init drops its old root, one would hold up the other. */
	if (r == 0)
		r = mountns_leave(c, err);
	return r < 0 ? vps_err_set(err, r, "cannot talk to the container's init") : 0;
}

static void entered_down(struct container *c)
{
	struct vps_err ignored = { 0 };

	(void)mountns_leave(c, &ignored);	/* where init failed before we had */
	/* "The runtime MUST log a failed poststop hook and go on": the caller's log has no room here. */
	(void)container_run_hooks(c, HOOK_POSTSTOP, "stopped", c->init_pid, &ignored);
}

/* Read downwards to bring a container up, upwards to take it down. */
static const struct stage {
	const char *name;
	int (*up)(struct container *c, struct vps_err *err);
	void (*down)(struct container *c);
} stages[] = {
	{ "mount namespace",	mountns_up,	mountns_down	},
	{ "user namespace",	userns_up,	userns_down	},
	{ "seccomp",		filter_up,	filter_down	},
	{ "root",		root_up,	root_down	},
	{ "cgroup",		cgroup_up,	cgroup_down	},
	{ "rdt",		rdt_up,		rdt_down	},
	{ "network",		NULL,		network_down	},
	{ "view",		view_up,	view_down	},
	{ "init",		init_up,	init_down	},
	{ "rules",		rules_up,	NULL		},
	{ "view files",		view_files_up,	view_down	},
	{ "mounts",		mounts_up,	NULL		},
	{ "limits",		limits_up,	NULL		},
	{ "links",		links_up,	NULL		},
	{ "network",		network_up,	NULL		},
	{ "enter",		entered_up,	entered_down	},
};

const char *container_stage(size_t i)
{
	return i < ARRAY_LEN(stages) ? stages[i].name : NULL;
}

int container_up(struct container *c, struct vps_err *err)
{
	const struct oci_config *config = &c->config;
	const char *failed = NULL;
	size_t i;
	int r = labels_check(config->process.apparmor_profile, config->process.selinux_label,
			     config->mount_label, err);

	if (r < 0)
		return r;

	for (i = 0; i < ARRAY_LEN(stages) && !failed; i++) {
		if (!stages[i].up)
			continue;
		if (fault_hits(stages[i].name, err))
			failed = stages[i].name;
		else if ((r = stages[i].up(c, err)) < 0) {
			(void)vps_err_set(err, r, "failed");	/* unless it said more */
			failed = stages[i].name;
		}
		phase_end(stages[i].name);
	}
	if (!failed) {
		c->moved_links = 0;	/* they are the container's now */
		return 0;
	}
	(void)vps_err_in(err, "%s", failed);
	while (i-- > 0)
		if (stages[i].down)
			stages[i].down(c);
	return err->code;
}

/* Of a container that another process may have brought up; it has lived until this moment. */
static void kill_init(const struct container *c)
{
	OWN_FD init_fd = pidfd_open(c->init_pid, 0);

	(void)syscall(SYS_pidfd_send_signal, init_fd, SIGKILL, NULL, 0);
}

/* Without it the program would go on as if those calls did not exist: it must not. */
static int inform_agent(struct container *c, int agent_fd, int listener_fd, struct vps_err *err)
{
	OWN_MEM char *state = container_state_json(c, "created", c->init_pid);
	int r = state ? listener_send(agent_fd, &c->config.seccomp, c->init_pid, listener_fd, state,
				      err) :
			vps_err_set(err, -ENOMEM, "cannot write the state");

	if (r < 0)
		kill_init(c);
	return r;
}

/* To the view, or to the agent. */
static int give_listener(struct container *c, int agent_fd, int *listener_fd, struct vps_err *err)
{
	int r;

	if (!c->filter.is_watched)
		return inform_agent(c, agent_fd, *listener_fd, err);
	r = view_client_listen(c->view, fd_take(listener_fd));
	if (r == 0)
		r = sync_send(c->sync_fd, SYNC_LISTENING, FD_NONE);
	return r < 0 ? vps_err_set(err, r, "cannot watch its system calls") : 0;
}

int container_start(struct container *c, struct vps_err *err)
{
	OWN_FD agent_fd = FD_NONE;
	int r = listener_connect(&c->config.seccomp, &agent_fd, err);

	if (r == 0 && !starts_early(c))
		r = send_start(c);
	if (r < 0)
		return vps_err_set(err, r, "cannot talk to the container's init");
	do {
		OWN_FD passed_fd = FD_NONE;

		r = sync_wait(c->sync_fd, &passed_fd, err);
		if (r == SYNC_LISTENER && give_listener(c, agent_fd, &passed_fd, err) < 0)
			return err->code;
	} while (r == SYNC_LISTENER);
	if (r < 0)
		return vps_err_in(err, "init");
	if (r != SYNC_STARTED)
		return vps_err_say(err, -EBADMSG, "init: step %d came instead of its start", r);
	own_close(&c->sync_fd);
	phase_end("start");
	r = container_run_hooks(c, HOOK_POSTSTART, "running", c->init_pid, err);
	if (r < 0)	/* "the runtime MUST generate an error, stop the container" */
		kill_init(c);
	return r;
}

void container_down(struct container *c)
{
	size_t i;

	for (i = ARRAY_LEN(stages); i-- > 0;)
		if (stages[i].down)
			stages[i].down(c);
	phase_end("down");
}

void container_settle(struct container *c)
{
	root_settle(c);
	own_close(&c->userns_fd);
	own_close(&c->netns_fd);
	syscalls_free(&c->filter);
	oci_free(&c->config);
}

void container_free(struct container *c)
{
	container_settle(c);
	own_close(&c->sync_fd);
	own_close(&c->console_fd);
	own_close(&c->init_fd);
	own_close(&c->cg_fd);
	own_close(&c->host_mntns_fd);
	own_close(&c->host_root_fd);
	own_close(&c->host_cwd_fd);
}
