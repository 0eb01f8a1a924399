// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl console: attaches the terminal to the console of a VPS. */
#include "cli/commands.h"
#include "cli/say.h"
#include "runtime/vps.h"

static int run(struct cli *cli, const void *values, int count, char **args)
{
	struct vps_err err = { 0 };

	(void)values;
	(void)count;
	if (vps_console(cli->host, args[0], &err) < 0)
		return say_error(cli, args[0], &err);
	return EXIT_DONE;
}

const struct command cmd_console = {
	.name = "console",
	.args = "NAME",
	.summary = "attach this terminal to the console of a VPS",
	.details = "Ctrl-] and then '.' leaves; the VPS runs on.\n",
	.min_args = 1,
	.max_args = 1,
	.flags = CMD_ROOT | CMD_HOST,
	.run = run,
};
