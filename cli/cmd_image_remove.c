// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl image remove: takes names of images away, and the data that nobody needs. */
#include <string.h>

#include "cli/commands.h"
#include "cli/each.h"
#include "cli/image_store.h"
#include "images/names.h"

/* One question: does a VPS stand on this layer? */
struct question {
	struct cli     *cli;
	const char     *diff_id;
	bool            is_found;
	struct vps_err *err;
};

static int compare_layer(const char *diff_id, void *arg)
{
	struct question *question = arg;

	question->is_found |= !strcmp(diff_id, question->diff_id);
	return 0;
}

/*
 * Asked with the store locked, so that no VPS can be made of the layer between
 * the answer and its removal. A layer of which nothing is known counts as used.
 */
static bool is_used(const char *diff_id, void *arg)
{
	struct question *question = arg;

	question->diff_id = diff_id;
	question->is_found = false;
	return vps_layers_in_use(question->cli->host, compare_layer, question, question->err) < 0 ||
	       question->is_found;
}

static int remove_one(struct cli *cli, const char *name, const void *values, struct vps_err *err)
{
	OWN_STORE *store = NULL;
	struct question question = { .cli = cli, .err = err };

	(void)values;
	if (image_store_open(cli, &store, err) < 0)
		return err->code;
	return names_remove(store, name, is_used, &question, err);
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	return each_named(cli, values, count, args, remove_one);
}

const struct command cmd_image_remove = {
	.name = "remove",
	.args = "IMAGE...",
	.summary = "remove images that no VPS stands on",
	.min_args = 1,
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON,
	.run = run,
};
