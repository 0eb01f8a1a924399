/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine: one container, brought up from an OCI config by a table of
 * stages and taken down by the same table read upwards. vps-oci drives it for
 * engines, vps-monitor for VPSs, which add attachments that OCI does not describe.
 */
#ifndef RUNTIME_CONTAINER_H
#define RUNTIME_CONTAINER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/own.h"
#include "isolation/covers.h"
#include "isolation/scope.h"
#include "runtime/oci.h"
#include "runtime/view_client.h"

struct container;

/* What a VPS has behind and beside its container. NULL members: OCI alone. */
struct attachments {
	/* The root as a detached mount; userns_fd maps its ids, or FD_NONE. */
	int (*root)(struct container *c, int userns_fd, int *ret_mount_fd, struct vps_err *err);
	/* Links into the new network namespace. */
	int (*network_up)(struct container *c, int netns_fd, struct vps_err *err);
	void (*network_down)(struct container *c);
	/* In the child, as root of the container, when the root is built. */
	int (*files)(struct container *c, int root_fd, struct vps_err *err);
	void *arg;	/* theirs */
};

/* Callers fill the first part; the stages keep what they hold in the second. */
struct container {
	const char               *id;
	const char               *bundle;	/* directory that relative paths of the config start from */
	const char               *run_dir;	/* directory of our own for this container, existing */
	const char               *scratch;	/* existing directory, in which this process may leave mount points
						   and which it may cover, in a mount namespace of its own and until
						   it ends; NULL: made in run_dir */
	const char               *cgroup_path;	/* below the v2 mount; "": none, and it becomes that when
						   a rootless container may have none */
	const struct scope       *scope;	/* systemd makes the cgroup, and cgroup_path is found out;
						   borrowed; or NULL */
	bool                      is_rootless;	/* this process has not the host's root: rootless.h */
	struct oci_config         config;	/* parsed; freed by container_free() */
	const struct attachments *attachments;	/* or NULL */
	struct view_client       *view;		/* files of /proc that show its own limits; NULL: the kernel's */
	int                       cache_fd;	/* compiled system call filters; FD_NONE: none; borrowed */
	int                       console_fd;	/* in: FD_NONE; then master of the console's pty */
	bool                      keeps_keyring;
	bool                      has_console;	/* its terminal controls no session, as a machine's console */
	bool                      starts_at_once;	/* container_start() follows whatever happens, so that init
						   need not wait for it */
	bool                      keeps_old_root;	/* chroot instead of pivot_root */
	unsigned                  preserved_fds;
	const int                *stdio;	/* three, for 0 to 2 of the program; FD_NONE among them: that
						   of this process; or NULL; borrowed */
	int                       gate_fd;	/* listening socket on which init waits for SYNC_START
						   when this process ends before; else FD_NONE; borrowed */

	pid_t                     init_pid;
	int                       init_fd;	/* pidfd */
	int                       cg_fd, userns_fd, netns_fd, sync_fd;
	int                       root_fd;	/* its root, detached, until init has it; or FD_NONE */
	int                       host_mntns_fd;	/* to go back to, or FD_NONE */
	int                       host_root_fd, host_cwd_fd;	/* where we were there */
	int                       spare_fds[2];	/* of its root, which are better closed when it runs: overlay.h */
	struct syscalls_filter    filter;
	struct covers             covers;	/* of what init sends */
	size_t                    placed;	/* index of the mount behind the last that init sent */
	bool                      is_built;	/* init has sent SYNC_BUILT */
	size_t                    moved_links;	/* of config.net_devices, while it comes up */
	bool                      has_nodes;	/* of devices: they are in the mount of /dev that it gets */
	bool                      has_mount_ns;	/* we left the host's mount namespace */
	bool                      is_user;	/* we are an ordinary user, in a namespace of our own */
	bool                      lacks_cgroup;	/* one was asked for and the host has none to give */
	const char               *notes[8];	/* what was left out, and why: for a log */
	size_t                    note_count;
	const char               *nodes;	/* directory of device nodes for a user namespace, or NULL */
};

#define CONTAINER_INIT {								\
	.cache_fd = FD_NONE, .console_fd = FD_NONE, .gate_fd = FD_NONE, .init_fd = FD_NONE, .cg_fd = FD_NONE,	\
	.userns_fd = FD_NONE, .netns_fd = FD_NONE, .sync_fd = FD_NONE, .root_fd = FD_NONE,	\
	.host_mntns_fd = FD_NONE,	\
	.host_root_fd = FD_NONE,	\
	.host_cwd_fd = FD_NONE,		\
	.spare_fds = { FD_NONE, FD_NONE },	\
	.covers = COVERS_INIT,	\
}

/*
 * Bring it up until init waits before its last step ("created").
 * Returns 0, or -errno with err set to stage and cause, and nothing left.
 *
 * The calling process becomes the parent of init. Where the root or a bind
 * needs it, it moves into a mount namespace of its own: until init has its
 * tree, or, without a scratch, for good.
 */
int container_up(struct container *c, struct vps_err *err);

/*
 * Let init become the tenant's program. -errno with err set when it could not.
 * From another process than container_up()'s: sync_fd is then a socket
 * connected to the gate, and taken.
 */
int container_start(struct container *c, struct vps_err *err);

/*
 * Kill what runs and remove what is left, also of a container that another
 * process brought up: id, run_dir, cgroup_path and attachments are enough.
 */
void container_down(struct container *c);

/* Release what only bringing it up needed, its config too; it runs on. Again is harmless. */
void container_settle(struct container *c);

/* Name of stage i, or NULL behind the last: for the test that fails each on purpose. */
const char *container_stage(size_t i);

/* Release descriptors and memory; the container goes on. */
void container_free(struct container *c);

/*
 * The OCI state document, for hooks and `vps-oci state`. malloc()ed, or NULL
 * without memory.
 * pid   0: left out
 */
char *container_state_json(const struct container *c, const char *status, pid_t pid);

/* How its tree is laid out, as both runtime and init see it; borrows from c. */
struct mounts_plan container_mounts(const struct container *c);

/* Body of the child, in all its namespaces; never returns. Drawn in container.c. */
_Noreturn void container_init(struct container *c, int sync_fd);

#endif
