// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci list: the containers below --root. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

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
	const struct oci_cli *cli;
	bool         is_json, is_quiet;
	struct emit  emit;
	struct table table;
};

static void show_row(struct listing *l, const struct oci_box *box)
{
	char pid[16], owner[16], created[OCI_TIME_SIZE];
	const char *const cells[] = {
		box->id, pid, oci_box_status(box), box->record.bundle,
		oci_show_time(box, created), owner, NULL,
	};

	(void)snprintf(pid, sizeof(pid), "%d", box->init_fd >= 0 ? (int)box->record.init_pid : 0);
	(void)snprintf(owner, sizeof(owner), "%u", box->record.owner);
	table_row(&l->table, cells);
}

static void show(struct listing *l, const char *id)
{
	OWN_BOX box = OCI_BOX_INIT;
	struct vps_err ignored = { 0 };

	/* What was deleted between readdir() and now, and our own "~cache". */
	if (oci_box_open(l->cli, id, false, &box, &ignored) < 0)
		return;
	if (l->is_quiet)
		puts(id);
	else if (l->is_json)
		oci_show_state(&box, &l->emit);
	else
		show_row(l, &box);
}

static int show_all(struct listing *l, struct vps_err *err)
{
	char path[PATH_MAX];
	OWN_FD root_fd = oci_box_root(l->cli, path, err);
	OWN_DIR *dir = NULL;
	const struct dirent *entry;

	if (root_fd < 0)
		return root_fd;
	dir = fdopendir(root_fd);
	if (!dir)
		return vps_err_set(err, -errno, "cannot list %s", path);
	(void)fd_take(&root_fd);
	while ((entry = readdir(dir)))
		show(l, entry->d_name);
	return 0;
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	static const char *const head[] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER", NULL };
	const struct list_values *wanted = values;
	struct listing l = { .cli = cli, .is_quiet = wanted->is_quiet };
	struct vps_err err = { 0 };

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
	(void)show_all(&l, &err);
	if (l.is_json)
		emit_end(&l.emit, ']');
	else if (table_print(&l.table) < 0)
		(void)vps_err_set(&err, -ENOMEM, "cannot print the list");
	return err.code ? oci_say_error(cli, &err) : OCI_DONE;
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
