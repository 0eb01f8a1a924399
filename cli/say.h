/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes to stderr, and the exit status that goes with it. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "base/err.h"
#include "cli/command.h"

/* Exit statuses, as vpsctl(8) lists them. */
enum exit_status {
	EXIT_DONE     = 0,
	EXIT_FAILED   = 1,
	EXIT_MISUSED  = 2,
	EXIT_MISSING  = 3,
	EXIT_STATE    = 4,
	EXIT_LOCKED   = 5,
	EXIT_HOST     = 6,
	EXIT_REFUSED  = 7,
	EXIT_CANT_RUN = 125,
};

/* The exit status for a failure: 1, unless its code has a meaning of ours, base/err.h. */
int say_status(const struct vps_err *err) __attribute__((nonnull));

/* "vpsctl: start: SENTENCE; see 'vpsctl start --help'". Returns EXIT_MISUSED. */
int say_misuse(const struct cli *cli, const char *fmt, ...)
	__attribute__((nonnull, format(printf, 2, 3)));

/*
 * "vpsctl: SUBJECT: what err says". subject is the name of a VPS or image;
 * NULL: the command's own. Returns the exit status.
 */
int say_error(const struct cli *cli, const char *subject, const struct vps_err *err)
	__attribute__((nonnull(1, 3)));

/* That standard output took not all; code is -errno. Returns the exit status. */
int say_output_lost(const struct cli *cli, int code) __attribute__((nonnull));

#endif
