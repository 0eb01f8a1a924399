// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl resume: thaws VPSs. */
#include "cli/commands.h"
#include "cli/each.h"

struct resume_values {
	bool is_all;
};

static const struct option_row options[] = {
	{ 'a', "all", NULL, OPTION_SWITCH, offsetof(struct resume_values, is_all),
	  "every VPS that is paused" },
	{ 0 },
};

static int resume_one(struct cli *cli, const char *name, const void *values, struct vps_err *err)
{
	(void)values;
	return vps_resume(cli->host, name, err);
}

static bool is_paused(const struct vps_info *info)
{
	return info->status == VPS_PAUSED;
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	return each_selected(cli, values, count, args, is_paused, resume_one);
}

const struct command cmd_resume = {
	.name = "resume",
	.args = "NAME... | --all",
	.summary = "let paused VPSs run on",
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON,
	.options = options,
	.values_size = sizeof(struct resume_values),
	.check = each_check,
	.run = run,
};
