// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl: finds the command, its options and its privileges in the tables, and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/phase.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/say.h"
#include "runtime/vps.h"

#define WAIT_MSEC	60000

/*
 * Descriptors 0 to 2 that were closed are opened on something that fails the
 * way a closed one does: otherwise a file of ours takes the number, and what
 * is meant for a person is written into it.
 */
static void open_standard_files(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			_exit(EXIT_FAILED);
}

/* What a full disk or a closed stdout did to what was printed. */
static int check_output(const struct cli *cli, int status)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	(void)say_output_lost(cli, errno ? -errno : -EIO);
	return status ? status : EXIT_FAILED;
}

static int check_operands(const struct cli *cli, int count, char **args)
{
	const struct command *command = cli->command;

	if (count < command->min_args)
		return say_misuse(cli, "missing argument: %s", command->args);
	if (command->max_args != CLI_ANY && count > command->max_args)
		return say_misuse(cli, "unexpected argument \"%s\"", args[command->max_args]);
	return EXIT_DONE;
}

/* The command line was right: privileges, the root directory, the command. */
static int run_prepared(struct cli *cli, const void *values, int count, char **args)
{
	const struct command *command = cli->command;
	struct vps_err err = { 0 };
	int status;

	if (command->flags & CMD_ROOT && geteuid() != 0) {
		(void)vps_err_say(&err, -EACCES, "only root can do this; run it with sudo");
		return say_error(cli, NULL, &err);
	}
	if (command->flags & CMD_HOST &&
	    vps_host_open(cli->root, cli->wait_msec, &cli->host, &err) < 0)
		return say_error(cli, NULL, &err);
	status = command->run(cli, values, count, args);
	if (cli->host)
		vps_host_close(cli->host);
	cli->host = NULL;
	return status;
}

static int run_command(struct cli *cli, const struct command *const *list, int argc, char **argv);

static int run_parsed(struct cli *cli, const struct global_values *common, const void *values,
		      int count, char **args)
{
	const struct command *command = cli->command;
	int status;

	if (common->is_help) {
		help_command(command, cli->path);
		return EXIT_DONE;
	}
	cli->is_json |= common->is_json;
	if (command->commands && !count)
		return say_misuse(cli, "no command");
	if (command->commands)
		return run_command(cli, command->commands, count, args);
	if (cli->is_json && !(command->flags & CMD_JSON))
		return say_misuse(cli, "--json is not for this command");
	status = check_operands(cli, count, args);
	if (!status && command->check)
		status = command->check(cli, values, count, args);
	if (status)
		return status;
	return run_prepared(cli, values, count, args);
}

static int run_leaf(struct cli *cli, int argc, char **argv)
{
	const struct command *command = cli->command;
	struct global_values common = { 0 };
	OWN_MEM void *values = calloc(1, command->values_size + 1);
	const struct option_set sets[] = {
		{ command->options, values },
		{ help_common_rows, &common },
	};
	struct vps_err err = { 0 };
	char misuse[MISUSE_SIZE];
	int count, status;

	if (!values) {
		(void)vps_err_set(&err, -ENOMEM, "cannot read the options");
		return say_error(cli, NULL, &err);
	}
	if (command->defaults)
		memcpy(values, command->defaults, command->values_size);
	count = options_parse(sets, ARRAY_LEN(sets), command->flags & CMD_ORDERED, argc, argv,
			      misuse);
	if (count < 0)
		status = say_misuse(cli, "%s", misuse);
	else
		status = run_parsed(cli, &common, values, count, argv);
	options_free(&sets[0]);
	return status;
}

/* The command that argv[0] names in list, or of which it names a sub-command. */
static int run_command(struct cli *cli, const struct command *const *list, int argc, char **argv)
{
	const struct command *command = commands_find(list, argv[0]);
	size_t len = strlen(cli->path);

	if (!command)
		return say_misuse(cli, "unknown command \"%s\"", argv[0]);
	cli->command = command;
	(void)snprintf(cli->path + len, sizeof(cli->path) - len, "%s%s", len ? " " : "",
		       command->name);
	return run_leaf(cli, argc - 1, argv + 1);
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct global_values global = { .wait_msec = WAIT_MSEC };
	const struct option_set set = { help_global_rows, &global };
	char misuse[MISUSE_SIZE];
	int count = options_parse(&set, 1, true, argc - 1, argv + 1, misuse);

	if (count < 0)
		return say_misuse(cli, "%s", misuse);
	cli->root = global.root;
	cli->wait_msec = global.wait_msec;
	cli->is_json = global.is_json;
	cli->is_debug = global.is_debug;
	if (global.is_help) {
		help_program();
		return EXIT_DONE;
	}
	if (global.is_version) {
		cli->command = &cmd_version;
		return cmd_version.run(cli, NULL, 0, argv);
	}
	if (!count)
		return say_misuse(cli, "no command");
	return run_command(cli, commands, count, argv + 1);
}

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	int status;

	phase_start();
	open_standard_files();
	status = run(&cli, argc, argv);
	return check_output(&cli, status);
}
