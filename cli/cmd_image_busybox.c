// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl image busybox: makes the small image that VPSs get by default. */
#include "cli/commands.h"
#include "cli/image_options.h"
#include "cli/image_program.h"

const struct command cmd_image_busybox = {
	.name = "busybox",
	.args = "",
	.summary = IMAGE_BUSYBOX_SUMMARY,
	.flags = CMD_ROOT | CMD_JSON,
	.options = image_busybox_options,
	.values_size = sizeof(struct image_values),
	.run = image_program_run,
};
