/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the table of doctor.c and the probes in doctor_*.c share; nobody else includes it. */
#ifndef RUNTIME_DOCTOR_H
#define RUNTIME_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "runtime/vps.h"

/* What probes work with: made before the first of them, removed after the last. */
struct doctor {
	const char *root;		/* ROOT, borrowed; "" when it could not be opened */
	int         root_fd;		/* borrowed; FD_NONE then */
	bool        is_privileged;	/* root of the initial user namespace */
	char        scratch[32];	/* name in ROOT of a directory of our own */
	int         scratch_fd;		/* locked for as long as we live; or -errno */
	char        cg_path[32];	/* a cgroup of our own, below the root of v2 */
	int         cg_fd;		/* or -errno */
};

struct check;

#define DOCTOR_AS_ROOT	"run it as root of the host: sudo vpsctl doctor"

/*
 * One probe, in a process of its own that ends after it: what it changes about
 * itself matters to nobody. It says what it found by one of doctor_found(),
 * doctor_lacks(), doctor_failed(), and where it knows better than the table, doctor_advise().
 */
typedef void doctor_probe(const struct doctor *doctor, const struct check *check,
			  struct vps_finding *finding);

struct check {
	const char   *name;
	bool          is_required, needs_root;
	doctor_probe *probe;
	const char   *subject;	/* which namespace, controller, program; or NULL */
	const char   *lost;	/* "without it …"; NULL for what no VPS runs without */
	const char   *remedy;	/* where the probe gives none */
};

extern const struct check doctor_checks[];
extern const size_t doctor_check_count;

/*
 * Run probes, all at once, and wait for them, timeout_msec at most. A probe
 * that does not answer or dies is a finding too.
 *
 * findings  count of them, in memory shared with child processes
 * Returns 0, or -errno with err set when there is no pipe to wait on.
 */
int doctor_run(const struct doctor *doctor, const struct check *checks, size_t count,
	       int timeout_msec, struct vps_finding *findings, struct vps_err *err);

/* Say what was found and works, what does not, why, and what to do; cut where it does not fit. */
void doctor_found(struct vps_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void doctor_lacks(struct vps_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void doctor_failed(struct vps_finding *finding, const struct vps_err *err);
void doctor_advise(struct vps_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Run fn in a child of the probe, which fn may end by returning its exit
 * status. Returns the wait status, or -errno.
 */
int doctor_child(int (*fn)(void *arg), void *arg);

/*
 * In a new child: be killed when its parent ends, however it ends.
 *
 * parent   pid of the parent, asked for before the fork: it may have been
 *          killed before this call, and then nobody would send the signal
 */
void doctor_die_with(pid_t parent);

/* Read a number of a sysctl or the like; or missing, when there is no such file. */
int64_t doctor_number(const char *path, int64_t missing);

/* A user namespace as a VPS has it: ids 0..65535 are the registry's first range. Or -errno. */
int doctor_userns(struct vps_err *err);

/*
 * Leave the mounts of the host alone: a mount namespace of its own for this
 * process, all private; in a new user namespace too where it is unprivileged.
 */
int doctor_leave_mounts(const struct doctor *doctor, struct vps_err *err);

/* doctor_kernel.c */
doctor_probe doctor_kernel, doctor_privileges, doctor_pidfd, doctor_mount_api, doctor_filter,
	doctor_compat, doctor_security;
/* doctor_namespaces.c */
doctor_probe doctor_user_namespace, doctor_namespace, doctor_id_map, doctor_inner_mounts,
	doctor_network, doctor_bandwidth;
/* doctor_cgroup.c */
doctor_probe doctor_cgroup, doctor_clone_into, doctor_controller, doctor_devices,
	doctor_families, doctor_kill, doctor_freeze, doctor_pressure;
/* doctor_storage.c */
doctor_probe doctor_overlay, doctor_weights, doctor_quota, doctor_space;
/* doctor_ids.c */
doctor_probe doctor_ids;
/* doctor_calls.c */
doctor_probe doctor_calls;
/* doctor_programs.c */
doctor_probe doctor_own_program, doctor_program, doctor_busybox, doctor_view;

#endif
