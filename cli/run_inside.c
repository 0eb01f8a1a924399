// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs programs inside a VPS for cmd_exec.c and cmd_enter.c. */
#include "cli/run_inside.h"

#include <string.h>

#include "cli/say.h"

int inside_check(struct cli *cli, const void *values, int count, char **args)
{
	const struct inside_values *inside = values;
	size_t i;

	(void)count;
	(void)args;
	for (i = 0; i < inside->env.count; i++) {
		const char *pair = inside->env.items[i];

		if (*pair == '=' || !strchr(pair, '='))
			return say_misuse(cli, "--env: \"%s\" is not KEY=VALUE", pair);
	}
	return EXIT_DONE;
}

int inside_run(struct cli *cli, const char *name, const struct inside_values *inside,
	       bool has_tty, const char *const *argv)
{
	const struct vps_exec exec = {
		.argv = argv,
		.env = inside->env.items,
		.user = inside->user,
		.cwd = inside->cwd,
		.has_tty = has_tty,
		.is_login = !argv,
	};
	struct vps_err err = { 0 };
	int status;

	if (vps_exec(cli->host, name, &exec, &status, &err) < 0)
		return say_error(cli, name, &err);
	if (err.code)	/* the kernel would not execute it: status is 126 or 127 */
		(void)say_error(cli, name, &err);
	return status;
}
