/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Failing on purpose: $VPS_FAULT names a stage, which then fails; with "kill:"
 * before the name, the process is killed there. The tests do it to every
 * stage of the programs that are shipped, not of others.
 */
#ifndef RUNTIME_FAULT_H
#define RUNTIME_FAULT_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* True, with err set, when $VPS_FAULT names this stage. */
static inline bool fault_hits(const char *stage, struct vps_err *err)
{
	const char *wanted = getenv("VPS_FAULT");

	if (wanted && strncmp(wanted, "kill:", 5) == 0 && strcmp(wanted + 5, stage) == 0)
		(void)raise(SIGKILL);
	if (wanted && strcmp(wanted, stage) == 0) {
		(void)vps_err_say(err, -ECANCELED, "failed on purpose");
		return true;
	}
	return false;
}

/* "VPS_FAULT=stage" to hand to the monitor, or NULL. Borrowed from the environment. */
static inline const char *fault_env(void)
{
	const char *value = getenv("VPS_FAULT");

	return value ? value - strlen("VPS_FAULT=") : NULL;	/* environ(7): "NAME=value" */
}

#endif
