// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci create: everything but the last step of a container's init. */
#include "cli/oci_bring.h"
#include "cli/oci_say.h"

static const struct option_row options[] = { OCI_BRING_ROWS, { 0 } };

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	struct oci_bring bring = OCI_BRING_INIT;
	struct vps_err err = { 0 };
	int r = oci_bring_up(cli, values, args[0], true, &bring, &err);

	(void)count;
	oci_bring_free(&bring);
	return r < 0 ? oci_bring_say(cli, &bring, &err) : OCI_DONE;
}

const struct oci_command oci_create = {
	.name = "create",
	.args = "ID",
	.summary = "create a container from a bundle; start runs it",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.values_size = sizeof(struct oci_bring_values),
	.run = run,
};
