/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a command describes itself, and what it gets to work with. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"

struct vps_host;

#define CLI_ANY	(-1)	/* max_args: as many as there are */

enum command_flags {
	CMD_ROOT     = 1 << 0,	/* needs root */
	CMD_HOST     = 1 << 1,	/* works on the VPSs of a root directory */
	CMD_JSON     = 1 << 2,	/* understands --json */
	CMD_ORDERED  = 1 << 3,	/* options only before the first operand */
	CMD_RUNS     = 1 << 4,	/* runs a program: its own failures exit with 125 */
	CMD_TOGETHER = 1 << 5,	/* works on many VPSs at the same time */
};

/* One run of vpsctl. */
struct cli {
	const struct command *command;	/* NULL before one is known */
	char                  path[64];	/* "start", "image list"; empty before */
	struct vps_host      *host;	/* with CMD_HOST */
	const char           *root;	/* --root, or NULL */
	int                   wait_msec;
	bool                  is_json;
	bool                  is_debug;
};

struct command {
	const char *name;
	const char *args;		/* behind the options, as help shows it */
	const char *summary;		/* half a line */
	const char *details;		/* more for its own help, lines that end with \n; or NULL */
	void (*explain)(void);		/* prints what help has behind the details; or NULL */
	const char *(*word)(size_t i);	/* operands "KEY=" that shells complete, NULL behind the last; or NULL */
	int         min_args, max_args;
	unsigned    flags;
	const struct option_row      *options;	/* its own, or NULL */
	const void                   *defaults;	/* of its options' values */
	size_t                        values_size;
	const struct command *const  *commands;	/* its sub-commands, NULL at the end; or NULL */
	/* Is the command line right? Asked before anything is touched; may be NULL. As run(). */
	int (*check)(struct cli *cli, const void *values, int count, char **args);
	/* values: the options; args: count operands. Returns the exit status. */
	int (*run)(struct cli *cli, const void *values, int count, char **args);
};

#endif
