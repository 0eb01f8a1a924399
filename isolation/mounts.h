/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file system tree that a process inside sees: OCI mounts laid onto a
 * root that is not yet ours to trust, masked and read-only paths, the switch
 * of root. Called in the child, inside its new mount namespace, before it has
 * run anything of the tenant's.
 */
#ifndef ISOLATION_MOUNTS_H
#define ISOLATION_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "isolation/idmap.h"

/* One entry of "mounts" with its options sorted into what the kernel takes. */
struct mount_entry {
	const char  *destination;	/* absolute, inside the root */
	const char  *type;		/* "proc", "bind", …; NULL is bind when the flags say so */
	const char  *source;		/* NULL where the type needs none */
	const char *const *data;	/* options of the file system: "size=64k"; data_count of them */
	size_t       data_count;
	uint64_t     attr_set, attr_clear;	/* MOUNT_ATTR_* of this mount */
	uint64_t     rec_set, rec_clear;	/* the same for the whole tree: "rro", … */
	unsigned long propagation;	/* MS_SHARED, …, with MS_REC; 0 leaves it private */
	bool         is_bind, is_recursive;	/* bind, rbind */
	bool         sb_ro;		/* "ro" also for the superblock of a new file system */
	bool         is_copied_up;	/* tmpcopyup: fill the tmpfs with what lay below */
	bool         is_idmapped, is_idmapped_rec;	/* "idmap", "ridmap" */
	struct idmap idmap;		/* of an id-mapped mount; empty: the container's own */
	bool         is_optional;	/* "nofail": a source that is missing is no error */
	int          source_fd;		/* a detached mount prepared outside, or FD_NONE */
};

/* Option words of fstab and the OCI specification -> fields. False: option is the file system's own. */
bool mount_option(struct mount_entry *entry, const char *option);

struct device_node {
	const char *path;		/* absolute, inside the root */
	char        type;		/* 'c', 'b', 'u', 'p' */
	int64_t     major, minor;
	uint32_t    mode;		/* permission bits */
	uint32_t    uid, gid;
};

/* Everything that mounts_enter() lays out. Arrays borrowed. */
struct mounts_plan {
	int                       root_fd;	/* detached mount of the root; taken */
	bool                      is_readonly;
	unsigned long             root_propagation;	/* 0: private */
	const struct mount_entry *mounts;
	size_t                    mount_count;
	const struct device_node *devices;
	size_t                    device_count;
	const char *const        *masked, *readonly;
	size_t                    masked_count, readonly_count;
	int                       console_fd;	/* pty slave to appear as /dev/console, or FD_NONE; borrowed */
	bool                      has_cgroup_ns;	/* false: "cgroup" mounts become binds of our own cgroup */
	const char               *mount_label;	/* SELinux, or NULL */
};

/*
 * Build the tree on the root: mounts, device nodes, /dev links, console. In
 * the mount namespace of the container, before the root is switched, so that
 * createContainer hooks still see the host.
 * Returns 0, or -errno with err set; the namespace is then only good for dying.
 */
int mounts_build(struct mounts_plan *plan, struct vps_err *err);

/* Switch into it (pivot_root, old root detached), then read-only and masked paths. */
int mounts_enter(struct mounts_plan *plan, struct vps_err *err);

#endif
