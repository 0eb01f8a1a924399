/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which VPSs are wanted at boot. */
#ifndef CLI_ONBOOT_H
#define CLI_ONBOOT_H

#include <stdbool.h>

#include "base/err.h"

struct vps_host;

/* Whether the spec of a VPS says "onboot": true. Returns 0, or -errno with err set. */
int onboot_get(const struct vps_host *host, const char *name, bool *ret_is_wanted,
	       struct vps_err *err) __attribute__((nonnull));

#endif
