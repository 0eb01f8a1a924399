/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Skipping a test whose need a probe found missing; VPS_MUST_RUN=1 forbids it. */
#ifndef TESTS_UNIT_NEED_H
#define TESTS_UNIT_NEED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* missing: what the probe, before the first test, found not to be there; or NULL. */
static inline void need(const char *missing)
{
	const char *must = getenv("VPS_MUST_RUN");

	if (!missing)
		return;
	if (must && strcmp(must, "1") == 0)
		fail_msg("needs %s", missing);
	print_message("skipped: needs %s\n", missing);
	skip();
}

#endif
