// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl rename: gives a stopped VPS another name. */
#include "cli/commands.h"
#include "cli/say.h"
#include "runtime/vps.h"

static int run(struct cli *cli, const void *values, int count, char **args)
{
	struct vps_err err = { 0 };

	(void)values;
	(void)count;
	if (vps_rename(cli->host, args[0], args[1], &err) < 0)
		return say_error(cli, args[0], &err);
	return EXIT_DONE;
}

const struct command cmd_rename = {
	.name = "rename",
	.args = "NAME NEW-NAME",
	.summary = "give a stopped VPS another name",
	.min_args = 2,
	.max_args = 2,
	.flags = CMD_ROOT | CMD_HOST,
	.run = run,
};
