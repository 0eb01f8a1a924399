// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl pause: freezes VPSs. */
#include "cli/commands.h"
#include "cli/each.h"

struct pause_values {
	bool is_all;
};

static const struct option_row options[] = {
	{ 'a', "all", NULL, OPTION_SWITCH, offsetof(struct pause_values, is_all),
	  "every VPS that runs" },
	{ 0 },
};

static int pause_one(struct cli *cli, const char *name, const void *values, struct vps_err *err)
{
	(void)values;
	return vps_pause(cli->host, name, err);
}

static bool is_running(const struct vps_info *info)
{
	return info->status == VPS_RUNNING;
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	return each_selected(cli, values, count, args, is_running, pause_one);
}

const struct command cmd_pause = {
	.name = "pause",
	.args = "NAME... | --all",
	.summary = "freeze every process of VPSs",
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON,
	.options = options,
	.values_size = sizeof(struct pause_values),
	.check = each_check,
	.run = run,
};
