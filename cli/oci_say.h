/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vps-oci says went wrong: on stderr, and in the engine's log. */
#ifndef CLI_OCI_SAY_H
#define CLI_OCI_SAY_H

#include "base/err.h"
#include "cli/oci_command.h"

/* Open the log that --log names, in the format that --log-format asks for. 0 or -errno with err set. */
int oci_say_open(struct oci_cli *cli, struct vps_err *err) __attribute__((nonnull));

/* "vps-oci: what err says", or as the log format has it without a log. Returns OCI_FAILED. */
int oci_say_error(const struct oci_cli *cli, const struct vps_err *err) __attribute__((nonnull));

/*
 * The same for what the engine should know and that stops nothing, and for what
 * helps who looks for a mistake; only at level debug on stderr.
 */
void oci_say_warning(const struct oci_cli *cli, const char *fmt, ...)
	__attribute__((nonnull, format(printf, 2, 3)));
void oci_say_debug(const struct oci_cli *cli, const char *fmt, ...)
	__attribute__((nonnull, format(printf, 2, 3)));

/* "vps-oci: kill: SENTENCE; see 'vps-oci kill --help'". Returns OCI_FAILED. */
int oci_say_misuse(const struct oci_cli *cli, const char *fmt, ...)
	__attribute__((nonnull, format(printf, 2, 3)));

#endif
