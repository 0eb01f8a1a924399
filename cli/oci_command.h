/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a command of vps-oci describes itself, and what it gets to work with. */
#ifndef CLI_OCI_COMMAND_H
#define CLI_OCI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"

#define OCI_ROOT	"/run/vps-oci"

#define OCI_ANY		(-1)	/* max_args: as many as there are */

/* Exit statuses: engines expect those of runc. */
enum oci_status {
	OCI_DONE    = 0,
	OCI_FAILED  = 1,
	OCI_LACKING = 6,	/* what this version cannot do at all */
	OCI_NOT_RUN = 255,	/* exec: no program was run */
};

/* Values of the options that stand before the command. */
struct oci_global {
	const char *root, *log, *log_format, *log_level, *cgroup_manager, *rootless;
	bool        is_debug, is_systemd, is_help, is_version;
};

struct oci_command;

/* Who makes the cgroups. */
enum oci_manager { OCI_CGROUPFS, OCI_SYSTEMD, OCI_NO_CGROUPS };

/* How much is said, each more than the one before. */
enum oci_level { OCI_ERRORS, OCI_WARNINGS, OCI_INFO, OCI_DEBUG };

/* One run of vps-oci. */
struct oci_cli {
	const struct oci_command *command;	/* NULL before it is known */
	struct oci_global         global;
	int                       log_fd;	/* or FD_NONE */
	bool                      is_log_json;
	enum oci_manager          manager;
	bool                      is_rootless;	/* found out, or said by --rootless */
	enum oci_level            level;
};

struct oci_command {
	const char *name;
	const char *args;		/* behind the options, as help shows it */
	const char *summary;		/* half a line */
	int         min_args, max_args;
	bool        is_ordered;		/* options only before the first operand */
	const struct option_row *options;	/* or NULL */
	size_t      values_size;
	/* values: the options; args: count operands. Returns the exit status. */
	int (*run)(const struct oci_cli *cli, const void *values, int count, char **args);
};

/* The one list, NULL at the end: oci_main.c. */
extern const struct oci_command *const oci_commands[];

extern const struct oci_command oci_create, oci_start, oci_run, oci_state, oci_list, oci_kill,
	oci_delete, oci_exec, oci_ps, oci_pause, oci_resume, oci_update, oci_spec, oci_features,
	oci_events, oci_checkpoint, oci_restore;

#endif
