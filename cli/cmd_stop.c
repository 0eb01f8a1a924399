// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl stop: shuts VPSs down, or kills them when they take too long. */
#include "cli/commands.h"
#include "cli/each.h"
#include "cli/stop_options.h"

static int stop_one(struct cli *cli, const char *name, const void *values, struct vps_err *err)
{
	return vps_stop(cli->host, name, stop_timeout(values), err);
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	return each_selected(cli, values, count, args, NULL, stop_one);
}

const struct command cmd_stop = {
	.name = "stop",
	.args = "NAME... | --all",
	.summary = "shut VPSs down",
	.details = "Init is asked by the signal that it understands, and gets its time to end.\n"
		   "What still runs afterwards is killed. A VPS that is stopped stays so.\n",
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON | CMD_TOGETHER,
	.options = stop_options,
	.defaults = &stop_defaults,
	.values_size = sizeof(struct stop_values),
	.check = each_check,
	.run = run,
};
