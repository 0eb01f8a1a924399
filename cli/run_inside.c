// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs programs inside a VPS for cmd_exec.c and cmd_enter.c. */
#include "cli/run_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
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

/* What this terminal is, before what was asked for, which wins. malloc()ed, or NULL. */
static const char **with_term(const struct text_list *env, bool has_tty, char **ret_term)
{
	const char **all = calloc(env->count + 2, sizeof(*all));
	const char *term = has_tty ? getenv("TERM") : NULL;
	size_t n = 0;

	if (all && term && asprintf(ret_term, "TERM=%s", term) > 0)
		all[n++] = *ret_term;
	if (all && env->count)
		memcpy(all + n, env->items, env->count * sizeof(*all));
	return all;
}

int inside_run(struct cli *cli, const char *name, const struct inside_values *inside,
	       bool has_tty, const char *const *argv)
{
	OWN_MEM char *term = NULL;
	OWN_MEM const char **env = with_term(&inside->env, has_tty, &term);
	const struct vps_exec exec = {
		.argv = argv,
		.env = env,
		.user = inside->user,
		.cwd = inside->cwd,
		.has_tty = has_tty,
		.is_login = !argv,
	};
	struct vps_err err = { 0 };
	int status;

	if (!env)
		(void)vps_err_set(&err, -ENOMEM, "cannot run a program");
	if (err.code || vps_exec(cli->host, name, &exec, &status, &err) < 0)
		return say_error(cli, name, &err);
	if (err.code)	/* the kernel would not execute it: status is 126 or 127 */
		(void)say_error(cli, name, &err);
	return status;
}
