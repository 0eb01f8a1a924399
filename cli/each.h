/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One thing done to many VPSs: goes on after one fails, reports each. */
#ifndef CLI_EACH_H
#define CLI_EACH_H

#include "base/err.h"
#include "cli/command.h"
#include "runtime/vps.h"

/* Whether a VPS is one of those that --all means. */
typedef bool (*each_filter_fn)(const struct vps_info *info);

/* Do it to one VPS. Returns 0, or -errno with err set. */
typedef int (*each_fn)(struct cli *cli, const char *name, const void *values,
		       struct vps_err *err);

/*
 * Do it to the VPSs named, one after the other, or with CMD_TOGETHER at the same time.
 *
 * values  of the command's options, passed on
 * Prints a sentence for each failure and, with --json, the array of results, in
 * the order of names.
 * Returns the exit status of the first failure, or 0.
 */
int each_named(struct cli *cli, const void *values, int count, char **names, each_fn act);

/*
 * The same for `NAME... | --all`: without names, to every VPS that is_meant
 * says yes to; NULL: to every one.
 */
int each_selected(struct cli *cli, const void *values, int count, char **names,
		  each_filter_fn is_meant, each_fn act);

/* Filters. */
bool each_is_stopped(const struct vps_info *info);
bool each_is_started(const struct vps_info *info);	/* running, paused, starting, … */

/*
 * Whether either names or --all were given; the check() of commands whose
 * values start with `bool is_all`. Returns an exit status.
 */
int each_check(struct cli *cli, const void *values, int count, char **names);

#endif
