// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl image busybox: makes the small image that VPSs get by default. */
#include "cli/commands.h"
#include "cli/image_program.h"

const struct command cmd_image_busybox = {
	.name = "busybox",
	.args = "",
	.summary = "make the small default image from this host's busybox",
	.flags = CMD_ROOT | CMD_JSON,
	.run = image_program_run,
};
