// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl image: the commands about images, in a table of their own. */
#include "cli/commands.h"

static const struct command *const image_commands[] = {
	&cmd_image_list,
	&cmd_image_inspect,
	&cmd_image_import,
	&cmd_image_bootstrap,
	&cmd_image_busybox,
	&cmd_image_remove,
	NULL,
};

const struct command cmd_image = {
	.name = "image",
	.args = "COMMAND",
	.summary = "list, make and remove images",
	.max_args = CLI_ANY,
	.flags = CMD_JSON | CMD_ORDERED,
	.commands = image_commands,
};
