// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl start: starts VPSs by name, all of them, or those that are wanted at boot. */
#include "cli/commands.h"
#include "cli/each.h"
#include "cli/say.h"

struct start_values {
	bool is_all, is_onboot;
};

static const struct option_row options[] = {
	{ 'a', "all", NULL, OPTION_SWITCH, offsetof(struct start_values, is_all),
	  "every VPS that is stopped" },
	{ 0, "onboot", NULL, OPTION_SWITCH, offsetof(struct start_values, is_onboot),
	  "every stopped VPS whose spec says \"onboot\": true" },
	{ 0 },
};

static int start_one(struct cli *cli, const char *name, const void *values, struct vps_err *err)
{
	(void)values;
	return vps_start(cli->host, name, err);
}

/* One whose spec cannot be read may be: starting it says why it is not. */
static bool is_wanted_at_boot(const struct vps_info *info)
{
	return (info->is_onboot || *info->error) && each_is_stopped(info);
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct start_values *start = values;

	return each_selected(cli, values, count, args,
			     start->is_onboot ? is_wanted_at_boot : each_is_stopped, start_one);
}

static int check(struct cli *cli, const void *values, int count, char **args)
{
	const struct start_values *start = values;

	if (!start->is_onboot)
		return each_check(cli, values, count, args);
	if (start->is_all || count)
		return say_misuse(cli, "--onboot and \"%s\" exclude each other",
				  count ? args[0] : "--all");
	return EXIT_DONE;
}

const struct command cmd_start = {
	.name = "start",
	.args = "NAME... | --all | --onboot",
	.summary = "start VPSs",
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON | CMD_TOGETHER,
	.options = options,
	.values_size = sizeof(struct start_values),
	.check = check,
	.run = run,
};
