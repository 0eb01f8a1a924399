/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `--help` and `help` print, read from the command table. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"

/* Options that come before the command, and those that every command takes. */
extern const struct option_row help_global_rows[];
extern const struct option_row help_common_rows[];

/* Values of both tables; the second one fills only is_json and is_help. */
struct global_values {
	const char *root;
	int         wait_msec;
	bool        is_json, is_debug, is_help, is_version;
};

/* The overview: every command and the global options. */
void help_program(void);

/* Of one command; path is how it is called, "image list". */
void help_command(const struct command *command, const char *path);

#endif
