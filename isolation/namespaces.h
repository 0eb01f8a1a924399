/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The namespaces of Linux: one row each, and what is done with all of them alike. */
#ifndef ISOLATION_NAMESPACES_H
#define ISOLATION_NAMESPACES_H

#include <stdbool.h>
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

/* What a process had before it acted for another owner. */
struct ns_owner {
	int  dumpable, death_signal;
	bool is_changed;
};

/*
 * Until ns_owner_leave(), the user namespaces that this process makes belong to
 * that user. Inotify instances, namespaces and pending signals of those inside
 * are counted for the owner of their namespace, too, by the limits outside:
 * tenants whose namespaces were all root's would take them from each other, and
 * from root. File access stays as it is, and so do the capabilities.
 *
 * uid         on the host; 0 changes nothing
 * ret_before  for ns_owner_leave()
 * Best effort: whoever may not change his ids owns what he makes himself.
 */
void ns_owner_enter(uid_t uid, struct ns_owner *ret_before);
void ns_owner_leave(const struct ns_owner *before);

#endif
