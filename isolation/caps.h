/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capability sets, by libcap; see capabilities(7). */
#ifndef ISOLATION_CAPS_H
#define ISOLATION_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Bit n is capability number n. */
struct caps_sets {
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

/*
 * What the root of a system container keeps: enough for systemd as PID 1 and
 * for administering his own namespaces, nothing whose check is made against
 * the initial user namespace for good reason.
 */
extern const uint64_t caps_system_container;

/* Number of "CAP_CHOWN" (case as given), or -EINVAL when libcap has never heard of it. */
int caps_parse(const char *name);

/* "CAP_CHOWN" of a number, or NULL; static storage. */
const char *caps_name(unsigned number);

/* Highest capability number of the running kernel. */
unsigned caps_last(void);

/*
 * Apply sets to this process in two steps, because between them the user id
 * changes. Capabilities that the process does not have are left out silently
 * only from inheritable and ambient; from the others that is an error naming it.
 */

/* Step 1, before setuid(): shrink the bounding set and keep permitted across setuid(). */
int caps_before_setuid(const struct caps_sets *sets, struct vps_err *err);

/* Step 2, after setuid(): set effective, permitted, inheritable, ambient. */
int caps_after_setuid(const struct caps_sets *sets, struct vps_err *err);

#endif
