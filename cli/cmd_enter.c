// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl enter: opens a login shell inside a VPS. */
#include <unistd.h>

#include "cli/commands.h"
#include "cli/run_inside.h"

static const struct option_row options[] = {
	{ 'T', "no-tty", NULL, OPTION_SWITCH, offsetof(struct inside_values, has_no_tty),
	  "no terminal, although there is one here" },
	{ 'u', "user", "USER", OPTION_TEXT, offsetof(struct inside_values, user),
	  "as this user of the VPS, or USER:GROUP (root)" },
	{ 'w', "cwd", "DIR", OPTION_TEXT, offsetof(struct inside_values, cwd),
	  "in this directory (the user's home)" },
	{ 'e', "env", "KEY=VALUE", OPTION_LIST, offsetof(struct inside_values, env),
	  "add to its environment; may be given again" },
	{ 0 },
};

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct inside_values *inside = values;
	bool has_tty = !inside->has_no_tty && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);

	(void)count;
	return inside_run(cli, args[0], inside, has_tty, NULL);
}

const struct command cmd_enter = {
	.name = "enter",
	.args = "NAME",
	.summary = "open a login shell inside a VPS",
	.details = "The shell gets a terminal when vpsctl itself has one.\n",
	.min_args = 1,
	.max_args = 1,
	.flags = CMD_ROOT | CMD_HOST | CMD_RUNS,
	.options = options,
	.values_size = sizeof(struct inside_values),
	.check = inside_check,
	.run = run,
};
