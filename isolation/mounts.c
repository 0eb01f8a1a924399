// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lays out and enters the file system tree of a container; called by its init
 * before it has run anything of the tenant's.
 *
 * Nothing here follows a path that the tenant may have prepared: targets are
 * opened inside the root by openat2() and used by descriptor, sources were
 * cloned before the root was looked at.
 */
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/path.h"
#include "base/tree_copy.h"
#include "cg.h"
#include "covers.h"
#include "devfs.h"
#include "guard.h"
#include "mount_fd.h"

int mounts_prepare(struct mount_entry *entry, const char *path, const struct idmap *container,
		   struct vps_err *err)
{
	OWN_FD fd = mount_clone(AT_FDCWD, entry->source, entry->is_recursive);
	OWN_FD target_fd = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	int r;

	if (fd < 0)
		return vps_err_set(err, fd, "cannot mount %s on %s", entry->source,
				   entry->destination);
	if (target_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s", path);
	r = mount_dress(fd, entry, container, err);
	if (r < 0)
		return r;
	r = mount_attach(fd, target_fd);
	if (r < 0)
		return vps_err_set(err, r, "cannot attach %s at %s", entry->source, path);
	entry->prepared = path;
	return 0;
}

/* The clone of a bind mount's source, with its options and ids. */
static int clone_bind(const struct mount_entry *entry, struct vps_err *err)
{
	OWN_FD fd = mount_clone(AT_FDCWD, entry->source, entry->is_recursive);
	int r;

	if (fd < 0)
		return vps_err_set(err, fd, "cannot mount %s on %s", entry->source,
				   entry->destination);
	r = mount_dress(fd, entry, &entry->idmap, err);
	return r < 0 ? r : fd_take(&fd);
}

int mounts_open(const struct mounts_plan *plan, struct mounts_tree *tree, struct vps_err *err)
{
	size_t i;

	tree->root_fd = plan->root_fd >= 0 ? plan->root_fd :
					     mount_clone(AT_FDCWD, plan->root, true);
	if (tree->root_fd < 0)
		return vps_err_set(err, tree->root_fd, "cannot open root %s", plan->root);
	if (plan->nodes) {
		tree->nodes_fd = open(plan->nodes, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (tree->nodes_fd < 0)
			return vps_err_set(err, -errno, "cannot open %s", plan->nodes);
	}
	tree->bind_fds = malloc((plan->mount_count + 1) * sizeof(*tree->bind_fds));
	if (!tree->bind_fds)
		return vps_err_set(err, -ENOMEM, "cannot lay out the mounts");
	for (i = 0; i < plan->mount_count; i++) {
		const struct mount_entry *entry = &plan->mounts[i];

		tree->bind_fds[i] = entry->mount_fd;
		tree->bind_count = i + 1;
		if (!entry->prepared)
			continue;
		tree->bind_fds[i] = mount_clone(AT_FDCWD, entry->prepared, true);
		if (tree->bind_fds[i] < 0)
			return vps_err_set(err, tree->bind_fds[i], "cannot mount %s on %s",
					   entry->source, entry->destination);
	}
	return 0;
}

void mounts_close(struct mounts_tree *tree)
{
	size_t i;

	for (i = 0; i < tree->bind_count; i++)
		own_close(&tree->bind_fds[i]);
	own_free(&tree->bind_fds);
	tree->bind_count = 0;
	own_close(&tree->nodes_fd);
	own_close(&tree->root_fd);
}

/* Without a cgroup namespace, "cgroup" shows the container's own cgroup and no other. */
static int clone_cgroup(const struct mounts_plan *plan, const struct mount_entry *entry,
			struct vps_err *err)
{
	const char *mount_point = cg_mount_point();
	char path[PATH_MAX];
	int fd;

	if (!mount_point)
		return vps_err_say(err, -VPS_EHOST, "%s: this host has no cgroup v2 mounted",
				   entry->destination);
	(void)snprintf(path, sizeof(path), "%s/%s", mount_point, plan->cgroup_path);
	fd = mount_clone(AT_FDCWD, path, false);
	if (fd < 0)
		return vps_err_set(err, fd, "cannot mount %s on %s", path, entry->destination);
	return fd;
}

/* Where the host has a file system that is not ours to mount anew, or NULL. */
static const char *place_on_host(const struct mount_entry *entry)
{
	return strcmp(entry->type, "sysfs") == 0   ? "/sys" :
	       strcmp(entry->type, "cgroup2") == 0 ? cg_mount_point() :
						     NULL;
}

/*
 * A new file system; or, since sysfs belongs to the owner of the network and
 * cgroup2 to that of the cgroup namespace, the host's own where that is not us.
 */
static int mount_or_show(const struct mounts_plan *plan, struct mount_entry *entry,
			 struct vps_err *err)
{
	const char *place = plan->is_rootless || plan->has_host_net ? place_on_host(entry) : NULL;
	struct vps_err why = { 0 };
	OWN_FD fd = mount_new(entry, plan->mount_label, &why);
	int r;

	if (fd == -EPERM && place) {
		fd = mount_clone(AT_FDCWD, place, true);
		if (fd < 0)
			return vps_err_set(err, fd, "cannot mount %s on %s", place,
					   entry->destination);
		entry->rec_set |= entry->attr_set;
		r = mount_dress(fd, entry, &entry->idmap, err);
		return r < 0 ? r : fd_take(&fd);
	}
	if (fd < 0) {
		*err = why;
		return fd;
	}
	return fd_take(&fd);
}

/* A tmpfs has the mode of the directory that it hides, as of other runtimes. Returns text or NULL. */
static const char *hidden_mode(const struct mounts_tree *tree, const struct mount_entry *entry,
			       char text[16])
{
	OWN_FD fd = FD_NONE;
	struct stat st;

	if (strcmp(entry->type, "tmpfs") != 0 || entry->is_copied_up ||
	    mount_has_data(entry, "mode="))
		return NULL;
	fd = path_open_in_root(tree->root_fd, entry->destination, O_PATH | O_DIRECTORY, 0);
	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	(void)snprintf(text, 16, "mode=%o", st.st_mode & 07777);
	return text;
}

/* The detached mount for one entry. */
static int make_mount(const struct mounts_plan *plan, struct mounts_tree *tree, size_t index,
		      struct vps_err *err)
{
	struct mount_entry entry = plan->mounts[index];
	bool is_cgroup = entry.type && strncmp(entry.type, "cgroup", 6) == 0;
	OWN_FD fd = FD_NONE;
	char mode[16];
	int r;

	if (tree->bind_fds[index] >= 0)
		return fd_take(&tree->bind_fds[index]);
	if (is_cgroup && !entry.is_bind) {
		entry.type = "cgroup2";
		entry.data_count = 0;	/* options of version 1 mean nothing here */
	}
	if (entry.is_copied_up) {	/* copy_up() first writes into it */
		entry.sb_ro = false;
		entry.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	}
	if (!entry.is_bind && !(is_cgroup && plan->cgroup_path)) {
		entry.mode = hidden_mode(tree, &entry, mode);
		return mount_or_show(plan, &entry, err);
	}

	if (entry.is_bind)	/* the parent prepares those of a user namespace that are there */
		return plan->has_userns ? -ENOENT : clone_bind(&entry, err);
	fd = clone_cgroup(plan, &entry, err);
	r = fd < 0 ? fd : mount_dress(fd, &entry, &entry.idmap, err);
	return r < 0 ? r : fd_take(&fd);
}

/* Where it goes: a directory, or a file for a mount whose root is none; made when missing. */
static int make_target(int root_fd, const struct mount_entry *entry, int mount_fd,
		       struct vps_err *err)
{
	struct stat st = { .st_mode = S_IFDIR };	/* of a file system */
	int fd;

	if (entry->is_bind && fstat(mount_fd, &st) < 0)
		return vps_err_set(err, -errno, "cannot examine %s", entry->destination);
	if (S_ISDIR(st.st_mode))
		fd = path_make_dir_in_root(root_fd, entry->destination, 0755);
	else
		fd = path_make_file_in_root(root_fd, entry->destination, 0644);
	if (fd < 0)
		return vps_err_set(err, fd, "cannot make mount point %s", entry->destination);
	if (!guard_is_for(entry))
		return fd;
	own_close(&fd);
	return guard_open_target(root_fd, entry, err);
}

/* Fill a new tmpfs with what it is about to hide; then it may become read-only. */
static int copy_up(const struct mount_entry *entry, int target_fd, int mount_fd,
		   struct vps_err *err)
{
	char path[32];
	struct stat st;
	int r;

	if (fstat(target_fd, &st) < 0)
		return vps_err_set(err, -errno, "cannot examine %s", entry->destination);
	if (!mount_has_data(entry, "uid=") && !mount_has_data(entry, "gid=") &&
	    fchownat(mount_fd, "", st.st_uid, st.st_gid, AT_EMPTY_PATH) < 0)
		return vps_err_set(err, -errno, "cannot give %s its owner", entry->destination);
	/* fchmod() takes no descriptor that is O_PATH. */
	if (!mount_has_data(entry, "mode=") && chmod(path_of_fd(mount_fd, path), st.st_mode & 07777) < 0)
		return vps_err_set(err, -errno, "cannot give %s its mode", entry->destination);
	r = tree_copy(target_fd, mount_fd, TREE_COPY_FILES, err);
	if (r == 0 && entry->sb_ro) {
		r = mount_change(mount_fd, MOUNT_ATTR_RDONLY, 0, false);
		if (r < 0)
			(void)vps_err_set(err, r, "cannot make it read-only");
	}
	return r < 0 ? vps_err_in(err, "tmpcopyup of %s", entry->destination) : 0;
}

/* Until the runtime has put in place what it got. */
static int await_mounts(const struct mounts_plan *plan, struct mounts_tree *tree,
			struct vps_err *err)
{
	int r = 0;

	for (; r == 0 && tree->handed_over > 0; tree->handed_over--)
		r = plan->await(plan->hand_over_arg, err);
	return r;
}

/* Whether a mount goes onto one of those before it that were handed over. */
static bool is_on_handed(const struct mounts_plan *plan, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (guard_is_for(&plan->mounts[i]) &&
		    guard_is_under(&plan->mounts[i], plan->mounts[index].destination))
			return true;
	return false;
}

/* Whether nothing but such mounts is left. */
static bool are_on_handed(const struct mounts_plan *plan, size_t index)
{
	while (index < plan->mount_count && is_on_handed(plan, index))
		index++;
	return index == plan->mount_count;
}

static int lay_mount(const struct mounts_plan *plan, struct mounts_tree *tree, size_t index,
		     struct vps_err *err)
{
	const struct mount_entry *entry = &plan->mounts[index];
	OWN_FD fd = make_mount(plan, tree, index, err);
	OWN_FD target_fd = FD_NONE;
	int r = 0;

	if (fd == -ENOENT && entry->is_optional) {
		*err = (struct vps_err){ 0 };
		return 0;
	}
	if (fd < 0)
		return fd;
	if (tree->handed_over && is_on_handed(plan, index))
		r = await_mounts(plan, tree, err);
	if (r < 0)
		return r;
	target_fd = make_target(tree->root_fd, entry, fd, err);
	if (target_fd < 0)
		return target_fd;
	r = entry->is_copied_up ? copy_up(entry, target_fd, fd, err) : 0;
	if (r < 0)
		return r;
	if (plan->hand_over && guard_is_for(entry)) {
		tree->handed_over++;
		return plan->hand_over(plan->hand_over_arg, fd, err);
	}
	r = mount_attach(fd, target_fd);
	if (r < 0)
		return vps_err_set(err, r, "cannot attach the mount at %s", entry->destination);
	if (entry->is_bind || entry->propagation) {
		r = mount_propagation(fd, entry->propagation ? entry->propagation :
							       MS_PRIVATE | MS_REC);
		if (r < 0)
			return vps_err_set(err, r, "cannot set the propagation of %s",
					   entry->destination);
	}
	if (guard_is_for(entry))
		tree->bind_fds[index] = fd_take(&fd);	/* for cover_paths() */
	return 0;
}

/* Whether one lies on the other. */
static bool are_stacked(const struct mount_entry *a, const struct mount_entry *b)
{
	return guard_is_under(a, b->destination) || guard_is_under(b, a->destination);
}

/*
 * Lay the next that the runtime covers before its turn, if it is of that type and nothing before it
 * lies where it does: the others need not wait then.
 */
static int lay_early(const struct mounts_plan *plan, struct mounts_tree *tree, const char *type,
		     struct vps_err *err)
{
	size_t i = tree->early, before;

	while (i < plan->mount_count && !guard_is_for(&plan->mounts[i]))
		i++;
	if (!plan->hand_over || i == plan->mount_count || strcmp(plan->mounts[i].type, type) != 0)
		return 0;
	for (before = 0; before < i; before++)
		if (are_stacked(&plan->mounts[before], &plan->mounts[i]))
			return 0;
	tree->early = i + 1;
	return lay_mount(plan, tree, i, err);
}

int mounts_attach(const struct mounts_plan *plan, struct mounts_tree *tree, struct vps_err *err)
{
	/*
	 * Nothing may travel back to the host. A new user namespace has seen to
	 * that, mount_namespaces(7); slave keeps what the host unmounts unmounted.
	 */
	if (!plan->has_userns &&
	    (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0 ||
	     mount_propagation(tree->root_fd, MS_SLAVE | MS_REC) < 0))	/* the clone is a peer of its own */
		return vps_err_set(err, -errno, "cannot make the mounts private");

	/* Over "/": a directory that exists everywhere, and nobody looks it up from here on. */
	if (move_mount(tree->root_fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return vps_err_set(err, -errno, "cannot attach root %s", plan->root);
	return lay_early(plan, tree, "proc", err);
}

int mounts_build(const struct mounts_plan *plan, struct mounts_tree *tree, struct vps_err *err)
{
	bool has_dev = false;
	size_t i;
	int r = lay_early(plan, tree, "sysfs", err);

	if (r < 0)
		return r;
	for (i = 0; i <= plan->mount_count; i++) {
		if (i < tree->early && guard_is_for(&plan->mounts[i]))
			continue;
		/* The runtime covers what it was handed while we do what does not wait for it. */
		if (!has_dev && are_on_handed(plan, i)) {
			r = devfs_fill(tree, plan, err);
			if (r < 0)
				return r;
			has_dev = true;
		}
		r = i < plan->mount_count ? lay_mount(plan, tree, i, err) :
					    await_mounts(plan, tree, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int mounts_console(const struct mounts_tree *tree, int *ret_master, int *ret_slave,
		   struct vps_err *err)
{
	return devfs_console(tree->root_fd, ret_master, ret_slave, err);
}

static int switch_root(int root_fd, bool keeps_old_root, struct vps_err *err)
{
	if (fchdir(root_fd) < 0)
		return vps_err_set(err, -errno, "cannot enter the root");
	/* It lies over the old one already, so that not even a ".." leads there. */
	if (keeps_old_root)
		return chroot(".") == 0 ? 0 : vps_err_set(err, -errno, "cannot change the root");
	/* Old root onto the new one's ".": no directory for it is needed, pivot_root(2). */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return vps_err_set(err, -errno, "cannot switch the root");
	if (umount2(".", MNT_DETACH) < 0)
		return vps_err_set(err, -errno, "cannot drop the old root");
	if (chdir("/") < 0)
		return vps_err_set(err, -errno, "cannot enter the root");
	return 0;
}

/*
 * Where a masked or read-only path is looked up: from the proc or sysfs that it
 * lies on, which is there under whatever name, or else from the root.
 */
static int base_of(const struct mounts_plan *plan, const struct mounts_tree *tree,
		   const char **path)
{
	size_t i;

	for (i = tree->bind_count; i-- > 0;) {
		const char *rest = guard_is_for(&plan->mounts[i]) && tree->bind_fds[i] >= 0 ?
			guard_below(&plan->mounts[i], *path) : NULL;

		if (rest) {
			*path = rest;
			return tree->bind_fds[i];
		}
	}
	return tree->root_fd;
}

static int cover_paths(const struct mounts_plan *plan, struct mounts_tree *tree,
		       struct vps_err *err)
{
	struct covers covers = COVERS_INIT;
	const char *path;
	size_t i;
	int r = 0, base_fd;

	covers.nodes_fd = tree->nodes_fd;
	for (i = 0; r == 0 && i < plan->readonly_count; i++) {
		path = plan->readonly[i];
		base_fd = base_of(plan, tree, &path);
		if (!plan->hand_over || !guard_covers(plan, path))
			r = covers_protect(base_fd, path, err);
	}
	for (i = 0; r == 0 && i < plan->masked_count; i++) {
		path = plan->masked[i];
		base_fd = base_of(plan, tree, &path);
		if (!plan->hand_over || !guard_covers(plan, path))
			r = covers_mask(&covers, base_fd, path, err);
	}
	covers_close(&covers);
	return r;
}

int mounts_enter(const struct mounts_plan *plan, struct mounts_tree *tree, struct vps_err *err)
{
	int r = cover_paths(plan, tree, err);

	if (r == 0)
		r = switch_root(tree->root_fd, plan->keeps_old_root, err);
	if (r < 0)
		return r;
	/* It came as a slave of the runtime's, or of the host's; "shared" is a new peer group. */
	r = plan->propagation & MS_SLAVE ? 0 : mount_propagation(tree->root_fd, MS_PRIVATE);
	if (r < 0)
		return vps_err_set(err, r, "cannot make the root private");
	r = plan->is_readonly ? mount_change(tree->root_fd, MOUNT_ATTR_RDONLY, 0, false) : 0;
	if (r < 0)
		return vps_err_set(err, r, "cannot make the root read-only");
	r = plan->propagation ? mount_propagation(tree->root_fd, plan->propagation) : 0;
	if (r < 0)
		return vps_err_set(err, r, "cannot set the propagation of the root");
	return 0;
}
