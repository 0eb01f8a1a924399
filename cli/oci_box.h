/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container of vps-oci on disk: ROOT/ID with its record, its config, its gate and its lock. */
#ifndef CLI_OCI_BOX_H
#define CLI_OCI_BOX_H

#include <limits.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/own.h"
#include "cli/oci_command.h"
#include "isolation/scope.h"
#include "runtime/container.h"
#include "runtime/oci_record.h"

struct oci_box {
	const char       *id;			/* borrowed */
	char              run_dir[PATH_MAX];	/* ROOT/ID, absolute */
	int               root_fd, dir_fd, lock_fd;
	struct arena      arena;		/* of the record */
	struct oci_record record;
	struct scope      scope;	/* of oci_box_container() */
	int               init_fd;		/* pidfd, or FD_NONE: it does not run */
};

#define OCI_BOX_INIT { .root_fd = FD_NONE, .dir_fd = FD_NONE, .lock_fd = FD_NONE, .init_fd = FD_NONE }
#define OWN_BOX __attribute__((cleanup(oci_box_close))) struct oci_box

/* Release it and its lock. */
void oci_box_close(struct oci_box *box);

/* Open ROOT, made when missing; absolute path into path. Descriptor, or -errno with err set. */
int oci_box_root(const struct oci_cli *cli, char path[PATH_MAX], struct vps_err *err);

/*
 * Open the container of that id.
 *
 * is_locked  wait for and hold its lock: for who changes it
 * box        OCI_BOX_INIT; to be closed in any case
 * Returns 0, or -errno with err set; -ENOENT: "container ID does not exist".
 */
int oci_box_open(const struct oci_cli *cli, const char *id, bool is_locked, struct oci_box *box,
		 struct vps_err *err);

/* Make the directory of a new container and lock it. -EEXIST when there is one. */
int oci_box_make(const struct oci_cli *cli, const char *id, struct oci_box *box,
		 struct vps_err *err);

/* Take its lock / let go of it, also where a child holds a copy of the descriptor. */
int oci_box_lock(struct oci_box *box, struct vps_err *err);
void oci_box_unlock(struct oci_box *box);

/* Remove its directory. */
int oci_box_remove(struct oci_box *box, struct vps_err *err);

/* "creating", "created", "running", "paused" or "stopped": found out, never remembered. */
const char *oci_box_status(const struct oci_box *box);

/* Limits that were changed since, over those of its config.json: a resources document. */
#define OCI_RESOURCES_NAME	"resources.json"

/*
 * Read the config that it was made from, with the limits that it has by now,
 * into a zeroed struct. 0 or -errno with err set.
 *
 * ret_filter  as of oci_parse_and_recall(), or NULL
 */
int oci_box_config(const struct oci_box *box, struct oci_config *config,
		   struct syscalls_filter *ret_filter, struct vps_err *err);

/*
 * The engine's view of a container that another process brought up, for start
 * and delete: its config is read only where it has something for them. To be
 * released with container_free().
 */
int oci_box_container(struct oci_box *box, struct container *c, struct vps_err *err);

/* Its scope, where systemd made the cgroup: name in scope, or "" there. */
void oci_box_scope(const struct oci_box *box, struct scope *scope);

/*
 * Its cgroup. Descriptor of the caller's, or -errno with err set: -VPS_ESTATE
 * when it never got one, and what cannot be done without it says why.
 */
int oci_box_cgroup(const struct oci_box *box, const char *why, struct vps_err *err);

/* Its gate, on which a created init waits: listen, connect, or take it away. */
int oci_box_listen(const struct oci_box *box, struct vps_err *err);
int oci_box_connect(const struct oci_box *box, struct vps_err *err);
void oci_box_unlink_gate(const struct oci_box *box);

/* Directory of compiled system call filters, or FD_NONE: do without. Owned by the caller. */
int oci_box_cache(const struct oci_box *box);

/*
 * Path of a directory that each process covers, or mounts in, in a mount
 * namespace of its own: nobody has to unmount there, and mount points stay for
 * the next. Lives as long as the box; NULL without memory.
 */
const char *oci_box_scratch(struct oci_box *box);

#endif
