// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl version: says which vpsctl this is. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/emit.h"
#include "cli/say.h"

static int run(struct cli *cli, const void *values, int count, char **args)
{
	struct emit emit = { 0 };

	(void)values;
	(void)count;
	(void)args;
	if (cli->is_json) {
		emit_object(&emit, NULL);
		emit_text(&emit, "version", VPS_VERSION);
		emit_end(&emit, '}');
	} else {
		puts("vpsctl " VPS_VERSION);
	}
	return EXIT_DONE;
}

const struct command cmd_version = {
	.name = "version",
	.args = "",
	.summary = "show the version",
	.flags = CMD_JSON,
	.run = run,
};
