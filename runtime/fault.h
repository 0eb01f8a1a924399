/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Failing on purpose, for the tests: only in builds without NDEBUG. */
#ifndef RUNTIME_FAULT_H
#define RUNTIME_FAULT_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* True, with err set, when $VPS_FAULT names this stage. */
static inline bool fault_hits(const char *stage, struct vps_err *err)
{
#ifndef NDEBUG
	const char *wanted = getenv("VPS_FAULT");

	if (wanted && strcmp(wanted, stage) == 0) {
		(void)vps_err_say(err, -ECANCELED, "failed on purpose");
		return true;
	}
#else
	(void)stage;
	(void)err;
#endif
	return false;
}

/* "VPS_FAULT=stage" to hand to the monitor, or NULL. Borrowed from the environment. */
static inline const char *fault_env(void)
{
#ifndef NDEBUG
	const char *value = getenv("VPS_FAULT");

	return value ? value - strlen("VPS_FAULT=") : NULL;	/* environ(7): "NAME=value" */
#else
	return NULL;
#endif
}

#endif
