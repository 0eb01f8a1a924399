// SPDX-License-Identifier: GPL-2.0-or-later
/* Replaces vpsctl by vps-image, for the commands of `vpsctl image` that unpack. */
#include "cli/image_program.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "cli/say.h"
#include "runtime/programs.h"

#define PROGRAM	"vps-image"

struct words {
	const char **items;	/* room for all, NULL at the end */
	size_t       count;
};

static void add(struct words *words, const char *word)
{
	words->items[words->count++] = word;
}

static const void *member(const void *values, const struct option_row *row)
{
	return (const char *)values + row->offset;
}

/* How many words the options may take. */
static size_t count_words(const struct option_row *rows, const void *values)
{
	size_t count = 0;

	for (; rows && rows->name; rows++) {
		const struct text_list *list = member(values, rows);

		count += rows->kind == OPTION_LIST ? list->count : 1;
	}
	return count;
}

/* "NAME=VALUE" words live until the program takes over. */
static int add_option(struct words *words, const char *name, const char *value)
{
	char *word;

	if (asprintf(&word, "--%s%s%s", name, value ? "=" : "", value ? value : "") < 0)
		return -ENOMEM;
	add(words, word);
	return 0;
}

static int add_row(struct words *words, const struct option_row *row, const void *values)
{
	const void *value = member(values, row);
	const struct text_list *list = value;
	size_t i;

	switch (row->kind) {
	case OPTION_SWITCH:
		return *(const bool *)value ? add_option(words, row->name, NULL) : 0;
	case OPTION_TEXT:
		return *(const char *const *)value
			? add_option(words, row->name, *(const char *const *)value)
			: 0;
	case OPTION_LIST:
		for (i = 0; i < list->count; i++)
			if (add_option(words, row->name, list->items[i]) < 0)
				return -ENOMEM;
		return 0;
	case OPTION_MSEC:
	case OPTION_COUNT:
		break;
	}
	assert(!"this kind of option is not passed on yet");
	return -EINVAL;
}

static int build(struct cli *cli, const void *values, int count, char **args,
		 struct words *words)
{
	const struct option_row *row;
	int i;

	add(words, PROGRAM);
	if (cli->root && add_option(words, "root", cli->root) < 0)
		return -ENOMEM;
	if (cli->is_json && add_option(words, "json", NULL) < 0)
		return -ENOMEM;
	add(words, cli->command->name);
	for (row = cli->command->options; row && row->name; row++)
		if (add_row(words, row, values) < 0)
			return -ENOMEM;
	add(words, "--");
	for (i = 0; i < count; i++)
		add(words, args[i]);
	add(words, NULL);
	return 0;
}

int image_program_run(struct cli *cli, const void *values, int count, char **args)
{
	size_t room = count_words(cli->command->options, values) + (size_t)count + 6;
	OWN_MEM const char **items = calloc(room, sizeof(*items));
	struct words words = { items, 0 };
	struct vps_err err = { 0 };
	char path[PATH_MAX];

	if (!items || build(cli, values, count, args, &words) < 0)
		(void)vps_err_set(&err, -ENOMEM, "cannot start " PROGRAM);
	else if (!program_find(PROGRAM, path))
		(void)vps_err_say(&err, -VPS_EHOST, "%s is missing; install this project whole",
				  path);
	else
		(void)execv(path, (char *const *)items);
	(void)vps_err_set(&err, -errno, "cannot execute " PROGRAM);
	return say_error(cli, NULL, &err);
}
