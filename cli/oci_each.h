/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One command on many containers of vps-oci. */
#ifndef CLI_OCI_EACH_H
#define CLI_OCI_EACH_H

#include "base/err.h"
#include "cli/oci_command.h"

/* On one container: 0, or -errno with err set. arg is the caller's own. */
typedef int oci_each_fn(const struct oci_cli *cli, const char *id, void *arg, struct vps_err *err);

/*
 * Work on every container below --root, in the order of their ids.
 *
 * pattern   only those that this extended regular expression, regex(7), matches; NULL: all
 * Goes on after a failure. Returns 0, or the first failure with err set.
 */
int oci_each(const struct oci_cli *cli, const char *pattern, oci_each_fn *fn, void *arg,
	     struct vps_err *err);

#endif
