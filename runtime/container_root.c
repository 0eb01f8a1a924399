// SPDX-License-Identifier: LGPL-2.1-or-later
/* What init's file system tree is made from, prepared outside; stages of container.c. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "container_parts.h"
#include "isolation/devfs.h"
#include "isolation/guard.h"
#include "isolation/mount_fd.h"
#include "isolation/rootless.h"
#include "sync.h"

/*
 * Below run_dir, unless there is a scratch: covers "root", "guard", "view", "dir0", "file1", …;
 * where nodes have to be bound, in a tmpfs in our mount namespace with nodes "0", "1", …
 * (devfs.h). Each umount(2) waits for a grace period of RCU, 0.1 ms: there is one for all or,
 * where the process ends soon, none.
 */
#define MOUNTS_DIR	"mnt"

struct mounts_plan container_mounts(const struct container *c)
{
	const struct oci_config *config = &c->config;

	return (struct mounts_plan){
		.root = config->root_path,
		.root_fd = c->root_fd,
		.keeps_old_root = c->keeps_old_root,
		.is_readonly = config->root_readonly,
		.propagation = config->rootfs_propagation,
		.mounts = config->mounts,
		.mount_count = config->mount_count,
		.devices = config->devices,
		.device_count = config->device_count,
		.masked = config->masked_paths,
		.masked_count = config->masked_count,
		.readonly = config->readonly_paths,
		.readonly_count = config->readonly_count,
		.cgroup_path = config->namespaces[NS_CGROUP].is_listed ? NULL : c->cgroup_path,
		.mount_label = config->mount_label,
		.views = c->view ? c->view->files : NULL,
		.view_count = c->view ? c->view->file_count : 0,
		.has_userns = has_userns(c),
		.is_rootless = c->is_rootless,
		.has_host_net = has_userns(c) && !config->namespaces[NS_NET].is_listed,
		.nodes = c->nodes,
		.has_nodes = c->has_nodes,
	};
}

/* What an ordinary user lacks for the rest, he has in a user namespace of his own. */
static int enter_userns(struct container *c, struct vps_err *err)
{
	if (!c->is_rootless || geteuid() == 0)
		return 0;
	if (!has_new(c, NS_USER))
		return vps_err_say(err, -EINVAL,
				   "linux.namespaces: only root can do without a new \"user\"");
	c->is_user = true;
	return rootless_enter(&c->config.idmap, err);
}

/* Nothing in a path leads nowhere or back, so that it is not another name of "/dev". */
static bool is_straight(const char *path)
{
	size_t len;

	for (; *path == '/'; path += len) {
		len = strcspn(++path, "/");
		if (len == 0 || (len <= 2 && strncmp(path, "..", len) == 0))
			return false;
	}
	return !*path;
}

/* The mount at /dev, where that and its nodes can be made outside; or NULL. */
static struct mount_entry *makeable_dev(const struct oci_config *config)
{
	struct mount_entry *found = NULL;
	size_t i;

	for (i = 0; i < config->mount_count; i++) {
		if (!is_straight(config->mounts[i].destination))
			return NULL;
		if (strcmp(config->mounts[i].destination, "/dev") != 0)
			continue;
		if (found)
			return NULL;
		found = &config->mounts[i];
	}
	return found && devfs_can_make(found, config->devices, config->device_count) ? found : NULL;
}

/* A place to attach what only init shall see. */
int mountns_up(struct container *c, struct vps_err *err)
{
	int r = enter_userns(c, err);

	if (r < 0)
		return r;
	if (!has_userns(c) || !has_tree(c) || c->has_mount_ns)
		return 0;
	if (c->scratch && !c->is_user) {	/* a user has no right to go back */
		c->host_mntns_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
		c->host_root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		c->host_cwd_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (unshare(CLONE_NEWNS) < 0)
		return vps_err_set(err, -errno, "cannot leave the host's mount namespace");
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return vps_err_set(err, -errno, "cannot make the mounts private");
	c->has_mount_ns = true;
	return 0;
}

int mountns_leave(struct container *c, struct vps_err *err)
{
	if (c->host_mntns_fd < 0)
		return 0;
	/* setns(2) leads to the namespace's own root, and hooks start in the bundle. */
	if (setns(c->host_mntns_fd, CLONE_NEWNS) < 0 || fchdir(c->host_root_fd) < 0 ||
	    chroot(".") < 0 || fchdir(c->host_cwd_fd) < 0)
		return vps_err_set(err, -errno, "cannot go back to the host's mount namespace");
	own_close(&c->host_mntns_fd);
	own_close(&c->host_root_fd);
	own_close(&c->host_cwd_fd);
	c->has_mount_ns = false;
	return 0;
}

static char *mounts_path(struct container *c, const char *name)
{
	if (c->scratch)
		return arena_printf(&c->config.arena, "%s/%s", c->scratch, name);
	return arena_printf(&c->config.arena, "%s/" MOUNTS_DIR "/%s", c->run_dir, name);
}

/* Make the directory (or file) that a prepared mount will cover. */
static int make_cover(const char *path, bool is_dir, struct vps_err *err)
{
	int fd = -1;

	if (access(path, F_OK) == 0)
		return 0;
	if (is_dir ? mkdir(path, 0700) == 0 : (fd = creat(path, 0600)) >= 0) {
		own_close(&fd);
		return 0;
	}
	return errno == EEXIST ? 0 : vps_err_set(err, -errno, "cannot make %s", path);
}

/*
 * The root as a mount of its own in our mount namespace. Shared: what we mount
 * onto it later appears in init's copy, locked, guard.h.
 */
static int attach_root(struct container *c, struct vps_err *err)
{
	const char *path = mounts_path(c, "root");
	OWN_FD fd = FD_NONE;
	int r;

	if (!path)
		return vps_err_set(err, -ENOMEM, "cannot attach the root");
	r = make_cover(path, true, err);
	if (r < 0)
		return r;
	if (c->attachments && c->attachments->root) {
		r = c->attachments->root(c, c->userns_fd, &fd, err);
		if (r < 0)
			return r;
	} else {
		fd = open_tree(AT_FDCWD, c->config.root_path,
			       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
		if (fd < 0)
			return vps_err_set(err, -errno, "cannot open root %s",
					   c->config.root_path);
	}
	if (move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    mount(NULL, path, NULL, MS_SHARED, NULL) < 0)
		return vps_err_set(err, -errno, "cannot attach the root at %s", path);
	c->config.root_path = path;
	return 0;
}

/* The tmpfs, with device nodes whose owners the container knows. */
static int prepare_nodes(struct container *c, const char *dir, struct vps_err *err)
{
	int r = devfs_prepare(dir, c->config.devices, c->config.device_count, &c->config.idmap, err);

	if (r == 0)
		c->nodes = dir;
	return r == -EPERM && !err->code ? 0 : r;
}

static int prepare_binds(struct container *c, struct vps_err *err)
{
	size_t i;

	for (i = 0; i < c->config.mount_count; i++) {
		struct mount_entry *entry = &c->config.mounts[i];
		char name[32];
		const char *path;
		struct stat st;
		int r;

		if (!entry->is_bind)
			continue;
		if (stat(entry->source, &st) < 0) {
			if (errno == ENOENT && entry->is_optional)
				continue;
			return vps_err_set(err, -errno, "mounts[%zu]: cannot open %s", i,
					   entry->source);
		}
		(void)snprintf(name, sizeof(name), "%s%zu", S_ISDIR(st.st_mode) ? "dir" : "file", i);
		path = mounts_path(c, name);
		if (!path)
			return vps_err_set(err, -ENOMEM, "cannot prepare the mounts");
		r = make_cover(path, S_ISDIR(st.st_mode), err);
		if (r == 0)
			r = mounts_prepare(entry, path, &c->config.idmap, err);
		if (r < 0)
			return vps_err_in(err, "mounts[%zu]", i);
	}
	return 0;
}

/* Init could not: in a pid namespace of its own it sees nobody's /proc/PID but the host's. */
static int map_binds(struct container *c, struct vps_err *err)
{
	size_t i;

	for (i = 0; i < c->config.mount_count; i++) {
		struct mount_entry *entry = &c->config.mounts[i];

		if (!entry->is_idmapped)
			continue;
		entry->ids_fd = idmap_userns(&entry->idmap, err);
		if (entry->ids_fd < 0)
			return vps_err_in(err, "mounts[%zu]", i);
	}
	return 0;
}

/*
 * For init to attach; made before /dev, to be listed before it. Root of no more
 * than a user namespace may not do that here.
 */
static int hand_down_root(struct container *c, struct vps_err *err)
{
	if (c->is_rootless)
		return 0;
	c->root_fd = mount_clone(AT_FDCWD, c->config.root_path, true);
	if (c->root_fd < 0)
		return vps_err_set(err, c->root_fd, "cannot open root %s", c->config.root_path);
	return 0;
}

/* The same with /dev, where root inside may exchange his nodes: in an engine's container. */
static int hand_down_dev(struct container *c, struct vps_err *err)
{
	const struct oci_config *config = &c->config;
	const struct idmap *map = has_userns(c) ? &config->idmap : NULL;
	struct mount_entry *entry = c->attachments || c->is_rootless ? NULL : makeable_dev(config);
	int fd;

	if (!entry)
		return 0;	/* init makes or binds them */
	fd = devfs_make(entry, config->mount_label, config->devices, config->device_count, map, err);
	if (fd == -EPERM && !err->code)
		return 0;
	if (fd < 0)
		return fd;
	entry->mount_fd = fd;
	c->has_nodes = true;
	return 0;
}

/* In our mount namespace, where init finds its own locked copies. */
static int attach_all(struct container *c, struct vps_err *err)
{
	const char *dir = mounts_path(c, "");
	OWN_FD dir_fd = FD_NONE;
	int r;

	if (!dir)
		return vps_err_set(err, -ENOMEM, "cannot attach the root");
	dir_fd = dir_make(AT_FDCWD, dir, 0700, err);
	if (dir_fd < 0)
		return dir_fd;
	r = c->has_nodes ? 0 : prepare_nodes(c, dir, err);
	if (r == 0)
		r = attach_root(c, err);
	return r == 0 ? prepare_binds(c, err) : r;
}

int root_up(struct container *c, struct vps_err *err)
{
	int r;

	if (!has_tree(c))
		return 0;
	if (has_userns(c)) {
		r = hand_down_dev(c, err);
		return r == 0 ? attach_all(c, err) : r;
	}
	r = hand_down_root(c, err);
	if (r == 0)
		r = map_binds(c, err);	/* init takes those from where they are */
	return r == 0 ? hand_down_dev(c, err) : r;
}

/* Without a view it shows the kernel's own files: /dev/fuse may be missing, or the program. */
int view_up(struct container *c, struct vps_err *err)
{
	const char *scratch = mounts_path(c, "view");
	struct view_plan plan = { .name = c->id, .cg_fd = c->cg_fd, .scratch = scratch };
	struct vps_err ignored = { 0 };
	struct timespec now;

	if (!c->view || !has_userns(c) || !idmap_uid_outside(&c->config.idmap, 0, &plan.uid) ||
	    !idmap_gid_outside(&c->config.idmap, 0, &plan.gid))
		return 0;
	if (!scratch || make_cover(scratch, true, err) < 0)
		return vps_err_set(err, -ENOMEM, "cannot make the view");
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	plan.start_nsec = now.tv_sec * 1000000000LL + now.tv_nsec;
	if (c->config.has_time_offsets)
		plan.start_nsec = -(c->config.boottime.sec * 1000000000LL + c->config.boottime.nsec);
	(void)view_client_begin(c->view, &plan, &ignored);
	return 0;
}

int view_files_up(struct container *c, struct vps_err *err)
{
	struct vps_err ignored = { 0 };

	(void)err;
	if (c->view)
		(void)view_client_end(c->view, &ignored);
	return 0;
}

void view_down(struct container *c)
{
	if (c->view)
		view_client_down(c->view);
}

void root_handed(struct container *c)
{
	size_t i;

	own_close(&c->root_fd);
	for (i = 0; i < c->config.mount_count; i++)
		own_close(&c->config.mounts[i].mount_fd);
}

void root_settle(struct container *c)
{
	size_t i;

	root_handed(c);
	covers_close(&c->covers);
	for (i = 0; i < c->config.mount_count; i++)
		own_close(&c->config.mounts[i].ids_fd);
	for (i = 0; i < ARRAY_LEN(c->spare_fds); i++)
		own_close(&c->spare_fds[i]);
}

/* Our mount namespace takes the mounts along; in the host's, only an empty directory is left. */
void root_down(struct container *c)
{
	OWN_FD dir_fd = c->scratch ? FD_NONE :
				     open(c->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *path = mounts_path(c, "");
	struct vps_err ignored = { 0 };

	root_settle(c);
	if (dir_fd < 0)
		return;
	if (c->has_mount_ns)
		(void)umount2(path ? path : "", MNT_DETACH);
	/* Best effort: a directory that is left is found and removed by the next start. */
	(void)tree_remove(dir_fd, MOUNTS_DIR, &ignored);
}

static bool seek_guarded(struct container *c)
{
	while (c->placed < c->config.mount_count && !guard_is_for(&c->config.mounts[c->placed]))
		c->placed++;
	return c->placed < c->config.mount_count;
}

bool container_awaits_mount(struct container *c)
{
	return has_userns(c) && has_tree(c) && seek_guarded(c);
}

int container_place(struct container *c, int mount_fd, struct vps_err *err)
{
	const struct mounts_plan plan = container_mounts(c);
	const char *scratch = mounts_path(c, "guard");
	int r;

	if (!seek_guarded(c) || mount_fd < 0)
		return vps_err_say(err, -EBADMSG, "init sent a mount that nobody expects");
	r = scratch ? make_cover(scratch, true, err) : vps_err_set(err, -ENOMEM, "cannot mount");
	if (r == 0)
		r = guard_attach(&plan, &plan.mounts[c->placed++], mount_fd, &c->covers, scratch,
				 err);
	/* Init may have failed already: then it has said why, and nobody takes this. */
	if (r == 0)
		(void)sync_send(c->sync_fd, SYNC_MOUNTED, FD_NONE);
	return r;
}
