/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The monitor's side of the view, see view.h: it keeps what must outlive the server. */
#ifndef RUNTIME_VIEW_CLIENT_H
#define RUNTIME_VIEW_CLIENT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "isolation/mounts.h"
#include "isolation/syscalls.h"
#include "runtime/view.h"
#include "runtime/view_listeners.h"

#define VIEW_PROGRAM	"vps-view"
#define VIEW_MNTNS_FD	3	/* of the server: the mount namespace to live in */

/* A process of ours that waits for the server of a view while we go on. */
struct view_finder {
	pid_t       pid;	/* 0: none */
	int         sync_fd;	/* over which the files come */
	const char *scratch;	/* of struct view_plan; NULL where it is apart */
	bool        has_sent;	/* them, and ends by itself */
};

struct view_client {
	char              dir[PATH_MAX];	/* RUN.view */
	int               mntns_fd;		/* the host's, from before we left it */
	int               server_fd;		/* FD_NONE: no server */
	int               fds[VIEW_FDS];	/* FD_NONE: the VPS sees the kernel's own files */
	struct view_finder finder;		/* between view_client_begin() and _placed() */
	struct mount_view files[VIEW_FILES];	/* between view_client_end() and _placed() */
	size_t            file_count;
	char              name[VIEW_NAME];	/* of the VPS whose view it is */
	struct view_listeners listeners;
	int64_t           lost_msec;	/* clock.h: since when no server takes what we hold; 0: one has */
	bool              answers_calls;	/* the server is not one from before it could */
};

/* What a view begins with. */
struct view_plan {
	const char *name;
	uint32_t    uid, gid;		/* of the VPS's root, on the host */
	int64_t     start_nsec;		/* CLOCK_BOOTTIME that its uptime counts from */
	int         cg_fd;		/* borrowed */
	const char *scratch;		/* existing directory of ours, which stays covered … */
	bool        is_apart;		/* … that is not in a mount namespace of this process alone */
};

/* run_dir   of the VPS; beside its parent lies what the server needs */
void view_client_init(struct view_client *client, const char *run_dir);
void view_client_free(struct view_client *client);

/*
 * Begin to make a view, which takes the server some time. plan->scratch has to
 * last until view_client_placed() or _down(). 0, or -errno with err set and no view; a VPS can
 * do without.
 */
int view_client_begin(struct view_client *client, const struct view_plan *plan,
		      struct vps_err *err);

/*
 * Wait for it: client->files are then mounts to be put over the kernel's files.
 * Returns as view_client_begin().
 */
int view_client_end(struct view_client *client, struct vps_err *err);

/* The files are in place, or are not wanted. */
void view_client_placed(struct view_client *client);

/* The run is over. */
void view_client_down(struct view_client *client);

/*
 * In a child that may come to read from the view: what keeps its connection
 * open must not be held by who waits for its end.
 */
void view_client_leave(struct view_client *client);

/* Take over the view of a VPS that runs already. False: the server has none of that name. */
bool view_client_adopt(struct view_client *client, const char *name);

/*
 * Have the system calls watched that a view answers, as far as the profile
 * allows it (see syscalls_watch()): view_client_listen() is to be given what
 * comes of it.
 */
void view_watch(struct syscalls_profile *profile);

/* Whether it can be given notify descriptors. */
bool view_client_is_listening(const struct view_client *client);

/*
 * Have calls answered from here on, for as long as this process or the server lives.
 *
 * listener_fd   notify descriptor of a filter, taken, also on failure
 * Returns 0, or -errno and nobody answers them.
 */
int view_client_listen(struct view_client *client, int listener_fd);

/* Whether readers wait because there is no server. */
bool view_client_is_lost(const struct view_client *client);

/* Milliseconds until view_client_restore() is to be called again; -1: readers do not wait. */
int view_client_timeout(const struct view_client *client);

/*
 * The server is gone: start another, or join the one that somebody else has
 * started. One try, that waits for nobody else: where none is to be had, call it
 * again a moment later. Calls that have waited for seconds get the kernel's answers.
 */
void view_client_restore(struct view_client *client);

#endif
