// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci exec: runs one more program inside a running container. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/fileio.h"
#include "base/phase.h"
#include "base/path.h"
#include "base/units.h"
#include "cli/oci_bring.h"
#include "cli/oci_exe.h"
#include "cli/oci_fds.h"
#include "cli/oci_say.h"
#include "isolation/cg.h"
#include "runtime/join.h"
#include "runtime/relay.h"
#include "runtime/streams.h"

#define PROCESS_MAX	(1u << 20)	/* bytes of a process document */
#define GROUPS_MAX	1024

struct exec_values {
	const char      *process, *console_socket, *cwd, *user, *pid_file, *apparmor, *label, *cgroup;
	struct text_list env, groups, caps;
	bool             has_tty, no_new_privs, is_detached, ignores_paused, no_subreaper;
	size_t           preserved_fds;
};

#define VALUE(member)	offsetof(struct exec_values, member)

static const struct option_row options[] = {
	{ 'p', "process", "FILE", OPTION_TEXT, VALUE(process), "what to run, as a JSON document" },
	{ 't', "tty", NULL, OPTION_SWITCH, VALUE(has_tty), "give it a terminal" },
	{ 0, "console-socket", "SOCKET", OPTION_TEXT, VALUE(console_socket), "where to send the terminal" },
	{ 0, "cwd", "DIR", OPTION_TEXT, VALUE(cwd), "in this directory" },
	{ 'e', "env", "KEY=VALUE", OPTION_LIST, VALUE(env), "add to its environment; may be given again" },
	{ 'u', "user", "UID[:GID]", OPTION_TEXT, VALUE(user), "as this user" },
	{ 'g', "additional-gids", "GID", OPTION_LIST, VALUE(groups), "with this group, too; may be given again" },
	{ 'c', "cap", "CAP", OPTION_LIST, VALUE(caps), "with this capability, too; may be given again" },
	{ 0, "apparmor", "PROFILE", OPTION_TEXT, VALUE(apparmor), "under this AppArmor profile" },
	{ 0, "process-label", "LABEL", OPTION_TEXT, VALUE(label), "under this SELinux label" },
	{ 0, "no-new-privs", NULL, OPTION_SWITCH, VALUE(no_new_privs), "it can gain no privileges" },
	{ 'd', "detach", NULL, OPTION_SWITCH, VALUE(is_detached), "do not wait for it" },
	{ 0, "pid-file", "FILE", OPTION_TEXT, VALUE(pid_file), "write its pid here" },
	{ 0, "preserve-fds", "N", OPTION_COUNT, VALUE(preserved_fds), "pass so many descriptors on, from 3 up" },
	{ 0, "cgroup", "PATH", OPTION_TEXT, VALUE(cgroup), "in this cgroup below the container's" },
	{ 0, "no-subreaper", NULL, OPTION_SWITCH, VALUE(no_subreaper), "accepted: vps-oci never is one" },
	{ 0, "ignore-paused", NULL, OPTION_SWITCH, VALUE(ignores_paused), "also in a paused container: it waits there" },
	{ 0 },
};

/* What an exec works on, released together. */
struct target {
	struct oci_box         box;
	struct oci_config      config;
	struct syscalls_filter filter;
	int                    cg_fd;
};

static void target_free(struct target *t)
{
	syscalls_free(&t->filter);
	oci_free(&t->config);
	own_close(&t->cg_fd);
	oci_box_close(&t->box);
}

/* One that exists below the container's own; never what a symlink or ".." leads to. */
static int open_cgroup(const struct oci_box *box, const char *path, struct vps_err *err)
{
	OWN_FD base_fd = FD_NONE;
	int fd;

	if (!path && !*box->record.cgroup)
		return FD_NONE;	/* rootless, without one */
	if (!path)
		return cg_open_for_exec(box->record.cgroup, box->record.init_pid, err);
	path += strspn(path, "/");
	base_fd = oci_box_cgroup(box, "below which --cgroup would be", err);
	if (base_fd < 0)
		return base_fd;
	fd = path_open(base_fd, *path ? path : ".", O_RDONLY | O_DIRECTORY, 0,
		       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	return fd < 0 ? vps_err_set(err, fd, "--cgroup: cannot open %s below the container's cgroup",
				    path) : fd;
}

static int target_open(const struct oci_cli *cli, const char *id, const struct exec_values *values,
		       struct target *t, struct vps_err *err)
{
	OWN_FD cache_fd = FD_NONE;
	int r = oci_exe_check(err);

	if (r == 0)
		r = oci_box_open(cli, id, true, &t->box, err);
	if (r < 0)
		return r;
	if (t->box.init_fd < 0)
		return vps_err_say(err, -VPS_ESTATE, "container not running: %.100s", id);
	if (!values->ignores_paused && !strcmp(oci_box_status(&t->box), "paused"))
		return vps_err_say(err, -VPS_ESTATE,
				   "container %.100s is paused; resume it first, or use --ignore-paused", id);
	phase_end("directory");
	r = oci_box_config(&t->box, &t->config, &t->filter, err);
	if (r < 0)
		return r;
	phase_end("config");
	t->cg_fd = open_cgroup(&t->box, values->cgroup, err);
	if (err->code)
		return err->code;
	if (!t->config.has_seccomp || t->filter.program)
		return 0;
	cache_fd = oci_box_cache(&t->box);
	return syscalls_compile(&t->config.seccomp, cache_fd, &t->filter, err);
}

/* ---- what to run ---- */

static int read_document(const char *path, struct arena *arena, struct oci_process *process,
			 struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	size_t len;
	int r = file_read(AT_FDCWD, path, PROCESS_MAX, &text, &len, err);

	if (r == 0)
		r = oci_parse_process(text, len, arena, process, err);
	return r < 0 ? vps_err_in(err, "--process") : 0;
}

/* "UID" or "UID:GID". */
static int set_user(const char *user, struct oci_process *process, struct vps_err *err)
{
	const char *colon = strchr(user, ':');
	uint64_t uid, gid = process->gid;
	size_t len = colon ? (size_t)(colon - user) : strlen(user);
	char text[16] = "";

	if (len < sizeof(text))		/* never a part of it */
		memcpy(text, user, len);
	if (number_parse(text, 0, UINT32_MAX - 1, &uid) < 0 ||
	    (colon && number_parse(colon + 1, 0, UINT32_MAX - 1, &gid) < 0))
		return vps_err_say(err, -EINVAL, "--user: \"%.60s\" is not of the form UID[:GID]", user);
	process->uid = (uid_t)uid;
	process->gid = (gid_t)gid;
	return 0;
}

static int set_groups(const struct text_list *list, struct arena *arena,
		      struct oci_process *process, struct vps_err *err)
{
	size_t before = process->group_count, i;
	gid_t *groups = arena_array(arena, before + list->count + 1, sizeof(*groups));

	if (!groups || list->count > GROUPS_MAX)
		return vps_err_set(err, -ENOMEM, "--additional-gids");
	if (before)
		memcpy(groups, process->groups, before * sizeof(*groups));
	for (i = 0; i < list->count; i++) {
		uint64_t gid;

		if (number_parse(list->items[i], 0, UINT32_MAX - 1, &gid) < 0)
			return vps_err_say(err, -EINVAL, "--additional-gids: \"%.60s\" is not a number",
					   list->items[i]);
		groups[before + i] = (gid_t)gid;
	}
	process->groups = groups;
	process->group_count = before + list->count;
	return 0;
}

static int add_caps(const struct text_list *list, struct oci_process *process, struct vps_err *err)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		int number = caps_parse(list->items[i]);

		if (number < 0)
			return vps_err_say(err, -EINVAL, "--cap: \"%.60s\" is not a capability",
					   list->items[i]);
		process->caps.bounding |= 1ull << number;
		process->caps.permitted |= 1ull << number;
		process->caps.effective |= 1ull << number;
	}
	return 0;
}

/* The environment of the container with that of the command line behind it: the last one counts. */
static int add_env(const struct text_list *list, struct arena *arena, struct oci_process *process,
		   struct vps_err *err)
{
	size_t count = 0, i, j, n = 0;
	const char **env;

	while (process->env && process->env[count])
		count++;
	env = arena_array(arena, count + list->count + 1, sizeof(*env));
	if (!env)
		return vps_err_set(err, -ENOMEM, "--env");
	for (i = 0; i < count; i++) {
		bool is_replaced = false;

		for (j = 0; j < list->count; j++)
			is_replaced |= !strncmp(process->env[i], list->items[j],
						strcspn(process->env[i], "=") + 1);
		if (!is_replaced)
			env[n++] = process->env[i];
	}
	for (i = 0; i < list->count; i++) {
		if (!strchr(list->items[i], '='))
			return vps_err_say(err, -EINVAL, "--env: \"%.60s\" is not of the form KEY=VALUE",
					   list->items[i]);
		env[n++] = list->items[i];
	}
	process->env = env;
	return 0;
}

/* What a process document leaves out and the container's own program has. */
static void inherit(const struct oci_process *from, struct oci_process *process)
{
	if (!process->has_caps) {
		process->has_caps = from->has_caps;
		process->caps = from->caps;
	}
	if (!process->rlimit_count) {
		process->rlimits = from->rlimits;
		process->rlimit_count = from->rlimit_count;
	}
	if (!process->apparmor_profile)
		process->apparmor_profile = from->apparmor_profile;
	if (!process->selinux_label)
		process->selinux_label = from->selinux_label;
}

static int compose(const struct exec_values *values, char **argv, struct oci_config *config,
		   struct oci_process *process, struct vps_err *err)
{
	struct winsize size;
	int r;

	if (values->process) {
		r = read_document(values->process, &config->arena, process, err);
		if (r == 0)
			inherit(&config->process, process);
		return r;
	}
	*process = config->process;
	process->args = (const char *const *)argv;
	process->terminal = values->has_tty;
	process->no_new_privileges |= values->no_new_privs;
	if (values->cwd)
		process->cwd = values->cwd;
	if (values->apparmor)
		process->apparmor_profile = values->apparmor;
	if (values->label)
		process->selinux_label = values->label;
	if (values->has_tty && ioctl(0, TIOCGWINSZ, &size) == 0) {
		process->rows = size.ws_row;
		process->columns = size.ws_col;
	}
	r = values->user ? set_user(values->user, process, err) : 0;
	if (r == 0)
		r = set_groups(&values->groups, &config->arena, process, err);
	if (r == 0)
		r = add_caps(&values->caps, process, err);
	return r == 0 ? add_env(&values->env, &config->arena, process, err) : r;
}

/* ---- running it ---- */

/* The process runs: hand over what was asked for, then wait, unless somebody else does. */
static int attend(const struct exec_values *values, struct join *join, struct streams *streams,
		  int socket_fd, int signal_fd, int *ret_status, struct vps_err *err)
{
	int r = oci_bring_pid_file(AT_FDCWD, values->pid_file, join->pid, err);

	if (r == 0 && socket_fd >= 0 && join->master_fd >= 0) {
		r = oci_bring_send_console(socket_fd, join->master_fd, err);
		own_close(&join->master_fd);
	}
	if (r < 0)
		return r;
	*ret_status = OCI_DONE;
	if (values->is_detached)
		return 0;
	if (join->master_fd >= 0)
		relay_terminal(join->master_fd, join->pid_fd, signal_fd, false);
	else
		streams_relay(streams, join->pid, join->pid_fd, signal_fd);
	*ret_status = relay_wait(join->pid);
	return 0;
}

static int check(const struct exec_values *values, const struct oci_process *process,
		 struct vps_err *err)
{
	bool has_terminal = process->terminal;

	if (has_terminal && values->is_detached && !values->console_socket)
		return vps_err_say(err, -EINVAL,
				   "it wants a terminal and nobody stays to serve it; use --console-socket");
	if (!has_terminal && values->console_socket)
		return vps_err_say(err, -EINVAL, "--console-socket is given, but no terminal is wanted");
	return oci_fds_check(values->preserved_fds, err);
}

/* What the agent of a filter is told of the container; NULL without one, or without memory. */
static char *state_for_listener(const struct target *t)
{
	const struct container c = {
		.id = t->box.id, .bundle = t->box.record.bundle, .config = t->config,
	};

	return t->config.has_seccomp && t->config.seccomp.listener_path ?
		container_state_json(&c, "running", t->box.record.init_pid) : NULL;
}

static int exec(const struct exec_values *values, char **argv, struct target *t, int *ret_status,
		struct vps_err *err)
{
	OWN_MEM char *state = state_for_listener(t);
	OWN_STREAMS streams = STREAMS_INIT;
	struct join join = {
		.init_fd = t->box.init_fd,
		.state = state,
		.id = t->box.id,
		.cg_fd = t->cg_fd,
		.config = &t->config,
		.filter = t->config.has_seccomp ? &t->filter : NULL,
		.preserved_fds = (unsigned)values->preserved_fds,
		.stdio = streams.inside,
	};
	OWN_FD socket_fd = FD_NONE, signal_fd = FD_NONE;
	int not_run, r = compose(values, argv, &t->config, &join.process, err);

	if (r == 0)
		r = check(values, &join.process, err);
	if (r == 0 && !values->is_detached)
		r = streams_open(&streams, true, err);
	if (r < 0)
		return r;
	if (values->console_socket) {
		socket_fd = oci_bring_console(values->console_socket, err);
		if (socket_fd < 0)
			return socket_fd;
	}
	/*
	 * All that is needed of the container is held by descriptors. In a paused
	 * one this takes until somebody resumes it, who needs the lock.
	 */
	oci_box_unlock(&t->box);
	r = join_start(&join, &not_run, err);
	if (r < 0)
		return r;
	/* Not before: whoever waits for a container that does not let him in must be able to leave. */
	signal_fd = values->is_detached ? FD_NONE : relay_watch_signals();
	r = attend(values, &join, &streams, socket_fd, signal_fd, ret_status, err);
	phase_end("program");
	own_close(&join.master_fd);
	own_close(&join.pid_fd);
	return r;
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	const struct exec_values *wanted = values;
	struct target t = { .box = OCI_BOX_INIT, .cg_fd = FD_NONE };
	struct vps_err err = { 0 };
	int status = OCI_NOT_RUN, r;

	if (wanted->process ? count > 1 : count < 2)
		return oci_say_misuse(cli, wanted->process ? "--process and a command exclude each other" :
							     "missing argument: COMMAND, or --process");
	r = target_open(cli, args[0], wanted, &t, &err);
	phase_end("cgroup and seccomp");
	if (r == 0)
		r = exec(wanted, args + 1, &t, &status, &err);
	target_free(&t);
	phase_end("cleanup");
	if (r < 0) {
		(void)vps_err_in(&err, "exec failed");
		(void)oci_say_error(cli, &err);
		return OCI_NOT_RUN;
	}
	return status;
}

const struct oci_command oci_exec = {
	.name = "exec",
	.args = "ID COMMAND [ARGUMENT]...",
	.summary = "run a program inside a container",
	.min_args = 1,
	.max_args = OCI_ANY,
	.is_ordered = true,
	.options = options,
	.values_size = sizeof(struct exec_values),
	.run = run,
};
