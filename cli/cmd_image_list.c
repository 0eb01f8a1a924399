// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl image list: shows the images of the store. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/image_store.h"
#include "cli/say.h"
#include "cli/table.h"

#define SHORT_DIGEST	12	/* digits shown to people; the store finds it by them */

struct list_values {
	bool is_quiet;
};

static const struct option_row options[] = {
	{ 'q', "quiet", NULL, OPTION_SWITCH, offsetof(struct list_values, is_quiet),
	  "only names (digests of those without), one a line" },
	{ 0 },
};

static void list_names(const struct image_list *list)
{
	size_t i;

	for (i = 0; i < list->len; i++) {
		const struct image *image = list->images[i];

		puts(image->reference ? image->reference : image->digest);
	}
}

static void list_json(const struct image_list *list)
{
	struct emit emit = { 0 };
	size_t i;

	emit_array(&emit, NULL);
	for (i = 0; i < list->len; i++) {
		emit_object(&emit, NULL);
		image_store_emit(&emit, list->images[i]);
		emit_end(&emit, '}');
	}
	emit_end(&emit, ']');
}

/* "4.1M": one decimal is enough for people. */
static void format_size(uint64_t bytes, char *buf, size_t size)
{
	static const char units[] = "BKMGT";
	double value = (double)bytes;
	size_t i = 0;

	while (value >= 1024 && units[i + 1]) {
		value /= 1024;
		i++;
	}
	(void)snprintf(buf, size, i && value < 10 ? "%.1f%c" : "%.0f%c", value, units[i]);
}

static int list_table(const struct image_list *list)
{
	static const char *const heading[] = { "NAME", "DIGEST", "SIZE", "CREATED", "ARCH", NULL };
	struct table table = { 0 };
	size_t i;

	table_row(&table, heading);
	for (i = 0; i < list->len; i++) {
		const struct image *image = list->images[i];
		char digest[SHORT_DIGEST + 1], size[24], created[20];
		const char *row[] = { image->reference ? image->reference : "", digest, size,
				      created, image->architecture, NULL };

		(void)snprintf(digest, sizeof(digest), "%s",
			       image->digest + strlen(DIGEST_PREFIX));
		(void)snprintf(created, sizeof(created), "%.10s", image->created);
		format_size(image->size_bytes, size, sizeof(size));
		table_row(&table, row);
	}
	return table_print(&table);
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct list_values *options_given = values;
	OWN_STORE *store = NULL;
	OWN_IMAGE_LIST list = { 0 };
	struct vps_err err = { 0 };

	(void)count;
	(void)args;
	if (image_store_open(cli, &store, &err) < 0 || store_list(store, &list, &err) < 0)
		return say_error(cli, NULL, &err);
	if (cli->is_json) {
		list_json(&list);
	} else if (options_given->is_quiet) {
		list_names(&list);
	} else if (list_table(&list) < 0) {
		(void)vps_err_set(&err, -ENOMEM, "cannot print the table");
		return say_error(cli, NULL, &err);
	}
	return EXIT_DONE;
}

const struct command cmd_image_list = {
	.name = "list",
	.args = "",
	.summary = "show the images",
	.flags = CMD_HOST | CMD_JSON,
	.options = options,
	.values_size = sizeof(struct list_values),
	.run = run,
};
