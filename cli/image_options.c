// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of `image import`, `bootstrap` and `busybox`, for their cmd_image_*.c and vps_image.c. */
#include "cli/image_options.h"

#define VALUE(member)	offsetof(struct image_values, member)
#define NAME_ROW(default_name)                                                                     \
	{ 'n', "name", "REF", OPTION_TEXT, VALUE(name),                                            \
	  "what to call it, NAME or NAME:TAG" default_name }

const struct option_row image_import_options[] = {
	NAME_ROW(""),
	{ 0, "entrypoint", "JSON", OPTION_TEXT, VALUE(entrypoint),
	  "what to run, an array of strings ([\"/sbin/init\"])" },
	{ 0, "cmd", "JSON", OPTION_TEXT, VALUE(cmd), "its arguments, or what to run" },
	{ 'e', "env", "KEY=VALUE", OPTION_LIST, VALUE(env), "a variable; may be given again" },
	{ 'l', "label", "KEY=VALUE", OPTION_LIST, VALUE(labels), "a label; may be given again" },
	{ 0, "stop-signal", "SIGNAL", OPTION_TEXT, VALUE(stop_signal), "what asks it to stop" },
	{ 0, "workdir", "DIR", OPTION_TEXT, VALUE(working_dir), "where it starts" },
	{ 0, "user", "USER", OPTION_TEXT, VALUE(user), "as whom it starts" },
	{ 0 },
};

const struct option_row image_bootstrap_options[] = {
	NAME_ROW(" (the operand)"),
	{ 0, "mirror", "URL", OPTION_TEXT, VALUE(mirror), "where to get the packages" },
	{ 0 },
};

const struct option_row image_busybox_options[] = { NAME_ROW(" (busybox)"), { 0 } };
