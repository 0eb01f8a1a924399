// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl set: changes limits of VPSs, running or not. */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "cli/commands.h"
#include "cli/each.h"
#include "cli/emit.h"
#include "cli/operands.h"
#include "cli/say.h"
#include "cli/table.h"
#include "runtime/resources.h"

struct set_values {
	const char *plan_file;
	bool        is_dry_run, is_running_only, is_saved_only, is_forced;
};

#define VALUE(member)	offsetof(struct set_values, member)

static const struct option_row options[] = {
	{ 'p', "plan", "FILE", OPTION_TEXT, VALUE(plan_file),
	  "limits as a JSON object, as \"resources\" of a spec; -: standard input" },
	{ 'n', "dry-run", NULL, OPTION_SWITCH, VALUE(is_dry_run),
	  "check, and print what would change" },
	{ 'r', "running-only", NULL, OPTION_SWITCH, VALUE(is_running_only),
	  "until it is stopped; leave its spec" },
	{ 's', "saved-only", NULL, OPTION_SWITCH, VALUE(is_saved_only),
	  "from its next start on; leave what runs" },
	{ 0, "force", NULL, OPTION_SWITCH, VALUE(is_forced),
	  "promise more memory than this host has" },
	{ 0 },
};

/* What set_one() works with. */
struct set_job {
	struct vps_settings settings;
	unsigned            flags;
	struct emit        *emit;	/* of a dry run; NULL: none */
	struct table       *table;
};

static void emit_change(struct emit *emit, const char *name, const struct vps_change *change)
{
	const char *const texts[] = { change->saved_before, change->saved, change->running_before,
				      change->running };
	static const char *const keys[] = { "saved_before", "saved", "running_before", "running" };
	size_t i;

	emit_object(emit, NULL);
	emit_text(emit, "name", name);
	emit_text(emit, "limit", change->name);
	for (i = 0; i < ARRAY_LEN(keys); i++)
		emit_text(emit, keys[i], *texts[i] ? texts[i] : NULL);
	emit_end(emit, '}');
}

static void show(const struct set_job *job, const char *name, const struct vps_change *change)
{
	const char *const cells[] = { name, change->name, change->saved_before, change->saved,
				      change->running_before, change->running, NULL };

	if (job->emit)
		emit_change(job->emit, name, change);
	else if (job->table)
		table_row(job->table, cells);
}

static int set_one(struct cli *cli, const char *name, const void *arg, struct vps_err *err)
{
	const struct set_job *job = arg;
	OWN_MEM struct vps_change *changes = NULL;
	size_t count = 0, i;
	int r = vps_set(cli->host, name, &job->settings, job->flags, &changes, &count, err);

	for (i = 0; r == 0 && i < count; i++)
		show(job, name, &changes[i]);
	return r;
}

/* The same for each, but what is printed are the changes. */
static int dry_run(struct cli *cli, struct set_job *job, int count, char **names)
{
	static const char *const heading[] = { "NAME", "LIMIT", "SAVED", "", "RUNNING", "", NULL };
	struct table table = { 0 };
	struct emit emit = { 0 };
	int first = EXIT_DONE, i;

	if (cli->is_json) {
		job->emit = &emit;
		emit_array(&emit, NULL);
	} else {
		job->table = &table;
		table_row(&table, heading);
	}
	for (i = 0; i < count; i++) {
		struct vps_err err = { 0 };
		int status = EXIT_DONE;

		if (set_one(cli, names[i], job, &err) < 0)
			status = say_error(cli, names[i], &err);
		if (first == EXIT_DONE)
			first = status;
	}
	if (cli->is_json)
		emit_end(&emit, ']');
	else if (table_print(&table) < 0)
		return EXIT_FAILED;
	return first;
}

static unsigned flags_of(const struct set_values *values)
{
	return (values->is_dry_run ? VPS_SET_DRY_RUN : 0u) |
	       (values->is_running_only ? VPS_SET_RUNNING : 0u) |
	       (values->is_saved_only ? VPS_SET_SAVED : 0u) | (values->is_forced ? VPS_SET_FORCE : 0u);
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct set_values *set = values;
	OWN_MEM char *plan = NULL;
	struct vps_err err = { 0 };
	int names = operands_sort(count, args);
	struct set_job job = {
		.settings = { .pairs = (const char *const *)args + names,
			      .count = (size_t)(count - names) },
		.flags = flags_of(set),
	};

	if (set->plan_file && operands_read_file(set->plan_file, &plan, &err) < 0)
		return say_error(cli, NULL, &err);
	job.settings.plan = plan;
	return set->is_dry_run ? dry_run(cli, &job, names, args) :
				 each_named(cli, &job, names, args, set_one);
}

static int check(struct cli *cli, const void *values, int count, char **args)
{
	const struct set_values *set = values;
	int names = operands_sort(count, args);

	if (!names)
		return say_misuse(cli, "missing argument: NAME");
	if (names == count && !set->plan_file)
		return say_misuse(cli, "missing argument: KEY=VALUE, or --plan");
	if (set->is_running_only && set->is_saved_only)
		return say_misuse(cli, "--running-only and --saved-only exclude each other");
	return EXIT_DONE;
}

static void explain(void)
{
	char range[80];
	int id;

	puts("\nLimits:");
	for (id = 0; id < RESOURCES; id++) {
		printf("  %-16s  %s\n", resources[id].name, resources[id].summary);
		printf("  %-16s  %s\n", "",
		       resource_range((enum resource_id)id, range, sizeof(range)));
	}
}

const struct command cmd_set = {
	.name = "set",
	.args = "NAME... KEY=VALUE...",
	.summary = "change limits of VPSs, running or not",
	.details = "VALUE is an amount, as memory=2G; a difference, as memory=+512M or pids=-100;\n"
		   "max; or default. Less memory than a VPS needs is refused, not taken.\n",
	.explain = explain,
	.word = operands_limit,
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON,
	.options = options,
	.values_size = sizeof(struct set_values),
	.check = check,
	.run = run,
};
