// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci ps: the processes of a container, by the host's pids. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "cli/emit.h"
#include "cli/oci_box.h"
#include "cli/oci_ps_host.h"
#include "cli/oci_say.h"
#include "cli/table.h"
#include "isolation/cg.h"
#include "isolation/cg_procs.h"

struct ps_values {
	const char *format;
};

static const struct option_row options[] = {
	{ 'f', "format", "table|json", OPTION_TEXT, offsetof(struct ps_values, format),
	  "how to print them (table)" },
	{ 0 },
};

static void print_json(const pid_t *pids, size_t count)
{
	struct emit emit = { 0 };
	size_t i;

	emit_array(&emit, NULL);
	for (i = 0; i < count; i++)
		emit_number(&emit, NULL, pids[i]);
	emit_end(&emit, ']');
}

static void add_process(struct table *table, pid_t pid)
{
	char path[40], uid[16] = "?", number[16], name[64];
	const char *const cells[] = { uid, number, name, NULL };
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &st) < 0)
		return;		/* it ended meanwhile */
	(void)snprintf(uid, sizeof(uid), "%u", st.st_uid);
	(void)snprintf(number, sizeof(number), "%d", (int)pid);
	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (file_read_line(AT_FDCWD, path, name, sizeof(name)) > 0)
		table_row(table, cells);
}

static int print_table(const pid_t *pids, size_t count)
{
	static const char *const head[] = { "UID", "PID", "COMMAND", NULL };
	struct table table = { 0 };
	size_t i;

	table_row(&table, head);
	for (i = 0; i < count; i++)
		add_process(&table, pids[i]);
	return table_print(&table);
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	const struct ps_values *wanted = values;
	const char *format = wanted->format ? wanted->format : "table";
	OWN_BOX box = OCI_BOX_INIT;
	OWN_FD cg_fd = FD_NONE;
	OWN_MEM pid_t *pids = NULL;
	struct vps_err err = { 0 };
	size_t found = 0;

	if (strcmp(format, "json") && strcmp(format, "table"))
		return oci_say_misuse(cli, "--format: \"%.60s\" is not known; allowed are table, json",
				      format);
	if (oci_box_open(cli, args[0], false, &box, &err) < 0)
		return oci_say_error(cli, &err);
	if (box.init_fd >= 0 && !*box.record.cgroup) {
		(void)oci_box_cgroup(&box, "by which its processes would be found", &err);
		return oci_say_error(cli, &err);
	}
	cg_fd = cg_open(box.record.cgroup);	/* one that has ended may have none */
	if (cg_fd >= 0 && cg_processes(cg_fd, &pids, &found, &err) < 0)
		return oci_say_error(cli, &err);
	if (!strcmp(format, "json"))
		print_json(pids, found);
	else if (count > 1)
		(void)oci_ps_host(args + 1, pids, found, &err);
	else if (print_table(pids, found) < 0)
		(void)vps_err_set(&err, -ENOMEM, "cannot print the processes");
	return err.code ? oci_say_error(cli, &err) : OCI_DONE;
}

const struct oci_command oci_ps = {
	.name = "ps",
	.args = "ID [OPTION OF ps]...",
	.summary = "list the processes of a container",
	.min_args = 1,
	.max_args = OCI_ANY,
	.is_ordered = true,
	.options = options,
	.values_size = sizeof(struct ps_values),
	.run = run,
};
