// SPDX-License-Identifier: GPL-2.0-or-later
/* How long a VPS gets to shut down: options of cmd_stop.c and cmd_restart.c. */
#include "cli/stop_options.h"

const struct option_row stop_options[] = {
	{ 'a', "all", NULL, OPTION_SWITCH, offsetof(struct stop_values, is_all),
	  "every VPS that runs" },
	{ 't', "timeout", "SECONDS", OPTION_MSEC, offsetof(struct stop_values, timeout_msec),
	  "kill what still runs after so long (30); max: never" },
	{ 'k', "kill", NULL, OPTION_SWITCH, offsetof(struct stop_values, is_killed),
	  "kill at once, as --timeout 0" },
	{ 0 },
};

const struct stop_values stop_defaults = { .timeout_msec = 30000 };

int stop_timeout(const struct stop_values *values)
{
	return values->is_killed ? 0 : values->timeout_msec;
}
