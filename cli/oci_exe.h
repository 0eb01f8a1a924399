/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program itself, as a container could see it: /proc/PID/exe. */
#ifndef CLI_OCI_EXE_H
#define CLI_OCI_EXE_H

#include "base/err.h"

/*
 * Refuse to enter a container whose root could write to this program
 * (CVE-2019-5736). Returns 0: it runs from a read-only mount or a sealed copy,
 * see oci_entry.c, or this user may not write to it himself; or -errno with err set.
 */
int oci_exe_check(struct vps_err *err);

#endif
