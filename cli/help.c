// SPDX-License-Identifier: GPL-2.0-or-later
/* Prints help from the rows that the parser reads, for main.c and cmd_help.c. */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/commands.h"

#define GLOBAL(member)	offsetof(struct global_values, member)

const struct option_row help_global_rows[] = {
	{ 0, "root", "DIR", OPTION_TEXT, GLOBAL(root),
	  "where all state is kept ($VPS_ROOT, or /var/lib/vps)" },
	{ 0, "wait", "SECONDS", OPTION_MSEC, GLOBAL(wait_msec),
	  "how long to wait for another command's lock (60)" },
	{ 0, "debug", NULL, OPTION_SWITCH, GLOBAL(is_debug),
	  "name the error and exit status of a failure" },
	{ 0, "json", NULL, OPTION_SWITCH, GLOBAL(is_json), "print JSON" },
	{ 'h', "help", NULL, OPTION_SWITCH, GLOBAL(is_help), "show this help" },
	{ 'V', "version", NULL, OPTION_SWITCH, GLOBAL(is_version), "show the version" },
	{ 0 },
};

const struct option_row help_common_rows[] = {
	{ 0, "json", NULL, OPTION_SWITCH, GLOBAL(is_json), "print JSON" },
	{ 'h', "help", NULL, OPTION_SWITCH, GLOBAL(is_help), "show this help" },
	{ 0 },
};

static void print_option(const struct option_row *row)
{
	char letter[] = { '-', row->letter, ',', ' ', '\0' };
	char name[40];

	(void)snprintf(name, sizeof(name), "--%s%s%s", row->name, row->value ? " " : "",
		       row->value ? row->value : "");
	printf("  %s%-24s  %s\n", row->letter ? letter : "    ", name, row->summary);
}

static void print_options(const struct option_row *rows, const char *except)
{
	for (; rows && rows->name; rows++)
		if (!except || strcmp(rows->name, except))
			print_option(rows);
}

static void print_commands(const struct command *const *list)
{
	puts("\nCommands:");
	for (; *list; list++)
		printf("  %-10s  %s\n", (*list)->name, (*list)->summary);
}

void help_program(void)
{
	puts("Usage: vpsctl [OPTION]... COMMAND [ARGUMENT]...\n\n"
	     "Virtual private servers out of one Linux kernel.");
	print_commands(commands);
	puts("\nOptions:");
	print_options(help_global_rows, NULL);
	puts("\n'vpsctl COMMAND --help' says more about a command; vpsctl(8) says all of it.");
}

void help_command(const struct command *command, const char *path)
{
	if (command->commands)
		printf("Usage: vpsctl %s COMMAND [ARGUMENT]...\n", path);
	else
		printf("Usage: vpsctl %s [OPTION]...%s%s\n", path, *command->args ? " " : "",
		       command->args);
	printf("\n%c%s.\n", command->summary[0] - 'a' + 'A', command->summary + 1);
	if (command->details)
		printf("\n%s", command->details);
	if (command->explain)
		command->explain();
	if (command->commands)
		print_commands(command->commands);
	puts("\nOptions:");
	print_options(command->options, NULL);
	print_options(help_common_rows, command->flags & CMD_JSON ? NULL : "json");
}
