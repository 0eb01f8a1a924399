/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes of a container as the host's ps(1) shows them. */
#ifndef CLI_OCI_PS_HOST_H
#define CLI_OCI_PS_HOST_H

#include <sys/types.h>

#include "base/err.h"

/*
 * Run ps(1) with these options and print its heading and the lines of pids.
 *
 * options   NULL-terminated, borrowed; they must leave the column PID in
 * Returns 0, or -errno with err set.
 */
int oci_ps_host(char *const *options, const pid_t *pids, size_t count, struct vps_err *err);

#endif
