// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl help: says how a command is used, to people and to the completion of shells. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/say.h"

struct help_values {
	bool is_words;
};

static const struct option_row options[] = {
	{ 0, "words", NULL, OPTION_SWITCH, offsetof(struct help_values, is_words),
	  "only the words that may follow, one a line, as shells complete them" },
	{ 0 },
};

static void print_names(const struct command *const *list)
{
	for (; list && *list; list++)
		puts((*list)->name);
}

static void print_rows(const struct option_row *rows, bool has_json)
{
	for (; rows && rows->name; rows++) {
		if (has_json || strcmp(rows->name, "json"))
			printf("--%s%s\n", rows->name, rows->value ? "=" : "");
		if (rows->letter && rows->value)
			printf("-%c=\n", rows->letter);
	}
}

/* Sub-commands, options (with '=' where they take a value, these by letter too), what operands there are. */
static void print_words(const struct command *command)
{
	size_t i;

	if (!command) {
		print_names(commands);
		print_rows(help_global_rows, true);
		return;
	}
	print_names(command->commands);
	print_rows(command->options, true);
	print_rows(help_common_rows, command->flags & CMD_JSON);
	if (!command->commands && *command->args)
		printf("%s\n", command->args);
	for (i = 0; command->word && command->word(i); i++)
		printf("%s=\n", command->word(i));
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct command *const *list = commands;
	const struct command *command = NULL;
	const struct help_values *help = values;
	char path[sizeof(cli->path)] = "";
	int i;

	for (i = 0; i < count; i++) {
		size_t len = strlen(path);

		command = list ? commands_find(list, args[i]) : NULL;
		if (!command)
			return say_misuse(cli, "unknown command \"%s\"", args[i]);
		list = command->commands;
		(void)snprintf(path + len, sizeof(path) - len, "%s%s", len ? " " : "",
			       command->name);
	}
	if (help->is_words)
		print_words(command);
	else if (command)
		help_command(command, path);
	else
		help_program();
	return EXIT_DONE;
}

const struct command cmd_help = {
	.name = "help",
	.args = "[COMMAND]...",
	.summary = "say how a command is used",
	.max_args = CLI_ANY,
	.options = options,
	.values_size = sizeof(struct help_values),
	.run = run,
};
