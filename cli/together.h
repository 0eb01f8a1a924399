/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One thing done to many VPSs at the same time. */
#ifndef CLI_TOGETHER_H
#define CLI_TOGETHER_H

#include "cli/each.h"

/* Told of each VPS how it went; err is { 0 } after success. */
typedef void (*together_fn)(void *arg, const char *name, const struct vps_err *err);

/*
 * Do it to the VPSs named, each in a child of this process, some dozens at the
 * same time. When this process dies, so do the children.
 *
 * report  called once for each, in the order of names
 */
void together_run(struct cli *cli, const void *values, int count, char **names, each_fn act,
		  together_fn report, void *arg) __attribute__((nonnull(1, 4, 5, 6)));

#endif
