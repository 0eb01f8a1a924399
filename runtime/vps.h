/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The virtual private servers of one host: what vpsctl, and any C program
 * that links libvps, does with them. Every function that changes a VPS takes
 * its lock and first finishes or undoes what a killed predecessor left.
 *
 * Failures that every function shares: -VPS_ENOENT no VPS of that name;
 * -VPS_ELOCKED another command holds its lock and the wait ran out;
 * -VPS_ESTATE it is in the wrong state; -EINVAL a name or value that can never
 * be right. The sentence in err is complete for a person. After any failure
 * the VPS is as it was, unless the function says otherwise.
 */
#ifndef RUNTIME_VPS_H
#define RUNTIME_VPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct spec;
struct vps_host;

enum vps_status {
	VPS_STOPPED,	/* also: never started */
	VPS_STARTING,
	VPS_RUNNING,
	VPS_PAUSED,
	VPS_RESTARTING,	/* its init ended, and the monitor waits to start it again */
	VPS_STATUSES
};

/* "stopped", "starting", … */
const char *vps_status_name(enum vps_status status);

/* One VPS at one moment. */
struct vps_info {
	char            name[64];
	char            image[256];
	char            address[48];		/* empty when it has no network */
	enum vps_status status;
	pid_t           init_pid;		/* as the host sees it; 0 when not running */
	pid_t           monitor_pid;		/* 0 when none lives */
	int64_t         created_sec;		/* seconds since the epoch */
	int64_t         started_sec;		/* 0: never */
	int64_t         ended_sec;		/* of the last run; 0: none has ended */
	int             exit_status;		/* of the last run: 0..255, 128+N for signal N; -1 unknown */
	char            reason[64];		/* why it ended: "poweroff", "reboot", "stopped", "exited", "killed by signal 9", "out of memory" */
	unsigned        restarts;		/* by policy, since the last `start` */
	bool            is_onboot;		/* its spec wants it started with the host */
	char            error[300];		/* why a file of it cannot be read: what it says is not known then; empty: all can */
};

/*
 * Open the root directory of all state.
 *
 * root       NULL: $VPS_ROOT, or /var/lib/vps; made when missing. What runs
 *            is then below /run/vps, or below ROOT/run for another root, so that two
 *            roots never meet.
 * wait_msec  how long commands wait for a lock
 * ret_host   owned by the caller, vps_host_close()
 */
int vps_host_open(const char *root, int wait_msec, struct vps_host **ret_host,
		  struct vps_err *err);
void vps_host_close(struct vps_host *host);

/* Descriptors of ROOT and its path, borrowed: for the image store. */
int vps_host_root_fd(const struct vps_host *host);
const char *vps_host_root_path(const struct vps_host *host);

/*
 * Create a VPS. Nothing is left after failure.
 *
 * name       wins over spec->name, which may be NULL
 * -VPS_EEXIST when the name is taken; -VPS_ENOENT when the image is missing;
 * -VPS_EHOST when the host cannot honour a limit that the spec asks for;
 * -VPS_EREFUSED when it has not the memory that all are promised then.
 */
int vps_create(struct vps_host *host, const char *name, const struct spec *spec,
	       struct vps_err *err);

/* Start it; returns when its init runs its own program. Already running: -VPS_ESTATE. */
int vps_start(struct vps_host *host, const char *name, struct vps_err *err);

/*
 * Ask init to shut down by the signal that it understands, wait, then kill.
 * Returns when nothing of it runs and its cgroup, mounts and links are gone.
 * Not running: success. While init takes its time the VPS is not locked, so
 * that others may look into it, or kill it.
 *
 * timeout_msec   until it is killed; 0 kills at once; -1 never kills
 */
int vps_stop(struct vps_host *host, const char *name, int timeout_msec, struct vps_err *err);

/* Stop and start, unless somebody else starts it first. A VPS that is stopped is just started. */
int vps_restart(struct vps_host *host, const char *name, int timeout_msec, struct vps_err *err);

/* Send a signal to init, or (is_all) to every process of the VPS. */
int vps_kill(struct vps_host *host, const char *name, int signal, bool is_all,
	     struct vps_err *err);

int vps_pause(struct vps_host *host, const char *name, struct vps_err *err);
int vps_resume(struct vps_host *host, const char *name, struct vps_err *err);

enum vps_set_flags {
	VPS_SET_RUNNING = 1 << 0,	/* only the run that goes on; not its spec */
	VPS_SET_SAVED   = 1 << 1,	/* only its spec, for the next start */
	VPS_SET_FORCE   = 1 << 2,	/* promise memory that the host does not have */
	VPS_SET_DRY_RUN = 1 << 3,	/* check and report; change nothing */
};

/* Limits to change. What pairs say is done after the plan. */
struct vps_settings {
	const char        *plan;	/* a JSON object as "resources" of vps.json, or NULL */
	const char *const *pairs;	/* "memory=2G", "memory=+512M", "pids=max", "cpus=default" */
	size_t             count;	/* of pairs */
};

/* One limit that was changed, or would be; as people write it, "default" where it is not set. */
struct vps_change {
	char name[24];
	char saved_before[120], saved[120];		/* in the spec; empty: not touched */
	char running_before[120], running[120];		/* in the run; empty: there is none, or not touched */
};

/*
 * Change limits of a VPS, running or not: all of them, or none. Killed
 * half-way, the next command that takes the lock finishes or undoes it.
 *
 * flags        of enum vps_set_flags; not RUNNING and SAVED together
 * ret_changes  malloc()ed; may be NULL
 *
 * Returns 0; -EINVAL for a value or combination that cannot be; -VPS_EHOST for
 * a limit that this host cannot enforce; -VPS_EREFUSED for less memory than
 * it needs, and for more guarantees than the host has.
 */
int vps_set(struct vps_host *host, const char *name, const struct vps_settings *settings,
	    unsigned flags, struct vps_change **ret_changes, size_t *ret_count,
	    struct vps_err *err);

/* Changes a spec. Returns 0, or -errno with err set. */
typedef int vps_change_fn(struct spec *spec, void *arg, struct vps_err *err);

/*
 * Change the spec of a VPS, running or not: onboot at once, the rest for its
 * next start. Limits are for vps_set(), the name is for vps_rename(); image,
 * network.mode, network.bridge and network.address stay.
 *
 * change   called once, under the lock, with the spec as it is
 * Returns 0; -EINVAL for what cannot be or is not to be changed here; what change() returned.
 */
int vps_configure(struct vps_host *host, const char *name, vps_change_fn *change, void *arg,
		  struct vps_err *err);

/* Delete it and its data. Running: -VPS_ESTATE unless is_forced, which kills it first. */
int vps_destroy(struct vps_host *host, const char *name, bool is_forced, struct vps_err *err);

/* Give it another name. Only when stopped. */
int vps_rename(struct vps_host *host, const char *name, const char *new_name,
	       struct vps_err *err);

/* How it is now, as far as its files can be read. Takes no lock and changes nothing. */
int vps_get(struct vps_host *host, const char *name, struct vps_info *ret_info,
	    struct vps_err *err);

/* All of them, sorted by name. ret_infos is malloc()ed. */
int vps_list(struct vps_host *host, struct vps_info **ret_infos, size_t *ret_count,
	     struct vps_err *err);

/* Everything known of it as one JSON object, or (is_oci) the config.json that it compiles to. malloc()ed. */
int vps_inspect(struct vps_host *host, const char *name, bool is_oci, char **ret_json,
		struct vps_err *err);

/*
 * Wait until it is stopped (and its monitor will not start it again).
 *
 * timeout_msec   -1: for ever; when it runs out, -ETIMEDOUT
 * ret_info       how it ended
 */
int vps_wait(struct vps_host *host, const char *name, int timeout_msec,
	     struct vps_info *ret_info, struct vps_err *err);

/* A process to run inside, beside init. */
struct vps_exec {
	const char *const *argv;	/* NULL-terminated */
	const char *const *env;		/* "KEY=VALUE", added to the VPS's own; NULL-terminated or NULL */
	const char *user;		/* "root", "1000", "www-data:adm"; NULL: root */
	const char *cwd;		/* NULL: the user's home, or / */
	bool        has_tty;		/* give it a pty and relay this process's terminal */
	bool        is_login;		/* argv is NULL: the user's login shell */
};

/*
 * Run a process in a running VPS, in all its namespaces, its cgroup and its
 * seccomp filter, and wait for it. Signals that this process gets are passed
 * on. Descriptors 0..2 are its own.
 *
 * ret_status   exit status of the program, 128+N when signal N ended it; 126
 *              not executable; 127 not found; err is set for these two
 * Returns 0, or -errno when nothing was run (exit status 125).
 */
int vps_exec(struct vps_host *host, const char *name, const struct vps_exec *exec,
	     int *ret_status, struct vps_err *err);

/*
 * Attach this process's terminal to the VPS's console until the person leaves
 * by the escape (Ctrl-] then '.'), end of input, or the VPS ends.
 * A reboot inside does not detach.
 */
int vps_console(struct vps_host *host, const char *name, struct vps_err *err);

/*
 * Read the console log, bytes as the tenant wrote them.
 *
 * lines       only the last so many; SIZE_MAX: all that is kept
 * is_followed go on as it grows, until the VPS is stopped
 * put         gets it piece by piece; 0 to go on, or -errno
 */
int vps_logs(struct vps_host *host, const char *name, size_t lines, bool is_followed,
	     int (*put)(const char *data, size_t len, void *arg), void *arg,
	     struct vps_err *err);

/*
 * Copy what happened to VPSs to out_fd: ROOT/events.jsonl, one JSON object a
 * line, the oldest first. vpsctl(8) says what is in them.
 *
 * names       whose; also of VPSs that are gone
 * count       of names; 0: every VPS's
 * lines       only the last so many; SIZE_MAX: all that is kept
 * is_followed go on as it grows, until nobody reads out_fd any more
 */
int vps_events(struct vps_host *host, const char *const *names, size_t count, size_t lines,
	       bool is_followed, int out_fd, struct vps_err *err);

/* Call for each image layer (diff-id, hex) that some VPS stands on: what may not be removed. */
int vps_layers_in_use(struct vps_host *host, int (*each)(const char *diff_id, void *arg),
		      void *arg, struct vps_err *err);

/* One finding about this host. */
struct vps_finding {
	const char *name;	/* "overlay on id-mapped layers" */
	bool        is_ok;
	bool        is_required;	/* no VPS runs without */
	char        what[160];	/* what was found, and why it fails */
	char        remedy[200];	/* what to do; empty when ok */
};

/*
 * Examine this host. ret_findings is malloc()ed. Fails only without memory.
 * host   NULL: what lies in a root directory is not examined
 */
int vps_doctor(struct vps_host *host, struct vps_finding **ret_findings, size_t *ret_count,
	       struct vps_err *err);

#endif
