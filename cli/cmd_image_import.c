// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl image import: makes an image of a root file system in a tar archive. */
#include "cli/commands.h"
#include "cli/image_options.h"
#include "cli/image_program.h"
#include "cli/say.h"
#include "runtime/signals.h"

static int check(struct cli *cli, const void *values, int count, char **args)
{
	const struct image_values *import = values;

	(void)count;
	(void)args;
	if (!import->name)
		return say_misuse(cli, "--name is missing");
	if (import->stop_signal && signal_parse(import->stop_signal) < 0)
		return say_misuse(cli, "--stop-signal: no signal is called \"%s\"; allowed are names, such as TERM or RTMIN+3, and 1 to 64",
				  import->stop_signal);
	return EXIT_DONE;
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
