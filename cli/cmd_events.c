// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl events: prints what happened to VPSs, and what happens. */
#include <stdint.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/say.h"
#include "runtime/vps.h"

struct events_values {
	bool   is_followed;
	size_t lines;
};

static const struct option_row options[] = {
	{ 'f', "follow", NULL, OPTION_SWITCH, offsetof(struct events_values, is_followed),
	  "go on as they happen" },
	{ 'n', "lines", "N", OPTION_COUNT, offsetof(struct events_values, lines),
	  "of what happened, only the last N" },
	{ 0 },
};

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct events_values *events = values;
	struct vps_err err = { 0 };

	if (vps_events(cli->host, (const char *const *)args, (size_t)count, events->lines,
		       events->is_followed, STDOUT_FILENO, &err) < 0)
		return say_error(cli, NULL, &err);
	return EXIT_DONE;
}

const struct command cmd_events = {
	.name = "events",
	.args = "[NAME...]",
	.summary = "print what happened to VPSs, a JSON object a line",
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON,
	.options = options,
	.defaults = &(const struct events_values){ .lines = SIZE_MAX },
	.values_size = sizeof(struct events_values),
	.run = run,
};
