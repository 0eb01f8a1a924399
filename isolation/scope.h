/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cgroups that systemd makes: a transient scope with Delegate=yes for each
 * container, in which the limits are properties of the unit as well, so that
 * `systemctl status` shows them and a daemon-reload leaves them alone.
 *
 * Who speaks to systemd is a program of its own, vps-scope, because libsystemd
 * is large and vps-oci starts thousands of times without it. It is told
 *
 *	verb, "user" or "system", name, slice, pid	strings with their NULs
 *	{ "v", file, value } ...			limits
 *	{ "d", "1 c 1 3 6" } ...			device rules: allow, type, numbers, access
 *
 * and answers with a struct vps_err and, after "start", the path of the cgroup.
 */
#ifndef ISOLATION_SCOPE_H
#define ISOLATION_SCOPE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "isolation/cg.h"
#include "isolation/devices.h"

#define SCOPE_NAME_SIZE 256	/* of a unit's name with its NUL, systemd.unit(5) */

struct scope {
	char name[SCOPE_NAME_SIZE];	/* "libpod-1.scope"; "" is none */
	char slice[SCOPE_NAME_SIZE];	/* "machine.slice" */
	bool is_user;			/* of the user's systemd instead of the system's */
	char program[PATH_MAX];		/* vps-scope */
};

/*
 * The scope that a cgroupsPath of engines names: "slice:prefix:name", of which
 * slice and prefix may be empty.
 *
 * path       NULL: the default slice, and the name vps-oci-ID.scope
 * scope      is_user and program are the caller's to set before; name and slice are filled
 * Returns 0, or -EINVAL with err set.
 */
int scope_parse(const char *path, const char *id, struct scope *scope, struct vps_err *err);

/*
 * Have systemd make the scope, move a process into it, and wait until that is done.
 *
 * values, rules  what of them systemd has properties for is set; the rest is for cg_set()
 * path           receives the cgroup below the v2 mount, without a leading slash
 * Returns 0, or -errno with err set and no scope: -VPS_EHOST when the host
 * lacks the program, the library or systemd.
 */
int scope_start(const struct scope *scope, pid_t pid, const struct cg_value *values, size_t count,
		const struct device_rule *rules, size_t rule_count, char path[PATH_MAX],
		struct vps_err *err);

/*
 * Set the properties of what changes.
 *
 * rules   NULL: they stay as they are
 * Returns 0, or -errno with err set and every property as it was.
 */
int scope_set(const struct scope *scope, const struct cg_value *values, size_t count,
	      const struct device_rule *rules, size_t rule_count, struct vps_err *err);

/* Kill what is left in it and wait until systemd has forgotten it. Best effort; missing is success. */
void scope_stop(const struct scope *scope);

#endif
