// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands of runc that this version does not have: each says so, and takes whatever options come. */
#include <errno.h>

#include "cli/oci_say.h"

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	struct vps_err err = { 0 };

	(void)values;
	(void)count;
	(void)args;
	(void)vps_err_say(&err, -VPS_EHOST, "%s is not supported by this version", cli->command->name);
	(void)oci_say_error(cli, &err);
	return OCI_LACKING;
}

/* No table of options, and OCI_ANY: oci_main.c hands every word over. */
#define LATER(NAME, SUMMARY) {		\
	.name = NAME,			\
	.args = "ID",			\
	.summary = SUMMARY,		\
	.max_args = OCI_ANY,		\
	.run = run,			\
}

const struct oci_command oci_checkpoint = LATER("checkpoint", "not supported by this version");
const struct oci_command oci_restore = LATER("restore", "not supported by this version");
const struct oci_command oci_events = LATER("events", "not supported by this version");
