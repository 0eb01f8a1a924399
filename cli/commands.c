// SPDX-License-Identifier: GPL-2.0-or-later
/* The one list of commands: main.c runs them, help, completion and tests walk it. */
#include "cli/commands.h"

#include <string.h>

const struct command *const commands[] = {
	&cmd_create,
	&cmd_start,
	&cmd_stop,
	&cmd_restart,
	&cmd_kill,
	&cmd_pause,
	&cmd_resume,
	&cmd_destroy,
	&cmd_list,
	&cmd_inspect,
	&cmd_exec,
	&cmd_enter,
	&cmd_console,
	&cmd_logs,
	&cmd_wait,
	&cmd_rename,
	&cmd_set,
	&cmd_configure,
	&cmd_stats,
	&cmd_capacity,
	&cmd_metrics,
	&cmd_events,
	&cmd_image,
	&cmd_doctor,
	&cmd_help,
	&cmd_version,
	NULL,
};

const struct command *commands_find(const struct command *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp((*list)->name, name))
			return *list;
	return NULL;
}
