/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan: limits in a file, for cmd_set.c and cmd_capacity.c. */
#ifndef CLI_PLAN_FILE_H
#define CLI_PLAN_FILE_H

#include "base/err.h"

/*
 * Read a plan as text.
 *
 * path      "-" for standard input
 * ret_text  malloc()ed
 * Returns 0, or -errno with err set.
 */
int plan_file_read(const char *path, char **ret_text, struct vps_err *err);

/* Operands that hold a '=' are settings. Moves the others to the start; returns their number. */
int plan_sort_operands(int count, char **args);

#endif
