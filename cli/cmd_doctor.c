// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl doctor: says what this host can do, what not, and what to do about it. */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "cli/commands.h"
#include "cli/emit.h"
#include "cli/say.h"
#include "cli/table.h"
#include "runtime/vps.h"

static void print_json(const struct vps_finding *findings, size_t count)
{
	struct emit emit = { 0 };
	size_t i;

	emit_array(&emit, NULL);
	for (i = 0; i < count; i++) {
		emit_object(&emit, NULL);
		emit_text(&emit, "name", findings[i].name);
		emit_bool(&emit, "ok", findings[i].is_ok);
		emit_bool(&emit, "required", findings[i].is_required);
		emit_text(&emit, "what", findings[i].what);
		emit_text(&emit, "remedy", findings[i].is_ok ? NULL : findings[i].remedy);
		emit_end(&emit, '}');
	}
	emit_end(&emit, ']');
}

static const char *state_name(const struct vps_finding *finding)
{
	if (finding->is_ok)
		return "ok";
	return finding->is_required ? "MISSING" : "missing";
}

static bool has_remedy(const struct vps_finding *finding, const char *remedy)
{
	return !finding->is_ok && strcmp(finding->remedy, remedy) == 0;
}

/* Each once, behind the names of all that it helps. */
static void print_remedies(const struct vps_finding *findings, size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i++) {
		const char *remedy = findings[i].remedy;

		for (k = 0; k < i && !has_remedy(&findings[k], remedy); k++)
			;
		if (findings[i].is_ok || !*remedy || k < i)
			continue;
		printf("%s", findings[i].name);
		for (k = i + 1; k < count; k++)
			if (has_remedy(&findings[k], remedy))
				printf(", %s", findings[k].name);
		printf(": %s\n", remedy);
	}
}

static int print_table(const struct vps_finding *findings, size_t count)
{
	static const char *const heading[] = { "CHECK", "STATE", "FOUND", NULL };
	struct table table = { 0 };
	size_t i;
	int rc;

	table_row(&table, heading);
	for (i = 0; i < count; i++) {
		const char *row[] = { findings[i].name, state_name(&findings[i]),
				      findings[i].what, NULL };

		table_row(&table, row);
	}
	rc = table_print(&table);
	print_remedies(findings, count);
	return rc;
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	OWN_MEM struct vps_finding *findings = NULL;
	struct vps_err err = { 0 }, closed = { 0 };
	struct vps_host *host = NULL;
	int status = EXIT_DONE;
	size_t found, i;

	(void)values;
	(void)count;
	(void)args;
	/* Whoever may not open the root directory is told the rest all the same. */
	(void)vps_host_open(cli->root, cli->wait_msec, &host, &closed);
	(void)vps_doctor(host, &findings, &found, &err);
	vps_host_close(host);
	if (err.code)
		return say_error(cli, NULL, &err);
	if (cli->is_json)
		print_json(findings, found);
	else if (print_table(findings, found) < 0)
		status = EXIT_FAILED;
	for (i = 0; i < found; i++)
		if (findings[i].is_required && !findings[i].is_ok)
			status = EXIT_HOST;
	return status;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = "say what this host can do, and what it lacks",
	.details = "MISSING is what no VPS runs without; missing is what some features need.\n",
	.flags = CMD_JSON,
	.run = run,
};
