/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs that vpsctl starts: those that were built or installed with it, and no others. */
#ifndef RUNTIME_PROGRAMS_H
#define RUNTIME_PROGRAMS_H

#include <limits.h>
#include <stdbool.h>

/*
 * Find a program of ours: beside the running one, in ../libexec/vps or
 * ../../bin from there (an installation that was moved as a whole), or where it
 * is installed.
 *
 * name   "vps-monitor"
 * path   receives it; when it is nowhere, the place where it should be
 * Returns whether it is there and can be executed.
 */
bool program_find(const char *name, char path[PATH_MAX]);

#endif
