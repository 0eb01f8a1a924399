// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci start: lets the init of a created container run its program. */
#include <errno.h>
#include <string.h>

#include "cli/oci_box.h"
#include "cli/oci_say.h"

static int start(struct oci_box *box, struct container *c, struct vps_err *err)
{
	const char *status = oci_box_status(box);
	int r;

	if (strcmp(status, "created"))
		return vps_err_say(err, -VPS_ESTATE, "container %.100s is %s; only a created one can be started",
				   box->id, status);
	r = oci_box_container(box, c, err);
	if (r < 0)
		return r;
	c->sync_fd = oci_box_connect(box, err);
	if (c->sync_fd < 0)
		return c->sync_fd;
	/* Its absence is what tells "created" from "running". */
	oci_box_unlink_gate(box);
	return container_start(c, err);
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	OWN_BOX box = OCI_BOX_INIT;
	struct container c = CONTAINER_INIT;
	struct vps_err err = { 0 };
	int r = oci_box_open(cli, args[0], true, &box, &err);

	(void)values;
	(void)count;
	if (r == 0)
		r = start(&box, &c, &err);
	container_free(&c);
	return r < 0 ? oci_say_error(cli, &err) : OCI_DONE;
}

const struct oci_command oci_start = {
	.name = "start",
	.args = "ID",
	.summary = "run the program of a created container",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
