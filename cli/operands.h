/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What operands and options of several commands stand for: files, and KEY=VALUE. */
#ifndef CLI_OPERANDS_H
#define CLI_OPERANDS_H

#include <stddef.h>

#include "base/err.h"

/*
 * Read a spec or plan that the command line names, as text without NUL bytes.
 *
 * path      "-" for standard input
 * ret_text  malloc()ed
 * Returns 0, or -errno with err set; -VPS_ENOENT: there is no such file.
 */
int operands_read_file(const char *path, char **ret_text, struct vps_err *err);

/* Operands that hold a '=' are settings. Moves the others to the start; returns their number. */
int operands_sort(int count, char **args);

/* The i-th limit, for the completion of shells; NULL behind the last. */
const char *operands_limit(size_t i);

#endif
