// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci delete: removes what is left of a container, killing it first where that is asked for. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/oci_box.h"
#include "cli/oci_each.h"
#include "cli/oci_say.h"
#include "isolation/cg.h"
#include "isolation/rootless.h"

#define DEATH_MSEC	10000

struct delete_values {
	bool is_forced, is_regex;
};

static const struct option_row options[] = {
	{ 'f', "force", NULL, OPTION_SWITCH, offsetof(struct delete_values, is_forced),
	  "kill it first; no error when there is none" },
	{ 'r', "regex", NULL, OPTION_SWITCH, offsetof(struct delete_values, is_regex),
	  "ID is a regular expression: every container that it matches" },
	{ 0 },
};

/* Kill all of it and wait until init is gone. */
static int kill_box(struct oci_box *box, struct vps_err *err)
{
	OWN_FD cg_fd = cg_open(box->record.cgroup);
	struct pollfd ended = { .fd = box->init_fd, .events = POLLIN };
	int r;

	if (cg_fd >= 0)
		(void)cg_kill(cg_fd);	/* what this misses, cg_remove() finds */
	(void)syscall(SYS_pidfd_send_signal, box->init_fd, SIGKILL, NULL, 0);
	do
		r = poll(&ended, 1, DEATH_MSEC);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return vps_err_say(err, -ETIMEDOUT, "container %.100s does not die", box->id);
	own_close(&box->init_fd);
	return 0;
}

/* Cgroups that the container's root made are his, and he is one of this user's only in there. */
static void become_owner(const struct oci_box *box, const struct oci_config *config)
{
	static bool is_owner;
	struct vps_err ignored = { 0 };

	if (is_owner || geteuid() == 0 || !*box->record.cgroup || !config->idmap.uid_count)
		return;
	is_owner = rootless_enter(&config->idmap, &ignored) == 0;
}

static int take_down(struct oci_box *box, struct vps_err *err)
{
	struct container c = CONTAINER_INIT;
	struct vps_err ignored = { 0 };
	OWN_FD cg_fd = FD_NONE;

	/* Without its config there are no hooks to run; the rest goes all the same. */
	(void)oci_box_container(box, &c, &ignored);
	if (*box->record.bundle) {
		become_owner(box, &c.config);
		container_down(&c);
	}
	container_free(&c);
	cg_fd = *box->record.cgroup ? cg_open(box->record.cgroup) : FD_NONE;
	if (cg_fd >= 0 && cg_is_populated(cg_fd) > 0)
		return vps_err_say(err, -EBUSY, "a process of container %.100s refuses to die", box->id);
	return oci_box_remove(box, err);
}

static int delete(const struct oci_cli *cli, const char *id, bool is_forced, struct vps_err *err)
{
	OWN_BOX box = OCI_BOX_INIT;
	const char *status;
	int r = oci_box_open(cli, id, true, &box, err);

	if (r < 0)
		return r;
	status = oci_box_status(&box);
	/* A created one has run nothing of its own yet: runc lets it go, too. */
	if (!is_forced && strcmp(status, "stopped") && strcmp(status, "created"))
		return vps_err_say(err, -VPS_ESTATE,
				   "container %.100s is %s; kill it first, or use --force", id, status);
	if (box.init_fd >= 0)
		r = kill_box(&box, err);
	return r == 0 ? take_down(&box, err) : r;
}

static int delete_one(const struct oci_cli *cli, const char *id, void *arg, struct vps_err *err)
{
	const struct delete_values *wanted = arg;
	int r = delete(cli, id, wanted->is_forced, err);

	return r == -ENOENT && wanted->is_forced ? 0 : r;
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	struct delete_values wanted = *(const struct delete_values *)values;
	struct vps_err err = { 0 };
	int r = wanted.is_regex ? oci_each(cli, args[0], delete_one, &wanted, &err) :
				  delete_one(cli, args[0], &wanted, &err);

	(void)count;
	return r < 0 ? oci_say_error(cli, &err) : OCI_DONE;
}

const struct oci_command oci_delete = {
	.name = "delete",
	.args = "ID",
	.summary = "remove a container that has ended",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.values_size = sizeof(struct delete_values),
	.run = run,
};
