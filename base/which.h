/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the programs of others are that we start. */
#ifndef BASE_WHICH_H
#define BASE_WHICH_H

#include <limits.h>
#include <stdbool.h>

/*
 * Find a program on the PATH, or where a system has such: the PATH of a user
 * who became root often lacks the sbin directories.
 *
 * name  without a slash
 * path  receives its path
 */
bool which_program(const char *name, char path[PATH_MAX]) __attribute__((nonnull));

#endif
