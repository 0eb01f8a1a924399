// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl exec: runs one program inside a VPS. */
#include <string.h>

#include "cli/commands.h"
#include "cli/run_inside.h"
#include "cli/say.h"

static const struct option_row options[] = {
	{ 't', "tty", NULL, OPTION_SWITCH, offsetof(struct inside_values, has_tty),
	  "give it a terminal" },
	{ 'u', "user", "USER", OPTION_TEXT, offsetof(struct inside_values, user),
	  "as this user of the VPS, or USER:GROUP (root)" },
	{ 'w', "cwd", "DIR", OPTION_TEXT, offsetof(struct inside_values, cwd),
	  "in this directory (the user's home)" },
	{ 'e', "env", "KEY=VALUE", OPTION_LIST, offsetof(struct inside_values, env),
	  "add to its environment; may be given again" },
	{ 0 },
};

/* The program behind NAME; one "--" between them may be left out. */
static char **program_of(char **args)
{
	return args[1] && !strcmp(args[1], "--") ? args + 2 : args + 1;
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct inside_values *inside = values;

	(void)count;
	return inside_run(cli, args[0], inside, inside->has_tty,
			  (const char *const *)program_of(args));
}

static int check(struct cli *cli, const void *values, int count, char **args)
{
	if (count < 2 || !*program_of(args))
		return say_misuse(cli, "missing argument: PROGRAM");
	return inside_check(cli, values, count, args);
}

const struct command cmd_exec = {
	.name = "exec",
	.args = "NAME [--] PROGRAM [ARGUMENT]...",
	.summary = "run a program inside a VPS",
	.details = "Everything behind NAME belongs to the program. Its exit status is passed on;\n"
		   "125 means that nothing was run, 126 not executable, 127 not found.\n",
	.min_args = 1,
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_ORDERED | CMD_RUNS,
	.options = options,
	.values_size = sizeof(struct inside_values),
	.check = check,
	.run = run,
};
