// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl kill: sends a signal into VPSs. */
#include "cli/commands.h"
#include "cli/each.h"
#include "cli/say.h"
#include "runtime/signals.h"

struct kill_values {
	bool        is_all, is_everything;
	const char *signal;
};

static const struct option_row options[] = {
	{ 'a', "all", NULL, OPTION_SWITCH, offsetof(struct kill_values, is_all),
	  "every VPS that runs" },
	{ 's', "signal", "SIGNAL", OPTION_TEXT, offsetof(struct kill_values, signal),
	  "by name or number: TERM, SIGRTMIN+3, 9 (KILL)" },
	{ 'e', "everything", NULL, OPTION_SWITCH, offsetof(struct kill_values, is_everything),
	  "to every process inside, not to init alone" },
	{ 0 },
};

static int kill_one(struct cli *cli, const char *name, const void *values, struct vps_err *err)
{
	const struct kill_values *kill = values;

	return vps_kill(cli->host, name, signal_parse(kill->signal), kill->is_everything, err);
}

static bool has_init(const struct vps_info *info)
{
	return info->init_pid > 0;
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	return each_selected(cli, values, count, args, has_init, kill_one);
}

static int check(struct cli *cli, const void *values, int count, char **args)
{
	const struct kill_values *kill = values;

	if (signal_parse(kill->signal) < 0)
		return say_misuse(cli, "--signal: no signal is called \"%s\"; allowed are names, such as TERM or RTMIN+3, and 1 to 64",
				  kill->signal);
	return each_check(cli, values, count, args);
}

const struct command cmd_kill = {
	.name = "kill",
	.args = "NAME... | --all",
	.summary = "send a signal to init, or to every process",
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON,
	.options = options,
	.defaults = &(const struct kill_values){ .signal = "KILL" },
	.values_size = sizeof(struct kill_values),
	.check = check,
	.run = run,
};
