// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci kill: sends a signal to a container's init, or to all of it. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/oci_box.h"
#include "cli/oci_each.h"
#include "cli/oci_say.h"
#include "isolation/cg.h"
#include "runtime/signals.h"

struct kill_values {
	bool is_all, is_regex;
	int  signal;		/* which, for each of them */
};

static const struct option_row options[] = {
	{ 'a', "all", NULL, OPTION_SWITCH, offsetof(struct kill_values, is_all),
	  "to every process of the container" },
	{ 'r', "regex", NULL, OPTION_SWITCH, offsetof(struct kill_values, is_regex),
	  "ID is a regular expression: every container that it matches" },
	{ 0 },
};

static int send_init(const struct oci_box *box, int signal, struct vps_err *err)
{
	/* Engines look for these words when they kill what has ended by itself. */
	if (box->init_fd < 0)
		return vps_err_say(err, -ESRCH, "container not running: %.100s", box->id);
	if (syscall(SYS_pidfd_send_signal, box->init_fd, signal, NULL, 0) < 0)
		return vps_err_set(err, -errno, "cannot send signal %d to container %.100s", signal,
				   box->id);
	return 0;
}

static int send_all(const struct oci_box *box, int signal, struct vps_err *err)
{
	OWN_FD cg_fd = cg_open(box->record.cgroup);
	int r;

	/* With its init, all of a pid namespace goes. */
	if (!*box->record.cgroup && signal == SIGKILL)
		return send_init(box, signal, err);
	if (!*box->record.cgroup)
		return oci_box_cgroup(box, "and without one only KILL reaches all of it", err);
	if (cg_fd < 0 || cg_is_populated(cg_fd) == 0)
		return vps_err_say(err, -ESRCH, "container not running: %.100s", box->id);
	if (signal != SIGKILL)
		return cg_signal(cg_fd, signal, err);
	r = cg_kill(cg_fd);
	return r < 0 ? vps_err_set(err, r, "cannot kill container %.100s", box->id) : 0;
}

/* Whether the kernel kills the rest when init ends: it does so for a pid namespace of its own. */
static bool ends_with_init(const struct oci_box *box)
{
	struct oci_config config = { 0 };
	struct vps_err ignored = { 0 };
	bool ends = true;

	if (oci_box_config(box, &config, NULL, &ignored) == 0)
		ends = config.namespaces[NS_PID].is_listed && !config.namespaces[NS_PID].path;
	oci_free(&config);
	return ends;
}

static int kill_one(const struct oci_cli *cli, const char *id, void *arg, struct vps_err *err)
{
	const struct kill_values *wanted = arg;
	OWN_BOX box = OCI_BOX_INIT;
	int r = oci_box_open(cli, id, false, &box, err);

	if (r < 0)
		return r;
	if (wanted->signal == SIGKILL && box.init_fd >= 0 && *box.record.cgroup && !ends_with_init(&box))
		return send_all(&box, SIGKILL, err);
	return wanted->is_all ? send_all(&box, wanted->signal, err) :
				  send_init(&box, wanted->signal, err);
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	struct kill_values wanted = *(const struct kill_values *)values;
	struct vps_err err = { 0 };
	int r;

	wanted.signal = count > 1 ? signal_parse(args[1]) : SIGTERM;
	if (count > 1 && strcmp(args[1], "0") == 0)	/* kill(2): only look whether it is there */
		wanted.signal = 0;
	if (wanted.signal < 0)
		return oci_say_misuse(cli, "\"%.60s\" is not a signal; allowed are names, and 0 to 64",
				      args[1]);
	r = wanted.is_regex ? oci_each(cli, args[0], kill_one, &wanted, &err) :
			      kill_one(cli, args[0], &wanted, &err);
	return r < 0 ? oci_say_error(cli, &err) : OCI_DONE;
}

const struct oci_command oci_kill = {
	.name = "kill",
	.args = "ID [SIGNAL]",
	.summary = "send a signal (TERM) to a container",
	.min_args = 1,
	.max_args = 2,
	.options = options,
	.values_size = sizeof(struct kill_values),
	.run = run,
};
