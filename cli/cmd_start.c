// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl start: starts VPSs by name, all of them, or those that are wanted at boot. */
#include "base/own.h"
#include "cli/commands.h"
#include "cli/each.h"
#include "cli/onboot.h"
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
	const struct start_values *start = values;
	bool is_wanted = true;

	if (start->is_onboot && onboot_get(cli->host, name, &is_wanted, err) < 0)
		return err->code;
	return is_wanted ? vps_start(cli->host, name, err) : 0;
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	return each_selected(cli, values, count, args, EACH_STATUS(VPS_STOPPED), start_one);
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
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON,
	.options = options,
	.values_size = sizeof(struct start_values),
	.check = check,
	.run = run,
};
