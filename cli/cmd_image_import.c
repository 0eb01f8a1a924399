// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl image import: makes an image of a root file system in a tar archive. */
#include "cli/commands.h"
#include "cli/image_program.h"

struct import_values {
	const char *name;
};

static const struct option_row options[] = {
	{ 'n', "name", "REF", OPTION_TEXT, offsetof(struct import_values, name),
	  "what to call it, NAME or NAME:TAG" },
	{ 0 },
};

const struct command cmd_image_import = {
	.name = "import",
	.args = "FILE|-",
	.summary = "make an image of a root file system in a tar archive",
	.details = "Any compression that libarchive knows; -: standard input.\n",
	.min_args = 1,
	.max_args = 1,
	.flags = CMD_ROOT | CMD_JSON,
	.options = options,
	.values_size = sizeof(struct import_values),
	.run = image_program_run,
};
