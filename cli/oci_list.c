// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci list: the containers below --root. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/oci_each.h"
#include "cli/oci_say.h"
#include "cli/oci_show.h"
#include "cli/table.h"

struct list_values {
	const char *format;
	bool        is_quiet;
};

static const struct option_row options[] = {
	{ 'f', "format", "table|json", OPTION_TEXT, offsetof(struct list_values, format),
	  "how to print them (table)" },
	{ 'q', "quiet", NULL, OPTION_SWITCH, offsetof(struct list_values, is_quiet),
	  "print only the ids" },
	{ 0 },
};

struct listing {
	bool         is_json, is_quiet;
	struct emit  emit;
	struct table table;
};

static void show_row(struct listing *l, const struct oci_box *box)
{
	char pid[16], owner[OCI_OWNER_SIZE], created[OCI_TIME_SIZE];
	const char *const cells[] = {
		box->id, pid, oci_box_status(box), box->record.bundle,
		oci_show_time(box, created), oci_show_owner(box, owner), NULL,
	};

	(void)snprintf(pid, sizeof(pid), "%d", box->init_fd >= 0 ? (int)box->record.init_pid : 0);
	table_row(&l->table, cells);
}

static int show(const struct oci_cli *cli, const char *id, void *listing, struct vps_err *err)
{
	OWN_BOX box = OCI_BOX_INIT;
	struct listing *l = listing;
	int r = oci_box_open(cli, id, false, &box, err);

	/* -ENOENT: deleted between readdir() and now. */
	if (r < 0 && r != -ENOENT)
		oci_say_warning(cli, "%s", err->text);
	if (r < 0)
		return 0;
	if (l->is_quiet)
		puts(id);
	else if (l->is_json)
		oci_show_state(&box, &l->emit);
	else
		show_row(l, &box);
	return 0;
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	static const char *const head[] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER", NULL };
	const struct list_values *wanted = values;
	struct listing l = { .is_quiet = wanted->is_quiet };
	struct vps_err err = { 0 };
	int r;

	(void)count;
	(void)args;
	l.is_json = wanted->format && !strcmp(wanted->format, "json") && !l.is_quiet;
	if (wanted->format && strcmp(wanted->format, "json") && strcmp(wanted->format, "table"))
		return oci_say_misuse(cli, "--format: \"%.60s\" is not known; allowed are table, json",
				      wanted->format);
	if (l.is_json)
		emit_array(&l.emit, NULL);
	else if (!l.is_quiet)
		table_row(&l.table, head);
	r = oci_each(cli, NULL, show, &l, &err);
	if (l.is_json)
		emit_end(&l.emit, ']');
	else if (table_print(&l.table) < 0)
		r = vps_err_set(&err, -ENOMEM, "cannot print the list");
	return r < 0 ? oci_say_error(cli, &err) : OCI_DONE;
}

const struct oci_command oci_list = {
	.name = "list",
	.args = "",
	.summary = "list containers",
	.max_args = 0,
	.options = options,
	.values_size = sizeof(struct list_values),
	.run = run,
};
