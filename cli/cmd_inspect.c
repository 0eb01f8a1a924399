// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl inspect: prints everything known of a VPS, or its OCI configuration. */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "runtime/vps.h"

struct inspect_values {
	bool is_oci;
};

static const struct option_row options[] = {
	{ 0, "oci", NULL, OPTION_SWITCH, offsetof(struct inspect_values, is_oci),
	  "the config.json that the spec compiles to" },
	{ 0 },
};

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct inspect_values *inspect = values;
	OWN_MEM char *json = NULL;
	struct vps_err err = { 0 };

	(void)count;
	if (vps_inspect(cli->host, args[0], inspect->is_oci, &json, &err) < 0)
		return say_error(cli, args[0], &err);
	printf("%s%s", json, json[0] && json[strlen(json) - 1] == '\n' ? "" : "\n");
	return EXIT_DONE;
}

const struct command cmd_inspect = {
	.name = "inspect",
	.args = "NAME",
	.summary = "print everything known of a VPS, as JSON",
	.min_args = 1,
	.max_args = 1,
	.flags = CMD_HOST | CMD_JSON,
	.options = options,
	.values_size = sizeof(struct inspect_values),
	.run = run,
};
