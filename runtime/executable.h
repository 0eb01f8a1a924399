/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program of a process: looked for before its container counts as created, then run. */
#ifndef RUNTIME_EXECUTABLE_H
#define RUNTIME_EXECUTABLE_H

#include "base/err.h"
#include "runtime/oci.h"

/*
 * Whether there is a program to run and the user of the process may execute
 * it. Inside the root of the container, as its root; the caller has no other
 * supplementary groups afterwards than none.
 *
 * Returns 0; -ENOENT, or another -errno where there is one that cannot be run,
 * with err set to the words that container engines look for.
 */
int executable_check(const struct oci_process *process, struct vps_err *err);

/*
 * execve(), the program looked for in the PATH of its own environment.
 * Returns only on failure: -ENOENT when there is none (exit status 127), or
 * another -errno (126); err set.
 */
int executable_run(const struct oci_process *process, struct vps_err *err);

#endif
