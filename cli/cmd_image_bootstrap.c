// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl image bootstrap: makes an image of a Linux distribution from its packages. */
#include "cli/commands.h"
#include "cli/image_program.h"

const struct command cmd_image_bootstrap = {
	.name = "bootstrap",
	.args = "DISTRIBUTION:RELEASE",
	.summary = "make an image from a distribution's packages, such as debian:12",
	.min_args = 1,
	.max_args = 1,
	.flags = CMD_ROOT | CMD_JSON,
	.run = image_program_run,
};
