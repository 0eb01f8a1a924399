/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file system tree that a process inside sees: OCI mounts laid onto a
 * root whose content is a stranger's, masked and read-only paths, the switch
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
	int          ids_fd;		/* user namespace that maps its ids, or FD_NONE; not parsed */
	const char  *mode;		/* "mode=…" of a tmpfs, beside data, or NULL; not parsed */
	const char  *prepared;		/* where mounts_prepare() put it; not parsed, NULL at first */
	int          mount_fd;		/* detached, made outside, for mounts_open() to take; or FD_NONE; not parsed */
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

/*
 * Prepare a bind mount outside the container, where its source can be reached
 * and its ids can be mapped, and attach it at path in the (private) mount
 * namespace of this process.
 *
 * A mount namespace that is then copied into a new user namespace locks the
 * attributes of what it copies, mount_namespaces(7): a read-only volume that
 * comes in this way cannot be remounted writable by the root of the VPS.
 *
 * entry      is_bind; entry->prepared becomes path on success
 * path       existing directory or file to be covered; borrowed for the
 *            life of entry
 * container  the container's own id map, for "idmap" without one of its own
 * Returns 0, or -errno with err set and nothing attached.
 */
int mounts_prepare(struct mount_entry *entry, const char *path, const struct idmap *container,
		   struct vps_err *err);

/* A file that replaces one of proc or sysfs. */
struct mount_view {
	const char *path;	/* absolute, inside the root; missing there: no replacement */
	int         fd;		/* detached mount */
};

/* Everything that the mount tree is made of. Arrays borrowed. */
struct mounts_plan {
	const char               *root;		/* path of the root as the parent sees it */
	int                       root_fd;	/* detached clone of it for mounts_open() to take; or FD_NONE */
	bool                      is_readonly;
	bool                      keeps_old_root;	/* below the new one, out of reach of every path: where
							   pivot_root(2) is impossible, on an initramfs */
	unsigned long             propagation;	/* of the root at the end, MS_…|MS_REC; 0: private */
	const struct mount_entry *mounts;
	size_t                    mount_count;
	const struct device_node *devices;	/* beyond the default ones */
	size_t                    device_count;
	const char *const        *masked, *const *readonly;
	size_t                    masked_count, readonly_count;
	const struct mount_view  *views;	/* with a user namespace, beside the masked ones */
	size_t                    view_count;
	const char               *cgroup_path;	/* for "cgroup" mounts without a namespace; NULL: there is one */
	const char               *mount_label;	/* SELinux, or NULL */
	bool                      has_userns;	/* device nodes are then bound, not made */
	bool                      has_nodes;	/* neither: they are in the mount of /dev already, devfs_make() */
	bool                      is_rootless;	/* here too; and what may not be mounted anew is bound */
	bool                      has_host_net;	/* with a user namespace: neither may sysfs be */
	const char               *nodes;	/* directory of devfs_prepare() to bind them from; NULL: the host's /dev */
	/*
	 * With a user namespace: give proc and sysfs to the runtime, which puts
	 * them in place (guard.h); mount_fd is borrowed. await() returns when the
	 * first that was not waited for is there.
	 */
	int                     (*hand_over)(void *arg, int mount_fd, struct vps_err *err);
	int                     (*await)(void *arg, struct vps_err *err);
	void                     *hand_over_arg;
};

/* What is held while the tree is built. Start with MOUNTS_TREE_INIT; mounts_close() it. */
struct mounts_tree {
	int  root_fd;		/* the new root; attached after mounts_attach() */
	int  nodes_fd;		/* plan->nodes, or FD_NONE */
	size_t early;		/* before this one of the plan, every proc and sysfs was laid ahead */
	size_t handed_over;	/* mounts that the runtime may not have put in place yet */
	int *bind_fds;		/* one for each mount: a prepared bind's clone; laid, a proc or sysfs */
	size_t bind_count;
};

#define MOUNTS_TREE_INIT { .root_fd = FD_NONE, .nodes_fd = FD_NONE }

/*
 * Step 1, with the ids that this process was born with (they can reach what the
 * parent prepared): take clones of the root and of every prepared bind, and what
 * was handed down.
 */
int mounts_open(const struct mounts_plan *plan, struct mounts_tree *tree, struct vps_err *err);

/*
 * Step 2, as root of the container: attach the root over "/", and hand over proc
 * ahead of all mounts that do not lie where it does, since to cover it takes the
 * runtime long. After failure as of mounts_build().
 */
int mounts_attach(const struct mounts_plan *plan, struct mounts_tree *tree, struct vps_err *err);

/*
 * Step 3, in the network namespace of the container: lay the mounts onto the
 * root in order, fill /dev. The old root is still there, so that the
 * kernel lets proc and sysfs be mounted and hooks see the host.
 * After failure the namespace is only good for dying, here and in step 5.
 */
int mounts_build(const struct mounts_plan *plan, struct mounts_tree *tree, struct vps_err *err);

/*
 * Step 4, where the process has a terminal: a new pty of the container's own
 * devpts, its slave bound over /dev/console.
 *
 * ret_master, ret_slave   owned by the caller
 */
int mounts_console(const struct mounts_tree *tree, int *ret_master, int *ret_slave,
		   struct vps_err *err);

/* Step 5: masked and read-only paths, then the switch of root; the old one is gone after it. */
int mounts_enter(const struct mounts_plan *plan, struct mounts_tree *tree, struct vps_err *err);

void mounts_close(struct mounts_tree *tree);

#endif
