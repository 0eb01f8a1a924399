/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one list of commands. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

/* In the order of the overview; NULL at the end. */
extern const struct command *const commands[];

/* By its exact name, or NULL. */
const struct command *commands_find(const struct command *const *list, const char *name);

extern const struct command cmd_capacity;
extern const struct command cmd_configure;
extern const struct command cmd_console;
extern const struct command cmd_create;
extern const struct command cmd_destroy;
extern const struct command cmd_doctor;
extern const struct command cmd_enter;
extern const struct command cmd_events;
extern const struct command cmd_exec;
extern const struct command cmd_help;
extern const struct command cmd_image;
extern const struct command cmd_image_bootstrap;
extern const struct command cmd_image_busybox;
extern const struct command cmd_image_import;
extern const struct command cmd_image_inspect;
extern const struct command cmd_image_list;
extern const struct command cmd_image_remove;
extern const struct command cmd_inspect;
extern const struct command cmd_kill;
extern const struct command cmd_list;
extern const struct command cmd_logs;
extern const struct command cmd_pause;
extern const struct command cmd_rename;
extern const struct command cmd_restart;
extern const struct command cmd_resume;
extern const struct command cmd_set;
extern const struct command cmd_start;
extern const struct command cmd_metrics;
extern const struct command cmd_stats;
extern const struct command cmd_stop;
extern const struct command cmd_version;
extern const struct command cmd_wait;

#endif
