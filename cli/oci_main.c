// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci: finds the command and its options in the tables, and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/phase.h"
#include "cli/oci_command.h"
#include "cli/oci_say.h"
#include "isolation/rootless.h"
#include "runtime/oci.h"

const struct oci_command *const oci_commands[] = {
	&oci_create, &oci_start,  &oci_run,    &oci_state,      &oci_list,
	&oci_kill,   &oci_delete, &oci_exec,   &oci_ps,	        &oci_pause,
	&oci_resume, &oci_update, &oci_events, &oci_checkpoint, &oci_restore,
	&oci_spec,   &oci_features, NULL,
};

#define GLOBAL(member)	offsetof(struct oci_global, member)

static const struct option_row global_rows[] = {
	{ 0, "root", "DIR", OPTION_TEXT, GLOBAL(root), "where state is kept (" OCI_ROOT "; rootless: $XDG_RUNTIME_DIR/vps-oci)" },
	{ 0, "log", "FILE", OPTION_TEXT, GLOBAL(log), "also write errors to this file" },
	{ 0, "log-format", "text|json", OPTION_TEXT, GLOBAL(log_format), "how it is written (text)" },
	{ 0, "log-level", "LEVEL", OPTION_TEXT, GLOBAL(log_level), "error, warning (usual), info or debug" },
	{ 0, "debug", NULL, OPTION_SWITCH, GLOBAL(is_debug), "as --log-level debug" },
	{ 0, "systemd-cgroup", NULL, OPTION_SWITCH, GLOBAL(is_systemd), "as --cgroup-manager systemd" },
	{ 0, "cgroup-manager", "NAME", OPTION_TEXT, GLOBAL(cgroup_manager), "who makes cgroups: cgroupfs (usual), systemd or disabled" },
	{ 0, "rootless", "WORD", OPTION_TEXT, GLOBAL(rootless), "true, false or auto (usual): do without what only the host's root may do" },
	{ 'h', "help", NULL, OPTION_SWITCH, GLOBAL(is_help), "show this help" },
	{ 'v', "version", NULL, OPTION_SWITCH, GLOBAL(is_version), "show the version" },
	{ 0 },
};

static const struct option_row common_rows[] = {
	{ 'h', "help", NULL, OPTION_SWITCH, GLOBAL(is_help), "show this help" },
	{ 0 },
};

static void print_options(const struct option_row *rows)
{
	for (; rows && rows->name; rows++) {
		char letter[] = { '-', rows->letter, ',', ' ', '\0' };
		char name[48];

		(void)snprintf(name, sizeof(name), "--%s%s%s", rows->name, rows->value ? " " : "",
			       rows->value ? rows->value : "");
		printf("  %s%-28s  %s\n", rows->letter ? letter : "    ", name, rows->summary);
	}
}

static void help_program(void)
{
	const struct oci_command *const *command;

	puts("Usage: vps-oci [OPTION]... COMMAND [OPTION]... [ARGUMENT]...\n\n"
	     "Runs containers from bundles of the Open Container Initiative.\n\nCommands:");
	for (command = oci_commands; *command; command++)
		printf("  %-10s  %s\n", (*command)->name, (*command)->summary);
	puts("\nOptions:");
	print_options(global_rows);
}

static void help_command(const struct oci_command *command)
{
	printf("Usage: vps-oci %s [OPTION]...%s%s\n\n%c%s.\n\nOptions:\n", command->name,
	       *command->args ? " " : "", command->args, command->summary[0] - 'a' + 'A',
	       command->summary + 1);
	print_options(command->options);
	print_options(common_rows);
}

static int run_command(const struct oci_cli *cli, int argc, char **argv)
{
	const struct oci_command *command = cli->command;
	OWN_MEM void *values = calloc(1, command->values_size + 1);
	struct oci_global common = { 0 };
	const struct option_set sets[] = { { command->options, values }, { common_rows, &common } };
	char misuse[MISUSE_SIZE];
	int count, status;

	if (!values)
		return OCI_FAILED;
	count = options_parse(sets, ARRAY_LEN(sets), command->is_ordered, argc, argv, misuse);
	if (count < 0) {
		status = oci_say_misuse(cli, "%s", misuse);
	} else if (common.is_help) {
		help_command(command);
		status = OCI_DONE;
	} else if (count < command->min_args) {
		status = oci_say_misuse(cli, "missing argument: %s", command->args);
	} else if (command->max_args != OCI_ANY && count > command->max_args) {
		status = oci_say_misuse(cli, "unexpected argument \"%.60s\"", argv[command->max_args]);
	} else {
		oci_say_debug(cli, "%s%s%s", command->name, count ? " " : "", count ? argv[0] : "");
		status = command->run(cli, values, count, argv);
		oci_say_debug(cli, "%s: status %d", command->name, status);
	}
	options_free(&sets[0]);
	return status;
}

static int set_manager(struct oci_cli *cli, struct vps_err *err)
{
	static const char *const names[] = {
		[OCI_CGROUPFS] = "cgroupfs", [OCI_SYSTEMD] = "systemd", [OCI_NO_CGROUPS] = "disabled",
	};
	const char *name = cli->global.cgroup_manager;
	size_t i;

	cli->manager = cli->global.is_systemd ? OCI_SYSTEMD : OCI_CGROUPFS;
	if (!name)
		return 0;
	for (i = 0; i < ARRAY_LEN(names) && strcmp(names[i], name); i++)
		;
	if (i == ARRAY_LEN(names))
		return vps_err_say(err, -EINVAL,
				   "--cgroup-manager: \"%.60s\" is not known; allowed are cgroupfs, systemd, disabled",
				   name);
	cli->manager = (enum oci_manager)i;
	return 0;
}

/* Whether we have the host's root, and with that where state is kept. */
static int set_rootless(struct oci_cli *cli, struct vps_err *err)
{
	const char *word = cli->global.rootless, *dir = getenv("XDG_RUNTIME_DIR");
	static char root[PATH_MAX];

	if (!word || !strcmp(word, "auto"))
		cli->is_rootless = rootless_is();
	else if (!strcmp(word, "true"))
		cli->is_rootless = true;
	else if (strcmp(word, "false"))
		return vps_err_say(err, -EINVAL,
				   "--rootless: \"%.60s\" is not known; allowed are auto, true, false", word);
	if (cli->global.root)
		return 0;
	cli->global.root = OCI_ROOT;
	if (!cli->is_rootless || !dir || *dir != '/')
		return 0;
	(void)snprintf(root, sizeof(root), "%s/vps-oci", dir);
	cli->global.root = root;
	return 0;
}

static int run(struct oci_cli *cli, int argc, char **argv)
{
	const struct option_set set = { global_rows, &cli->global };
	const struct oci_command *const *command;
	struct vps_err err = { 0 };
	char misuse[MISUSE_SIZE];
	int count = options_parse(&set, 1, true, argc - 1, argv + 1, misuse);

	if (count < 0)
		return oci_say_misuse(cli, "%s", misuse);
	if (cli->global.is_help) {
		help_program();
		return OCI_DONE;
	}
	if (cli->global.is_version) {
		puts("vps-oci version " VPS_VERSION "\nspec: " OCI_SPEC_VERSION);
		return OCI_DONE;
	}
	if (oci_say_open(cli, &err) < 0 || set_manager(cli, &err) < 0 || set_rootless(cli, &err) < 0)
		return oci_say_error(cli, &err);
	if (!count)
		return oci_say_misuse(cli, "no command");
	for (command = oci_commands; *command && strcmp((*command)->name, argv[1]); command++)
		;
	if (!*command)
		return oci_say_misuse(cli, "unknown command \"%.60s\"", argv[1]);
	cli->command = *command;
	return run_command(cli, count - 1, argv + 2);
}

/* A descriptor 0 to 2 that was closed must not become a file of ours. */
static void open_standard_files(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			_exit(OCI_FAILED);
}

int main(int argc, char **argv)
{
	struct oci_cli cli = { .log_fd = FD_NONE };
	struct vps_err err = { 0 };
	int status;

	open_standard_files();
	phase_start();
	status = run(&cli, argc, argv);
	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		(void)vps_err_set(&err, errno ? -errno : -EIO, "cannot write to standard output");
		status = oci_say_error(&cli, &err);
	}
	own_close(&cli.log_fd);
	return status;
}
