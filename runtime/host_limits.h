/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether this host can give what limits ask of it. */
#ifndef RUNTIME_HOST_LIMITS_H
#define RUNTIME_HOST_LIMITS_H

#include "runtime/host.h"

/* Whether this host has the controller of a limit; true of a limit that needs none. */
bool host_limits_has(enum resource_id id);

/*
 * Whether a limit can be enforced here: its controller is there, its device,
 * its processors.
 * Returns 0, -VPS_EHOST or -EINVAL with a sentence that starts with its name.
 */
int host_limits_check(const struct limits *limits, enum resource_id id,
		      const struct resource_places *places, struct vps_err *err);

/*
 * Whether all that a spec asks for can be enforced here; nothing has to be with
 * "limits": "best-effort". Returns as host_limits_check().
 */
int host_limits_check_spec(struct vps_host *host, const struct spec *spec, struct vps_err *err);

/*
 * Whether no other VPS has what only one can: those of memory.min, cpu.set and
 * cpu.dedicated that are claimed.
 *
 * is_claimed  by row; without one of the three nothing is done
 * ret_fd      to be closed when the spec that says so is saved, also on failure: until then
 *             everybody else who claims something waits
 * Returns 0, -VPS_EREFUSED with a sentence, or another -errno with err set.
 */
int host_limits_claim(struct vps_host *host, const char *name, const struct limits *limits,
		      const bool is_claimed[RESOURCES], int *ret_fd, struct vps_err *err);

/*
 * Whether one of the processors of cpu.set is not dedicated to another VPS.
 * 0, or -VPS_EREFUSED with a sentence.
 */
int host_limits_cpu_set(struct vps_host *host, const char *name, const struct limits *limits,
			struct vps_err *err);

/*
 * Whether no other VPS is promised one of the processors that these limits
 * dedicate, and some are left for the rest, whatever their cpu.set.
 * 0, or -VPS_EREFUSED with a sentence.
 */
int host_limits_dedicated(struct vps_host *host, const char *name, const struct limits *limits,
			  struct vps_err *err);

#endif
