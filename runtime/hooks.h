/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OCI hooks: programs of the owner's, run at fixed moments with the state on stdin. */
#ifndef RUNTIME_HOOKS_H
#define RUNTIME_HOOKS_H

#include "base/err.h"
#include "runtime/oci.h"

/*
 * Run hooks one after another in the namespaces of the caller, each with the
 * state document on its stdin; one that overruns its timeout is killed.
 *
 * hooks      the array of all kinds, oci_config.hooks
 * state      JSON of the container's state (runtime.md, "State")
 * Returns 0, or -errno with err naming the hook and how it ended; those
 * behind it are then not run, but for those of poststop.
 */
int hooks_run(const struct oci_hooks *hooks, enum oci_hook_kind kind, const char *state,
	      struct vps_err *err);

#endif
