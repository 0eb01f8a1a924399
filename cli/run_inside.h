/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a program inside a VPS: what exec and enter have in common. */
#ifndef CLI_RUN_INSIDE_H
#define CLI_RUN_INSIDE_H

#include "cli/command.h"
#include "runtime/vps.h"

struct inside_values {
	bool             has_tty;	/* exec: asked for */
	bool             has_no_tty;	/* enter: refused */
	const char      *user, *cwd;
	struct text_list env;
};

/* Whether every --env is KEY=VALUE; a check() of struct command. */
int inside_check(struct cli *cli, const void *values, int count, char **args);

/*
 * Run it and wait.
 *
 * argv  NULL-terminated, borrowed; NULL: the user's login shell
 * Returns the exit status for vpsctl: the program's own where it ran.
 */
int inside_run(struct cli *cli, const char *name, const struct inside_values *inside,
	       bool has_tty, const char *const *argv);

#endif
