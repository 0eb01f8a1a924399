/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One thing done to many VPSs: goes on after one fails, reports each. */
#ifndef CLI_EACH_H
#define CLI_EACH_H

#include "base/err.h"
#include "cli/command.h"
#include "runtime/vps.h"

#define EACH_STATUS(status)	(1u << (status))
#define EACH_ANY		(~0u)

/* Do it to one VPS. Returns 0, or -errno with err set. */
typedef int (*each_fn)(struct cli *cli, const char *name, const void *values,
		       struct vps_err *err);

/*
 * Do it to the VPSs named, one after the other.
 *
 * values  of the command's options, passed on
 * Prints a sentence for each failure and, with --json, the array of results.
 * Returns the exit status of the first failure, or 0.
 */
int each_named(struct cli *cli, const void *values, int count, char **names, each_fn act);

/*
 * The same for `NAME... | --all`: without names, to every VPS whose status is
 * one of statuses (EACH_STATUS() bits).
 */
int each_selected(struct cli *cli, const void *values, int count, char **names,
		  unsigned statuses, each_fn act);

/*
 * Whether either names or --all were given; the check() of commands whose
 * values start with `bool is_all`. Returns an exit status.
 */
int each_check(struct cli *cli, const void *values, int count, char **names);

#endif
