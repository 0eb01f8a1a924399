// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl restart: stops VPSs and starts them again. */
#include "cli/commands.h"
#include "cli/each.h"
#include "cli/stop_options.h"

static int restart_one(struct cli *cli, const char *name, const void *values,
		       struct vps_err *err)
{
	return vps_restart(cli->host, name, stop_timeout(values), err);
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	return each_selected(cli, values, count, args, each_is_started, restart_one);
}

const struct command cmd_restart = {
	.name = "restart",
	.args = "NAME... | --all",
	.summary = "stop VPSs and start them again",
	.details = "A VPS that is stopped and named is started; --all leaves it alone.\n",
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON | CMD_TOGETHER,
	.options = stop_options,
	.defaults = &stop_defaults,
	.values_size = sizeof(struct stop_values),
	.check = each_check,
	.run = run,
};
