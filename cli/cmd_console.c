// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl console: attaches the terminal to the console of a VPS. */
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/say.h"
#include "runtime/vps.h"

/* To a person, who sees nothing before the VPS writes something. */
static void tell_way_out(struct cli *cli, const char *name)
{
	struct vps_err ignored = { 0 };
	struct vps_info info;

	if (vps_get(cli->host, name, &info, &ignored) == 0 && info.monitor_pid > 0)
		(void)fprintf(stderr, "console of %s; Ctrl-] and then '.' leaves it\n", name);
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	bool has_person = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	struct vps_err err = { 0 };

	(void)values;
	(void)count;
	if (has_person)
		tell_way_out(cli, args[0]);
	if (vps_console(cli->host, args[0], &err) < 0)
		return say_error(cli, args[0], &err);
	if (has_person)
		(void)fputc('\n', stderr);
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
