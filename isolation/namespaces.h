/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The namespaces of Linux: one row each, and what is done with all of them alike. */
#ifndef ISOLATION_NAMESPACES_H
#define ISOLATION_NAMESPACES_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum ns_kind {
	NS_USER,	/* first: joining it may be what allows joining the others */
	NS_MOUNT,
	NS_PID,
	NS_NET,
	NS_IPC,
	NS_UTS,
	NS_CGROUP,
	NS_TIME,
	NS_KINDS
};

struct ns_info {
	const char *oci;	/* name in config.json: "network" */
	const char *proc;	/* name below /proc/PID/ns: "net" */
	int         flag;	/* CLONE_NEW… */
};

extern const struct ns_info ns_infos[NS_KINDS];

/* The kind of that OCI name, or NS_KINDS. */
enum ns_kind ns_parse(const char *oci_name);

/*
 * Open a namespace file and check that it is one of that kind (NS_GET_NSTYPE),
 * so that a path in a config cannot make us join something else.
 *
 * Returns a descriptor that the caller owns, or -errno with err set.
 */
int ns_open(enum ns_kind kind, const char *path, struct vps_err *err);

/* Shift of a clock inside a new time namespace; see time_namespaces(7). */
struct ns_time_offset {
	int64_t  sec;
	uint32_t nsec;
};

/*
 * Give the children of this process a new time namespace with these offsets.
 * clone3(CLONE_NEWTIME) cannot: its child is inside already, and from then on
 * the offsets are fixed. Needs CAP_SYS_ADMIN and CAP_SYS_TIME in our own user
 * namespace, which owns the new one.
 *
 * monotonic, boottime    shift of that clock
 * Returns 0, or -errno with err set. Undo with ns_time_leave().
 */
int ns_time_prepare(const struct ns_time_offset *monotonic,
		    const struct ns_time_offset *boottime, struct vps_err *err);

/* Let children of this process be born in its own time namespace again. Cannot fail usefully. */
void ns_time_leave(void);

#endif
