// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl image inspect: prints everything known of an image. */
#include "cli/commands.h"
#include "cli/image_store.h"
#include "cli/say.h"

static void emit_config(struct emit *emit, const struct image_config *config)
{
	size_t i;

	emit_object(emit, "config");
	emit_texts(emit, "entrypoint", (const char *const *)config->entrypoint);
	emit_texts(emit, "cmd", (const char *const *)config->cmd);
	emit_texts(emit, "env", (const char *const *)config->env);
	emit_text(emit, "user", config->user);
	emit_text(emit, "working_dir", config->working_dir);
	emit_text(emit, "stop_signal", config->stop_signal);
	emit_object(emit, "labels");
	for (i = 0; i < config->labels_len; i++)
		emit_text(emit, config->labels[i].key, config->labels[i].value);
	emit_end(emit, '}');
	emit_end(emit, '}');
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	OWN_STORE *store = NULL;
	OWN_IMAGE *image = NULL;
	struct vps_err err = { 0 };
	struct emit emit = { 0 };

	(void)values;
	(void)count;
	if (image_store_open(cli, &store, &err) < 0 ||
	    store_find(store, args[0], &image, &err) < 0)
		return say_error(cli, args[0], &err);
	emit_object(&emit, NULL);
	image_store_emit(&emit, image);
	emit_config(&emit, &image->config);
	emit_end(&emit, '}');
	return EXIT_DONE;
}

const struct command cmd_image_inspect = {
	.name = "inspect",
	.args = "IMAGE",
	.summary = "print everything known of an image, as JSON",
	.min_args = 1,
	.max_args = 1,
	.flags = CMD_HOST | CMD_JSON,
	.run = run,
};
