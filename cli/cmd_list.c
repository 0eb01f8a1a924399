// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl list: shows every VPS. */
#include <errno.h>
#include <stdio.h>

#include "base/own.h"
#include "cli/commands.h"
#include "cli/info.h"
#include "cli/say.h"

struct list_values {
	bool is_quiet;
};

static const struct option_row options[] = {
	{ 'q', "quiet", NULL, OPTION_SWITCH, offsetof(struct list_values, is_quiet),
	  "only names, one a line" },
	{ 0 },
};

static void list_names(const struct vps_info *infos, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		puts(infos[i].name);
}

static void list_json(const struct vps_info *infos, size_t count)
{
	struct emit emit = { 0 };
	size_t i;

	emit_array(&emit, NULL);
	for (i = 0; i < count; i++)
		info_emit(&emit, &infos[i]);
	emit_end(&emit, ']');
}

static int list_table(const struct vps_info *infos, size_t count)
{
	struct table table = { 0 };
	size_t i;

	info_heading(&table);
	for (i = 0; i < count; i++)
		info_row(&table, &infos[i]);
	return table_print(&table);
}

/* Of what could not be read. Returns the exit status. */
static int complain(const struct cli *cli, const struct vps_info *infos, size_t count)
{
	int status = EXIT_DONE;
	size_t i;

	for (i = 0; i < count; i++) {
		struct vps_err err = { 0 };

		if (!*infos[i].error)
			continue;
		(void)vps_err_say(&err, -EBADMSG, "%s", infos[i].error);
		status = say_error(cli, infos[i].name, &err);
	}
	return status;
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct list_values *list = values;
	OWN_MEM struct vps_info *infos = NULL;
	struct vps_err err = { 0 };
	size_t listed;
	int rc;

	(void)count;
	(void)args;
	if (vps_list(cli->host, &infos, &listed, &err) < 0)
		return say_error(cli, NULL, &err);
	if (cli->is_json) {
		list_json(infos, listed);
	} else if (list->is_quiet) {
		list_names(infos, listed);
	} else {
		rc = list_table(infos, listed);
		if (rc < 0) {
			(void)vps_err_set(&err, rc, "cannot print the table");
			return say_error(cli, NULL, &err);
		}
	}
	return complain(cli, infos, listed);
}

const struct command cmd_list = {
	.name = "list",
	.args = "",
	.summary = "show every VPS and how it is",
	.flags = CMD_HOST | CMD_JSON,
	.options = options,
	.values_size = sizeof(struct list_values),
	.run = run,
};
