/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Control groups, version 2. The one place that knows libcgroup and the one
 * that touches cgroup.kill, cgroup.freeze, cgroup.events and *.pressure.
 * Version 1 is never used: a controller that sits there is "not available".
 */
#ifndef ISOLATION_CG_H
#define ISOLATION_CG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* One write: an interface file and what goes into it. */
struct cg_value {
	const char *file;	/* "memory.max"; its controller is what stands before the dot */
	const char *value;	/* as the kernel takes it; several lines are several writes (io.max) */
	/*
	 * The same wish for another part of the kernel, or NULL: written, too, where
	 * its file exists; one of the two has to. BFQ reads io.bfq.weight alone, which is
	 * written beside the default of an io.weight that has no twin.
	 */
	const char *twin_file, *twin_value;
};

/*
 * Where cgroup v2 is mounted: /sys/fs/cgroup, or /sys/fs/cgroup/unified on a
 * hybrid host. Returns a static string, or NULL when it is nowhere.
 */
const char *cg_mount_point(void);

/* Whether a controller ("memory") can be enabled below the root of the v2 tree. */
bool cg_has_controller(const char *controller);

/*
 * Make a cgroup and its missing parents and enable, from the root down, every
 * controller that the values name and, where it exists, those a VPS is
 * expected to account (cpu, memory, pids, io). Existing is success, so calling
 * it again with a further value enables that value's controller.
 *
 * path       below the mount point, no leading slash: "vps/web1"
 * Returns a directory descriptor that the caller owns, or -errno with err set
 * and nothing left of what it made. -VPS_EHOST when a controller that a value
 * needs is missing; err then names controller and value.
 */
int cg_create(const char *path, const struct cg_value *values, size_t count, struct vps_err *err);

/* Open an existing one. Descriptor, or -errno (no sentence). */
int cg_open(const char *path);

/*
 * Write values, in order, reading back what libcgroup is known to lose. The
 * first value of a controller in a process costs 0.4 ms, later ones 0.02.
 * Returns 0, or -errno with err naming file and value; earlier ones stay written.
 */
int cg_set(int cg_fd, const char *path, const struct cg_value *values, size_t count,
	   struct vps_err *err);

/*
 * The kernel keeps memory.min and memory.low of a cgroup only as far as its
 * parent's reach (cgroup-v2.rst): make the latter the sum of all that the
 * parent's children have. For when path got such a guarantee, or lost it, or
 * is gone with it. One below the root needs none of that.
 * Returns 0, or -errno with err set.
 */
int cg_sum_guarantees(const char *path, struct vps_err *err);

/*
 * Hand a cgroup's inside to the owner of a user namespace: the directory and
 * the files of /sys/kernel/cgroup/delegate, never a limit. How many cgroups
 * he may make in it, and how deep, is bounded.
 */
int cg_delegate(int cg_fd, uid_t uid, gid_t gid, struct vps_err *err);

/* Kill everything in it and below, at once (cgroup.kill). 0 or -errno. */
int cg_kill(int cg_fd);

/* Send a signal to every process in it and below. 0 or -errno with err set. */
int cg_signal(int cg_fd, int signal, struct vps_err *err);

/*
 * Freeze or thaw and wait until it is so, timeout_msec at most.
 * Returns 0, or -errno with err set (-ETIMEDOUT: a process did not stop in
 * time). One that could not be frozen runs on.
 */
int cg_freeze(int cg_fd, bool is_frozen, int timeout_msec, struct vps_err *err);

/* Whether any process lives in it or below; -errno when that cannot be read. */
int cg_is_populated(int cg_fd);

/* Whether it is frozen; -errno when that cannot be read. */
int cg_is_frozen(int cg_fd);

/*
 * Kill, wait until empty, remove bottom-up, then the parents named in path
 * that cg_create() made and that are empty. Missing is success.
 * Returns 0, or -errno with err set (-EBUSY: a process refuses to die).
 */
int cg_remove(const char *path, struct vps_err *err);

/*
 * A descriptor of the cgroup to clone a further process into: the VPS's own,
 * or the one that its init lives in when the former may hold no processes any
 * more (it has controllers enabled below it).
 *
 * init_pid   host's pid of init
 * Returns a descriptor that the caller owns, or -errno with err set.
 */
int cg_open_for_exec(const char *path, pid_t init_pid, struct vps_err *err);

/*
 * Move this process into a cgroup below the mount point, which is made when it is
 * missing and stays when it is left. Takes some milliseconds. 0 or -errno.
 */
int cg_enter(const char *path);

/* Where this process is: below the v2 mount, without a leading slash. 0 or -errno, path then empty. */
int cg_own_path(char path[PATH_MAX]);

/* Read one number of an interface file ("max" is UINT64_MAX). 0 or -errno. */
int cg_read(int cg_fd, const char *file, uint64_t *ret_value);

#endif
