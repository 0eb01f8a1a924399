// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl image import: makes an image of a root file system in a tar archive. */
#include "cli/commands.h"
#include "cli/image_options.h"
#include "cli/image_program.h"
#include "cli/say.h"

static int check(struct cli *cli, const void *values, int count, char **args)
{
	const struct image_values *import = values;

	(void)count;
	(void)args;
	return import->name ? EXIT_DONE : say_misuse(cli, "--name is missing");
}

const struct command cmd_image_import = {
	.name = "import",
	.args = IMAGE_IMPORT_ARGS,
	.summary = IMAGE_IMPORT_SUMMARY,
	.details = "Any compression that libarchive knows; -: standard input. --name is needed.\n",
	.min_args = 1,
	.max_args = 1,
	.flags = CMD_ROOT | CMD_JSON,
	.options = image_import_options,
	.values_size = sizeof(struct image_values),
	.check = check,
	.run = image_program_run,
};
