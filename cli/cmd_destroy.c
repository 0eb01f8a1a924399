// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl destroy: deletes VPSs and their data. */
#include "cli/commands.h"
#include "cli/each.h"

struct destroy_values {
	bool is_all, is_forced;
};

static const struct option_row options[] = {
	{ 'a', "all", NULL, OPTION_SWITCH, offsetof(struct destroy_values, is_all),
	  "every VPS" },
	{ 'f', "force", NULL, OPTION_SWITCH, offsetof(struct destroy_values, is_forced),
	  "also one that runs: kill it first" },
	{ 0 },
};

static int destroy_one(struct cli *cli, const char *name, const void *values,
		       struct vps_err *err)
{
	const struct destroy_values *destroy = values;

	return vps_destroy(cli->host, name, destroy->is_forced, err);
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	return each_selected(cli, values, count, args, NULL, destroy_one);
}

const struct command cmd_destroy = {
	.name = "destroy",
	.args = "NAME... | --all",
	.summary = "delete VPSs and their data",
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON | CMD_TOGETHER,
	.options = options,
	.values_size = sizeof(struct destroy_values),
	.check = each_check,
	.run = run,
};
