/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where everything of a host and of one VPS lies; used by the files that implement vps.h. */
#ifndef RUNTIME_HOST_H
#define RUNTIME_HOST_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/own.h"
#include "images/image.h"
#include "runtime/attach.h"
#include "runtime/disk.h"
#include "runtime/registry.h"
#include "runtime/spec.h"
#include "runtime/state.h"
#include "runtime/vps.h"

#define SPEC_FILE	"spec.json"	/* in ROOT/vps/NAME: its presence is the VPS */
#define IMAGE_FILE	"image"		/* there too: digest of the image that it stands on */

struct vps_host {
	char root[PATH_MAX];	/* ROOT */
	char run[PATH_MAX];	/* /run/vps, or ROOT/run */
	int  root_fd, vps_fd;	/* ROOT and ROOT/vps */
	int  run_fd;
	int  wait_msec;
	bool is_default;	/* ROOT is /var/lib/vps: its cgroups need no distinction */
};

/*
 * Call each() for every directory of ROOT/vps, in the order of their names.
 *
 * vps_fd    of that directory, borrowed; one without SPEC_FILE is half-made or half-gone
 * Ends at the first call that does not return 0, and returns what that returned; 0 when
 * none is left; -errno with err set when the directory cannot be read.
 */
int host_each_vps(struct vps_host *host,
		  int (*each)(struct vps_host *host, const char *name, int vps_fd, void *arg,
			      struct vps_err *err),
		  void *arg, struct vps_err *err) __attribute__((nonnull(1, 2, 4)));

/* One VPS, held under its lock. Start with VPS_INIT; vps_unlock() it. */
struct vps {
	struct vps_host *host;
	char             name[VPS_NAME_MAX + 1];
	int              lock_fd;
	int              vps_fd;	/* ROOT/vps/NAME */
	int              run_fd;	/* RUN/NAME */
	struct run_state state;
	int              init_fd;	/* pidfd, or FD_NONE: no init lives */
	bool             has_monitor;
	struct disk      disk;		/* open from bundle_write() on: the monitor then need not mount it anew */
};

#define VPS_INIT	{ .lock_fd = FD_NONE, .vps_fd = FD_NONE, .run_fd = FD_NONE, .init_fd = FD_NONE, \
			  .disk = DISK_NONE }
#define OWN_VPS		__attribute__((cleanup(vps_unlock))) struct vps

/* Take the lock of a name, whether or not a VPS has it. 0 or -errno with err set. */
int vps_lock_name(struct vps_host *host, const char *name, struct vps *vps, struct vps_err *err);

/*
 * Lock a VPS and put right what a killed predecessor left of it: a half-made
 * one is removed, a dead one cleared away, one whose monitor died gets
 * another. Afterwards state, init_fd and has_monitor say how it is.
 */
int vps_lock(struct vps_host *host, const char *name, struct vps *vps, struct vps_err *err);
void vps_unlock(struct vps *vps);

/*
 * The state of the present run, and whether a monitor watches it. Half a file
 * without a monitor is what a crash of the host left, when nothing runs.
 */
int host_read_state(int run_fd, struct run_state *ret_state, bool *ret_has_monitor,
		    struct vps_err *err);

/* Read the state again. */
int vps_refresh(struct vps *vps, struct vps_err *err);

/* Read spec.json of a directory into a zeroed spec. */
int vps_load_spec(int vps_fd, struct spec *spec, struct vps_err *err);

/* The image that a VPS stands on, by the digest noted at its creation. */
int vps_load_image(struct vps_host *host, int vps_fd, struct image **ret_image,
		   struct vps_err *err);

/*
 * Make the MAC that its spec fixes its own in the registry; NULL: one that is chosen.
 * Returns as registry_set_mac().
 */
int vps_claim_mac(struct vps *vps, const char *mac, struct vps_err *err);

/* Set its disk limits, and write config.json and attach.json for a start. */
int bundle_write(struct vps *vps, struct vps_err *err);

/* Compile without writing: what bundle_write() would make config.json. malloc()ed. */
int bundle_compile(struct vps_host *host, const char *name, int vps_fd, char **ret_text,
		   struct vps_err *err);

struct journal_step;

/*
 * Put limits into the config.json of a run, from which its monitor starts it
 * again. No config.json is success.
 *
 * is_before   as they were, not as they become
 */
int bundle_set_limits(int run_fd, const struct journal_step *steps, size_t count, bool is_before,
		      struct vps_err *err);

/* Read config.json of a run into a zeroed config: with what its annotations stand for. */
int bundle_load(int run_fd, struct oci_config *config, struct vps_err *err);

/*
 * Start the monitor of a VPS whose lock is held; it loads and then waits for
 * monitor_release().
 *
 * ret_pid   of the monitor, a child of this process
 * Returns its socket, owned by the caller, or -errno with err set.
 */
int monitor_launch(struct vps *vps, bool is_adopting, pid_t *ret_pid, struct vps_err *err);

/* Let it begin, and hear how it went. On failure fd is closed and the process gone. */
int monitor_release(int *fd, pid_t pid, struct vps_err *err);

/* End one that waits, or wait for one that has failed and still clears away. */
void monitor_reap(int *fd, pid_t pid);

/* Start a monitor for a VPS that runs without one. */
int monitor_adopt(struct vps *vps, struct vps_err *err);

/* Remove every trace of a run that is over: cgroup, link, covers, state. */
void run_clear(struct vps *vps);

/* Delete ROOT/vps/NAME and what the registry holds for it. */
int vps_erase(struct vps *vps, struct vps_err *err);

/*
 * The body of vps_stop(), called under the lock, which it lets go of while init
 * takes its time. has_monitor afterwards: somebody else has started it again.
 */
int stop_locked(struct vps *vps, int timeout_msec, struct vps_err *err);

#endif
