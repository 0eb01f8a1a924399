/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource Director Technology: shares of cache and memory bandwidth, by the resctrl file system. */
#ifndef ISOLATION_RDT_H
#define ISOLATION_RDT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* linux.intelRdt of the OCI runtime specification; strings are borrowed, each may be NULL. */
struct rdt {
	const char        *clos;	/* class of service; NULL: one of the container's own, "/": the root's */
	const char        *l3, *bandwidth;	/* lines of its schemata */
	const char *const *schemata;	/* lines beside those, NULL-terminated */
	bool               is_monitored;
};

/* Where resctrl is mounted: a static string, or NULL where it is not. */
const char *rdt_mount_point(void);

/*
 * Make what a container asks for: its class with these schemata, its monitoring
 * group. A class that is there already must have the same schemata.
 *
 * place  of rdt_mount_point(), or NULL: -VPS_EHOST
 * id     of the container
 *
 * Returns 0, or -errno with err set and nothing made.
 */
int rdt_create(const char *place, const struct rdt *rdt, const char *id, struct vps_err *err);

/* Put a process there; its children follow. 0 or -errno with err set. */
int rdt_add(const char *place, const struct rdt *rdt, const char *id, pid_t pid,
	    struct vps_err *err);

/* Remove what was made for this container alone. Missing is success. */
void rdt_remove(const char *place, const struct rdt *rdt, const char *id);

#endif
