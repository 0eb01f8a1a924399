// SPDX-License-Identifier: GPL-2.0-or-later
/* Carries out create, start, stop, restart, kill, pause, resume and destroy on many VPSs. */
#include "cli/each.h"

#include <stdio.h>

#include "base/own.h"
#include "cli/emit.h"
#include "cli/say.h"
#include "cli/together.h"

static void emit_result(struct emit *emit, const char *name, int status,
			const struct vps_err *err)
{
	char text[sizeof(err->text) + 100];

	emit_object(emit, NULL);
	emit_text(emit, "name", name);
	emit_bool(emit, "ok", !err->code);
	emit_number(emit, "exit_status", status);
	emit_text(emit, "error", err->code ? vps_err_message(err, text, sizeof(text)) : NULL);
	emit_end(emit, '}');
}

/* What is told of all of them. */
struct results {
	const struct cli *cli;
	struct emit       emit;
	int               first;	/* exit status of the first failure */
};

static void report(void *arg, const char *name, const struct vps_err *err)
{
	struct results *results = arg;
	int status = err->code ? say_error(results->cli, name, err) : EXIT_DONE;

	if (results->cli->is_json)
		emit_result(&results->emit, name, status, err);
	(void)fflush(stdout);	/* act() forks; main.c reports a full disk */
	if (results->first == EXIT_DONE)
		results->first = status;
}

int each_named(struct cli *cli, const void *values, int count, char **names, each_fn act)
{
	struct results results = { .cli = cli };
	int i;

	if (cli->is_json)
		emit_array(&results.emit, NULL);
	(void)fflush(stdout);
	if (cli->command->flags & CMD_TOGETHER && count > 1) {
		together_run(cli, values, count, names, act, report, &results);
	} else {
		for (i = 0; i < count; i++) {
			struct vps_err err = { 0 };

			(void)act(cli, names[i], values, &err);
			report(&results, names[i], &err);
		}
	}
	if (cli->is_json)
		emit_end(&results.emit, ']');
	return results.first;
}

bool each_is_stopped(const struct vps_info *info)
{
	return info->status == VPS_STOPPED;
}

bool each_is_started(const struct vps_info *info)
{
	return info->status != VPS_STOPPED;
}

static int each_listed(struct cli *cli, const void *values, each_filter_fn is_meant, each_fn act)
{
	OWN_MEM struct vps_info *infos = NULL;
	OWN_MEM char **names = NULL;
	struct vps_err err = { 0 };
	size_t listed, i;
	int count = 0;

	if (vps_list(cli->host, &infos, &listed, &err) < 0)
		return say_error(cli, NULL, &err);
	names = calloc(listed + 1, sizeof(*names));
	if (!names) {
		(void)vps_err_set(&err, -ENOMEM, "cannot list the VPSs");
		return say_error(cli, NULL, &err);
	}
	for (i = 0; i < listed; i++)
		if (!is_meant || is_meant(&infos[i]))
			names[count++] = infos[i].name;
	return each_named(cli, values, count, names, act);
}

int each_selected(struct cli *cli, const void *values, int count, char **names,
		  each_filter_fn is_meant, each_fn act)
{
	if (!count)
		return each_listed(cli, values, is_meant, act);
	return each_named(cli, values, count, names, act);
}

int each_check(struct cli *cli, const void *values, int count, char **names)
{
	bool is_all = *(const bool *)values;

	if (is_all && count)
		return say_misuse(cli, "--all and \"%s\" exclude each other", names[0]);
	if (!is_all && !count)
		return say_misuse(cli, "missing argument: %s", cli->command->args);
	return EXIT_DONE;
}
