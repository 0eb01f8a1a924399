// SPDX-License-Identifier: LGPL-2.1-or-later
/* Fills /dev of a container; called by mounts.c, and by exec for a pty. */
#include "devfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/own.h"
#include "base/path.h"
#include "mount_fd.h"

#define DEVPTS_MAJOR	136	/* first of eight, Documentation/admin-guide/devices.txt */

static const struct device_node default_nodes[] = {
	{ "/dev/null",    'c', 1, 3, 0666, 0, 0 },
	{ "/dev/zero",    'c', 1, 5, 0666, 0, 0 },
	{ "/dev/full",    'c', 1, 7, 0666, 0, 0 },
	{ "/dev/random",  'c', 1, 8, 0666, 0, 0 },
	{ "/dev/urandom", 'c', 1, 9, 0666, 0, 0 },
	{ "/dev/tty",     'c', 5, 0, 0666, 0, 0 },
};

static const struct {
	const char *name, *target;
} links[] = {
	{ "fd",     "/proc/self/fd" },
	{ "stdin",  "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
	{ "ptmx",   "pts/ptmx" },
};

static mode_t file_type(char type)
{
	return type == 'b' ? S_IFBLK : type == 'p' ? S_IFIFO : S_IFCHR;
}

static bool is_node(int fd, const struct device_node *node)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == file_type(node->type) &&
	       st.st_rdev == makedev((unsigned)node->major, (unsigned)node->minor);
}

/* Clone a node: number index of devfs_prepare(), or the host's; and make sure that it is that device. */
static int clone_node(const struct device_node *node, int nodes_fd, size_t index,
		      struct vps_err *err)
{
	OWN_FD fd = FD_NONE;
	char name[24];

	(void)snprintf(name, sizeof(name), "%zu", index);
	fd = nodes_fd < 0 ? mount_clone(AT_FDCWD, node->path, false) :
			    mount_clone(nodes_fd, name, false);
	if (fd < 0)
		return vps_err_set(err, fd, "cannot bind %s", node->path);
	if (!is_node(fd, node))
		return vps_err_say(err, -ENODEV, "the host's %s is not device %c %jd:%jd", node->path,
				   node->type, (intmax_t)node->major, (intmax_t)node->minor);
	return fd_take(&fd);
}

int devfs_open_null(int nodes_fd, struct vps_err *err)
{
	OWN_FD fd = clone_node(&default_nodes[0], nodes_fd, 0, err);
	int r;

	if (fd < 0)
		return fd;
	/* Its root may write to the device all the same, and not change its owner and mode. */
	r = mount_change(fd, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, false);
	return r < 0 ? vps_err_set(err, r, "cannot protect /dev/null") : fd_take(&fd);
}

/* Opened only when it is what it should be, and looked at again: it may be exchanged meanwhile. */
static int open_own_null(int root_fd, int flags, struct vps_err *err)
{
	OWN_FD path_fd = path_open_in_root(root_fd, "/dev/null", O_PATH | O_NOFOLLOW, 0);
	OWN_FD fd = FD_NONE;

	if (path_fd < 0)
		return vps_err_set(err, path_fd, "cannot open the container's /dev/null");
	if (is_node(path_fd, &default_nodes[0]))
		fd = path_open_in_root(root_fd, "/dev/null", flags | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0 || !is_node(fd, &default_nodes[0]))
		return vps_err_say(err, -ENODEV, "the container's /dev/null is not that device");
	return fd_take(&fd);
}

int devfs_take_null(int root_fd, struct vps_err *err)
{
	int number;

	for (number = 0; number < 3; number++) {
		OWN_FD fd = FD_NONE;

		if (!is_node(number, &default_nodes[0]))
			continue;
		fd = open_own_null(root_fd, fcntl(number, F_GETFL) & O_ACCMODE, err);
		if (fd < 0)
			return fd;
		if (dup2(fd, number) < 0)
			return vps_err_set(err, -errno, "cannot replace descriptor %d", number);
	}
	return 0;
}

/* What follows "/dev/" in the path of a node that lies directly there, or NULL. */
static const char *name_in_dev(const char *path)
{
	static const char dev[] = "/dev/";
	const char *name = path + sizeof(dev) - 1;

	return strncmp(path, dev, sizeof(dev) - 1) == 0 && *name && !strchr(name, '/') ? name : NULL;
}

/* In most trees /dev is new and the node directly in it; dev_fd: of /dev, or FD_NONE. */
static int make_target(int root_fd, int dev_fd, const char *path)
{
	const char *name = name_in_dev(path);
	int fd;

	if (dev_fd >= 0 && name) {
		fd = openat(dev_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0644);
		if (fd >= 0)
			return fd;
	}
	return path_make_file_in_root(root_fd, path, 0644);
}

static int bind_node(int root_fd, int dev_fd, const struct device_node *node, int node_fd,
		     struct vps_err *err)
{
	OWN_FD target_fd = make_target(root_fd, dev_fd, node->path);
	int r;

	if (target_fd < 0)
		return vps_err_set(err, target_fd, "cannot make %s", node->path);
	r = mount_attach(node_fd, target_fd);
	return r < 0 ? vps_err_set(err, r, "cannot bind %s", node->path) : 0;
}

/*
 * Owner and mode by the node itself: who shares this root may put a link to a
 * file of the host's in its place at any time.
 */
static int dress_node(int parent_fd, const char *name, const struct device_node *node)
{
	OWN_FD fd = openat(parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char path[32];

	if (fd < 0)
		return -errno;
	if (!is_node(fd, node))
		return -EEXIST;
	/* The umask and our own ids had their say in mknod(). */
	if (chmod(path_of_fd(fd, path), node->mode) < 0 ||
	    fchownat(fd, "", node->uid, node->gid, AT_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

static int explain(const struct device_node *node, int r, struct vps_err *err)
{
	if (r == -EEXIST)
		return vps_err_say(err, r, "cannot make %s: something else is there", node->path);
	return r < 0 ? vps_err_set(err, r, "cannot make %s", node->path) : 0;
}

static int make_node(int root_fd, const struct device_node *node, struct vps_err *err)
{
	const char *slash = strrchr(node->path, '/');
	char dir[PATH_MAX];
	OWN_FD parent_fd = FD_NONE;
	dev_t dev = makedev((unsigned)node->major, (unsigned)node->minor);
	int r;

	(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - node->path), node->path);
	parent_fd = path_make_dir_in_root(root_fd, *dir ? dir : "/", 0755);
	if (parent_fd < 0)
		return vps_err_set(err, parent_fd, "cannot make directory %s", dir);
	if (mknodat(parent_fd, slash + 1, file_type(node->type) | node->mode, dev) < 0 &&
	    errno != EEXIST)
		return vps_err_set(err, -errno, "cannot make %s", node->path);
	r = dress_node(parent_fd, slash + 1, node);
	return explain(node, r, err);
}

/* Node number i of a plan: the default ones, then its own; NULL behind the last. */
static const struct device_node *node_at(const struct device_node *devices, size_t count, size_t i)
{
	if (i < ARRAY_LEN(default_nodes))
		return &default_nodes[i];
	i -= ARRAY_LEN(default_nodes);
	return i < count ? &devices[i] : NULL;
}

static int add_nodes(const struct mounts_tree *tree, const struct mounts_plan *plan, int dev_fd,
		     struct vps_err *err)
{
	const struct device_node *node;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && (node = node_at(plan->devices, plan->device_count, i)); i++) {
		if ((plan->has_userns || plan->is_rootless) && node->type != 'p') {
			OWN_FD node_fd = clone_node(node, tree->nodes_fd, i, err);

			r = node_fd < 0 ? node_fd : bind_node(tree->root_fd, dev_fd, node, node_fd, err);
		} else {
			r = make_node(tree->root_fd, node, err);
		}
	}
	return r;
}

/* What this process has made, root's mostly. */
static int give(int dir_fd, const char *name, uint32_t uid, uint32_t gid)
{
	if (uid == geteuid() && gid == getegid())
		return 0;
	return fchownat(dir_fd, name, uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* Of a tmpfs that nobody else sees yet; -EPERM without err set when this process may make none. */
static int prepare_node(int dir_fd, const char *name, const struct device_node *node,
			const struct idmap *map, struct vps_err *err)
{
	struct device_node outside = *node;
	dev_t dev = makedev((unsigned)node->major, (unsigned)node->minor);
	int r;

	if (map && (!idmap_uid_outside(map, node->uid, &outside.uid) ||
		    !idmap_gid_outside(map, node->gid, &outside.gid)))
		return vps_err_say(err, -EINVAL, "%s: owner %u:%u is not mapped", node->path,
				   node->uid, node->gid);
	if (mknodat(dir_fd, name, file_type(node->type) | node->mode, dev) == 0)
		r = give(dir_fd, name, outside.uid, outside.gid);
	else if (errno == EPERM)
		return -EPERM;
	else	/* a default one with another owner or mode */
		r = errno == EEXIST ? dress_node(dir_fd, name, &outside) : -errno;
	return explain(node, r, err);
}

/* All, by number; or by name those that lie directly in /dev. */
static int prepare_nodes(int dir_fd, bool is_by_name, const struct device_node *devices,
			 size_t count, const struct idmap *map, struct vps_err *err)
{
	const struct device_node *node;
	mode_t mask = umask(0);	/* each node has its own mode */
	char number[24];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && (node = node_at(devices, count, i)); i++) {
		if (!is_by_name && node->type == 'p')
			continue;	/* it is made inside */
		(void)snprintf(number, sizeof(number), "%zu", i);
		r = prepare_node(dir_fd, is_by_name ? name_in_dev(node->path) : number, node, map,
				 err);
	}
	(void)umask(mask);
	return r;
}

int devfs_prepare(const char *path, const struct device_node *devices, size_t count,
		  const struct idmap *map, struct vps_err *err)
{
	static const char *const data[] = { "mode=0755", "size=64k", "nr_inodes=16k" };
	const struct mount_entry entry = {
		.type = "tmpfs",
		.source = "dev",
		.destination = path,
		.data = data,
		.data_count = ARRAY_LEN(data),
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
	};
	OWN_FD fd = mount_new(&entry, NULL, err);
	OWN_FD target_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return fd;
	r = target_fd < 0 ? -errno : mount_attach(fd, target_fd);
	if (r < 0)
		return vps_err_set(err, r, "cannot mount a tmpfs at %s", path);
	return prepare_nodes(fd, false, devices, count, map, err);
}

/* It takes the place of a default node and is another device. */
static bool is_other_default(const struct device_node *node)
{
	const struct device_node *usual = default_nodes;

	for (; usual < default_nodes + ARRAY_LEN(default_nodes); usual++)
		if (strcmp(usual->path, node->path) == 0)
			return usual->type != node->type || usual->major != node->major ||
			       usual->minor != node->minor;
	return false;
}

bool devfs_can_make(const struct mount_entry *entry, const struct device_node *devices,
		    size_t count)
{
	size_t i;

	if (entry->is_bind || strcmp(entry->type, "tmpfs") != 0 || entry->is_copied_up ||
	    entry->sb_ro || entry->attr_set & (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV))
		return false;
	if (mount_has_data(entry, "uid=") || mount_has_data(entry, "gid="))
		return false;	/* such ids are the container's */
	for (i = 0; i < count; i++)
		if (!name_in_dev(devices[i].path) || is_other_default(&devices[i]))
			return false;
	return true;
}

int devfs_make(const struct mount_entry *entry, const char *label,
	       const struct device_node *devices, size_t count, const struct idmap *map,
	       struct vps_err *err)
{
	OWN_FD fd = mount_new(entry, label, err);
	uint32_t uid = 0, gid = 0;
	int r;

	if (fd < 0)
		return fd;
	if (map && (!idmap_uid_outside(map, 0, &uid) || !idmap_gid_outside(map, 0, &gid)))
		return vps_err_say(err, -EINVAL, "/dev: its owner, root, is not mapped");
	r = give(fd, "", uid, gid);
	if (r < 0)
		return vps_err_set(err, r, "cannot give /dev its owner");
	r = prepare_nodes(fd, true, devices, count, map, err);
	return r < 0 ? r : fd_take(&fd);
}

static int add_links(int dev_fd, struct vps_err *err)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(links); i++)
		if (symlinkat(links[i].target, dev_fd, links[i].name) < 0 && errno != EEXIST)
			return vps_err_set(err, -errno, "cannot link /dev/%s", links[i].name);
	return 0;
}

int devfs_fill(const struct mounts_tree *tree, const struct mounts_plan *plan, struct vps_err *err)
{
	OWN_FD dev_fd = path_make_dir_in_root(tree->root_fd, "/dev", 0755);
	int r;

	if (dev_fd < 0)
		return vps_err_set(err, dev_fd, "cannot open /dev");
	r = plan->has_nodes ? 0 : add_nodes(tree, plan, dev_fd, err);
	return r < 0 ? r : add_links(dev_fd, err);
}

bool devfs_is_master(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(5, 2);
}

int devfs_pty(int root_fd, int *ret_master, int *ret_slave, struct vps_err *err)
{
	/*
	 * The tenant may have put anything at this path since: it is used only
	 * if it is the multiplexer of a devpts. The slave then comes from the
	 * master itself, never by name.
	 */
	OWN_FD path_fd = path_open_in_root(root_fd, "/dev/pts/ptmx", O_PATH | O_NOFOLLOW, 0);
	OWN_FD master_fd = FD_NONE, slave_fd = FD_NONE;
	struct statfs fs;
	struct stat st;
	int unlock = 0;

	if (path_fd < 0)
		return vps_err_set(err, path_fd, "cannot open /dev/pts/ptmx");
	if (fstat(path_fd, &st) < 0 || fstatfs(path_fd, &fs) < 0)
		return vps_err_set(err, -errno, "cannot examine /dev/pts/ptmx");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2) || fs.f_type != DEVPTS_SUPER_MAGIC)
		return vps_err_say(err, -ENODEV, "/dev/pts/ptmx is not the multiplexer of a devpts");
	master_fd = path_open_in_root(root_fd, "/dev/pts/ptmx", O_RDWR | O_NOFOLLOW, 0);
	if (master_fd < 0)
		return vps_err_set(err, master_fd, "cannot open /dev/pts/ptmx");
	if (!devfs_is_master(master_fd) || ioctl(master_fd, TIOCSPTLCK, &unlock) < 0)
		return vps_err_set(err, -ENODEV, "cannot make a pty");
	slave_fd = ioctl(master_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave_fd < 0)
		return vps_err_set(err, -errno, "cannot open the pty's slave");
	if (fstat(slave_fd, &st) < 0 || major(st.st_rdev) < DEVPTS_MAJOR ||
	    major(st.st_rdev) >= DEVPTS_MAJOR + 8)
		return vps_err_set(err, -ENODEV, "cannot make a pty");
	*ret_master = fd_take(&master_fd);
	*ret_slave = fd_take(&slave_fd);
	return 0;
}

/* Where the slave goes: itself, never what an image has linked there. */
static int make_console(int root_fd, struct vps_err *err)
{
	OWN_FD dev_fd = path_make_dir_in_root(root_fd, "/dev", 0755);
	OWN_FD made_fd = FD_NONE, fd = FD_NONE;
	struct stat st;

	if (dev_fd < 0)
		return vps_err_set(err, dev_fd, "cannot open /dev");
	made_fd = openat(dev_fd, "console", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (made_fd < 0 && errno != EEXIST)
		return vps_err_set(err, -errno, "cannot make /dev/console");
	fd = openat(dev_fd, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return vps_err_set(err, -errno, "cannot open /dev/console");
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return vps_err_say(err, -EEXIST, "/dev/console is neither a file nor a device");
	return fd_take(&fd);
}

int devfs_console(int root_fd, int *ret_master, int *ret_slave, struct vps_err *err)
{
	OWN_FD master_fd = FD_NONE, slave_fd = FD_NONE, clone_fd = FD_NONE, target_fd = FD_NONE;
	int r = devfs_pty(root_fd, &master_fd, &slave_fd, err);

	if (r < 0)
		return vps_err_in(err, "console");
	clone_fd = mount_clone(slave_fd, "", false);
	if (clone_fd < 0)
		return vps_err_set(err, clone_fd, "cannot bind /dev/console");
	target_fd = make_console(root_fd, err);
	if (target_fd < 0)
		return target_fd;
	r = mount_attach(clone_fd, target_fd);
	if (r < 0)
		return vps_err_set(err, r, "cannot bind /dev/console");
	*ret_master = fd_take(&master_fd);
	*ret_slave = fd_take(&slave_fd);
	return 0;
}
