// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci pause and resume: freezes a container's cgroup, and thaws it. */
#include <errno.h>
#include <string.h>

#include "cli/oci_box.h"
#include "cli/oci_say.h"
#include "isolation/cg.h"

#define FREEZE_MSEC	10000

static int freeze(struct oci_box *box, bool is_frozen, struct vps_err *err)
{
	const char *status = oci_box_status(box), *wanted = is_frozen ? "running" : "paused";
	OWN_FD cg_fd = FD_NONE;

	if (strcmp(status, wanted))
		return vps_err_say(err, -VPS_ESTATE, "container %.100s is %s, not %s", box->id, status,
				   wanted);
	cg_fd = oci_box_cgroup(box, "by which it would be stopped", err);
	return cg_fd < 0 ? cg_fd : cg_freeze(cg_fd, is_frozen, FREEZE_MSEC, err);
}

static int run_either(const struct oci_cli *cli, const char *id, bool is_frozen)
{
	OWN_BOX box = OCI_BOX_INIT;
	struct vps_err err = { 0 };

	if (oci_box_open(cli, id, true, &box, &err) < 0 || freeze(&box, is_frozen, &err) < 0)
		return oci_say_error(cli, &err);
	return OCI_DONE;
}

static int run_pause(const struct oci_cli *cli, const void *values, int count, char **args)
{
	(void)values;
	(void)count;
	return run_either(cli, args[0], true);
}

static int run_resume(const struct oci_cli *cli, const void *values, int count, char **args)
{
	(void)values;
	(void)count;
	return run_either(cli, args[0], false);
}

const struct oci_command oci_pause = {
	.name = "pause",
	.args = "ID",
	.summary = "stop every process of a container where it is",
	.min_args = 1,
	.max_args = 1,
	.run = run_pause,
};

const struct oci_command oci_resume = {
	.name = "resume",
	.args = "ID",
	.summary = "let a paused container go on",
	.min_args = 1,
	.max_args = 1,
	.run = run_resume,
};
