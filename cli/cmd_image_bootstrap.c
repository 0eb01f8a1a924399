// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl image bootstrap: makes an image of a Linux distribution from its packages. */
#include "cli/commands.h"
#include "cli/image_options.h"
#include "cli/image_program.h"

const struct command cmd_image_bootstrap = {
	.name = "bootstrap",
	.args = IMAGE_BOOTSTRAP_ARGS,
	.summary = IMAGE_BOOTSTRAP_SUMMARY,
	.min_args = 1,
	.max_args = 1,
	.flags = CMD_ROOT | CMD_JSON,
	.options = image_bootstrap_options,
	.values_size = sizeof(struct image_values),
	.run = image_program_run,
};
