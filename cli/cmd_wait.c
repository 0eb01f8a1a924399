// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl wait: waits until a VPS is stopped and says how it ended. */
#include <stdio.h>

#include "base/own.h"
#include "cli/commands.h"
#include "cli/info.h"
#include "cli/say.h"

struct wait_values {
	int timeout_msec;
};

static const struct option_row options[] = {
	{ 't', "timeout", "SECONDS", OPTION_MSEC, offsetof(struct wait_values, timeout_msec),
	  "give up after so long (max: never)" },
	{ 0 },
};

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct wait_values *wait = values;
	struct vps_info info = { 0 };
	struct emit emit = { 0 };
	struct vps_err err = { 0 };
	char ending[100];

	(void)count;
	if (vps_wait(cli->host, args[0], wait->timeout_msec, &info, &err) < 0)
		return say_error(cli, args[0], &err);
	if (cli->is_json)
		info_emit(&emit, &info);
	else
		printf("%s\n", info_ending(&info, ending, sizeof(ending)));
	return EXIT_DONE;
}

const struct command cmd_wait = {
	.name = "wait",
	.args = "NAME",
	.summary = "wait until a VPS is stopped, and say how it ended",
	.min_args = 1,
	.max_args = 1,
	.flags = CMD_HOST | CMD_JSON,
	.options = options,
	.defaults = &(const struct wait_values){ .timeout_msec = -1 },
	.values_size = sizeof(struct wait_values),
	.run = run,
};
