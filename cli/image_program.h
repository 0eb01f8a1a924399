/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handing over to vps-image, the program that reads what strangers packed. */
#ifndef CLI_IMAGE_PROGRAM_H
#define CLI_IMAGE_PROGRAM_H

#include "cli/command.h"

/*
 * Become `vps-image SUB-COMMAND` with the options and operands of this
 * command; the run() of struct command. Returns only when that fails.
 */
int image_program_run(struct cli *cli, const void *values, int count, char **args);

#endif
