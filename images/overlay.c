// SPDX-License-Identifier: GPL-2.0-or-later
/* Overlay mounts of shared layers under an id map; called when a VPS gets its root. */
#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "images/fsident.h"
#include "images/image.h"
#include "images/quota.h"

#define STACK_BYTES (64 << 10)
#define EMPTY_LAYER ".empty"	/* the second layer that a read-only overlay of one wants */

/* The two directories that everything is looked up in, cloned under the id map. */
struct clones {
	int layers_fd;
	int vps_fd;		/* FD_NONE: read-only */
};

static void own_clones(struct clones *clones)
{
	own_close(&clones->layers_fd);
	own_close(&clones->vps_fd);
}

#define OWN_CLONES __attribute__((cleanup(own_clones))) struct clones

/* Let a detached mount show the ids of the VPS. */
static int map_mount(int mount_fd, int userns_fd, struct vps_err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns_fd };

	if (userns_fd >= 0 && mount_setattr(mount_fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return vps_err_set(err, -errno,
				   "cannot map ids, which the file system below has to support");
	return 0;
}

/* A detached clone of the mount that dir_fd is on, rooted there, under the id map. */
static int clone_mapped(int dir_fd, int userns_fd, int *ret_fd, struct vps_err *err)
{
	OWN_FD fd = open_tree(dir_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	int r;

	if (fd < 0 && errno == EINVAL)
		return vps_err_set(err, -EINVAL,
				   "cannot clone a mount that was opened in another mount namespace");
	if (fd < 0)
		return vps_err_set(err, -errno, "cannot clone a mount");
	r = map_mount(fd, userns_fd, err);
	if (r == 0)
		*ret_fd = fd_take(&fd);
	return r;
}

/* The directory of the VPS for the overlay. */
static int take_upper(const struct overlay *overlay, int *ret_fd, struct vps_err *err)
{
	if (!overlay->is_detached)
		return clone_mapped(overlay->vps_fd, overlay->userns_fd, ret_fd, err);
	if (map_mount(overlay->vps_fd, overlay->userns_fd, err) < 0)
		return err->code;
	*ret_fd = fcntl(overlay->vps_fd, F_DUPFD_CLOEXEC, 0);
	return *ret_fd < 0 ? vps_err_set(err, -errno, "cannot hold a mount") : 0;
}

/* Make a directory with exactly that mode, whatever the umask; one that is there stays. */
static int make_dir(int dir_fd, const char *name, mode_t mode, struct vps_err *err)
{
	if (mkdirat(dir_fd, name, mode) < 0)
		return errno == EEXIST ? 0 : vps_err_set(err, -errno, "cannot make %s", name);
	if (fchmodat(dir_fd, name, mode, 0) < 0)
		return vps_err_set(err, -errno, "cannot set the mode of %s", name);
	return 0;
}

/* The first becomes "/" of the VPS. */
static const char *const upper_dirs[] = { OVERLAY_UPPER, "work" };

int overlay_make_upper(int vps_fd, uint32_t project, struct vps_err *err)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(upper_dirs); i++) {
		OWN_FD fd = FD_NONE;

		if (make_dir(vps_fd, upper_dirs[i], 0755, err) < 0)
			return err->code;
		fd = openat(vps_fd, upper_dirs[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return vps_err_set(err, -errno, "cannot open %s", upper_dirs[i]);
		if (quota_join(fd, project, err) < 0)
			return err->code;
	}
	return 0;
}

static int make_dirs(const struct overlay *overlay, struct vps_err *err)
{
	if (overlay->vps_fd < 0)
		return overlay->diff_ids_len == 1 ?
		       make_dir(overlay->layers_fd, EMPTY_LAYER, 0755, err) : 0;
	if (make_dir(overlay->vps_fd, upper_dirs[0], 0755, err) < 0)
		return err->code;
	return make_dir(overlay->vps_fd, upper_dirs[1], 0755, err);
}

/* Layers of the overlay, lowest first; i counts the empty one too. */
static size_t layer_count(const struct overlay *overlay)
{
	bool needs_empty = overlay->vps_fd < 0 && overlay->diff_ids_len == 1;

	return overlay->diff_ids_len + (needs_empty ? 1 : 0);
}

static const char *layer_name(const struct overlay *overlay, size_t i)
{
	if (layer_count(overlay) > overlay->diff_ids_len)
		return i == 0 ? EMPTY_LAYER : overlay->diff_ids[i - 1];
	return overlay->diff_ids[i];
}

/* The kernel's own words about a failed fsconfig(): "e overlay: …". */
static int explain(int fs_fd, int code, const char *what, struct vps_err *err)
{
	char said[200];
	ssize_t len = read(fs_fd, said, sizeof(said) - 1);

	if (len < 2)
		return vps_err_set(err, code, "cannot %s the overlay", what);
	said[len] = '\0';
	said[strcspn(said, "\n")] = '\0';
	return vps_err_set(err, code, "cannot %s the overlay: the kernel says \"%s\"", what,
			   said + 2);
}

static int give_dir(int fs_fd, const char *key, int dir_fd, const char *name, struct vps_err *err)
{
	OWN_FD fd = openat(dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return vps_err_set(err, -ENOENT, "layer %s is not in the store", name);
	if (fd < 0)
		return vps_err_set(err, -errno, "cannot open layer %s", name);
	if (fsconfig(fs_fd, FSCONFIG_SET_FD, key, NULL, fd) < 0)
		return explain(fs_fd, -errno, key, err);
	return 0;
}

static int give_flag(int fs_fd, const char *key, const char *value, struct vps_err *err)
{
	unsigned int command = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

	if (fsconfig(fs_fd, command, key, value, 0) < 0)
		return explain(fs_fd, -errno, key, err);
	return 0;
}

/* Kernels from 6.15 on: every directory by descriptor, nothing attached. */
static int mount_by_fd(const struct overlay *overlay, const struct clones *clones,
		       int *ret_mount_fd, struct vps_err *err)
{
	OWN_FD fs_fd = fsopen("overlay", FSOPEN_CLOEXEC);
	OWN_FD mount_fd = FD_NONE;
	size_t i;

	if (fs_fd < 0)
		return vps_err_set(err, -errno, "the kernel has no overlay file system");
	for (i = layer_count(overlay); i-- > 0;)	/* the kernel wants the topmost first */
		if (give_dir(fs_fd, "lowerdir+", clones->layers_fd, layer_name(overlay, i), err) < 0)
			return err->code;
	if (clones->vps_fd >= 0 &&
	    (give_dir(fs_fd, "upperdir", clones->vps_fd, "upper", err) < 0 ||
	     give_dir(fs_fd, "workdir", clones->vps_fd, "work", err) < 0 ||
	     give_flag(fs_fd, "redirect_dir", "on", err) < 0))
		return err->code;
	if (clones->vps_fd >= 0 && overlay->is_volatile &&
	    give_flag(fs_fd, "volatile", NULL, err) < 0)
		return err->code;
	/* Else "tar --one-file-system" finds none of its files on the file system of its directory. */
	if (overlay->is_detached && give_flag(fs_fd, "xino", "on", err) < 0)
		return err->code;
	if (fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return explain(fs_fd, -errno, "make", err);
	mount_fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, (unsigned int)overlay->mount_attrs);
	if (mount_fd < 0)
		return vps_err_set(err, -errno, "cannot mount the overlay");
	*ret_mount_fd = fd_take(&mount_fd);
	return 0;
}

const char *overlay_short_name(size_t i, char buf[8])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char *at = buf + 7;

	*at = '\0';
	do {
		*--at = digits[i % 36];
		i /= 36;
	} while (i > 0 && at > buf);
	return memmove(buf, at, (size_t)(buf + 8 - at));
}

int overlay_options(const struct overlay *overlay, size_t len, char *buf, size_t size)
{
	static const char upper[] = ",upperdir=V/upper,workdir=V/work,redirect_dir=on";
	size_t used = (size_t)snprintf(buf, size, "lowerdir=");
	char name[8];
	size_t i;

	for (i = len; i-- > 0 && used < size;)		/* the topmost comes first */
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 overlay_short_name(i, name), i > 0 ? ":" : "");
	if (overlay->vps_fd >= 0 && used < size)
		used += (size_t)snprintf(buf + used, size - used, "%s%s%s", upper,
					 overlay->is_volatile ? ",volatile" : "",
					 overlay->is_detached ? ",xino=on" : "");
	return used < size ? 0 : -E2BIG;
}

/*
 * Fill the current directory, an empty tmpfs, with names short enough for the
 * one page that mount(2) takes: "L" and "V" are the clones, and "0", "1", …
 * link to the layers, lowest first.
 */
static int attach_clones(const struct overlay *overlay, const struct clones *clones,
			 struct vps_err *err)
{
	char target[2 + DIGEST_HEX_LEN + 1], name[8];
	size_t i;

	if (mkdir("L", 0700) < 0 || mkdir("V", 0700) < 0 || mkdir("M", 0700) < 0)
		return vps_err_set(err, -errno, "cannot make a mount point");
	if (move_mount(clones->layers_fd, "", AT_FDCWD, "L", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    (clones->vps_fd >= 0 &&
	     move_mount(clones->vps_fd, "", AT_FDCWD, "V", MOVE_MOUNT_F_EMPTY_PATH) < 0))
		return vps_err_set(err, -errno, "cannot attach a mount");
	for (i = 0; i < layer_count(overlay); i++) {
		(void)snprintf(target, sizeof(target), "L/%s", layer_name(overlay, i));
		if (faccessat(AT_FDCWD, target, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return vps_err_set(err, -errno, "layer %s is not in the store",
					   layer_name(overlay, i));
		if (symlink(target, overlay_short_name(i, name)) < 0)
			return vps_err_set(err, -errno, "cannot name layer %zu", i);
	}
	return 0;
}

/* The rest of mount_by_path(), in the tmpfs. */
static int mount_here(const struct overlay *overlay, const struct clones *clones,
		      int *ret_mount_fd, struct vps_err *err)
{
	struct mount_attr attr = { .attr_set = overlay->mount_attrs };
	OWN_FD mount_fd = FD_NONE;
	char options[4096];

	if (attach_clones(overlay, clones, err) < 0)
		return err->code;
	if (overlay_options(overlay, layer_count(overlay), options, sizeof(options)) < 0)
		return vps_err_say(err, -VPS_EHOST,
				   "%zu layers are more than this kernel can be told of; 6.15 can",
				   overlay->diff_ids_len);
	if (mount("overlay", "M", "overlay", 0, options) < 0)
		return vps_err_set(err, -errno, "cannot mount the overlay");
	mount_fd = open_tree(AT_FDCWD, "M", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (mount_fd < 0)
		return vps_err_set(err, -errno, "cannot take the overlay off its mount point");
	if (attr.attr_set && mount_setattr(mount_fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return vps_err_set(err, -errno, "cannot set the attributes of the overlay");
	*ret_mount_fd = fd_take(&mount_fd);
	return 0;
}

/* What the child below works on: its memory and descriptors are ours. */
struct by_path {
	const struct overlay *overlay;
	const struct clones *clones;
	int *ret_mount_fd;
	struct vps_err *err;
};

/* In a mount namespace that ends with this process: what is attached here nobody else sees. */
static int mount_in_child(void *arg)
{
	const struct by_path *job = arg;
	OWN_FD fs_fd = FD_NONE, tmp_fd = FD_NONE;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return vps_err_set(job->err, -errno, "cannot make mounts private");
	fs_fd = fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs_fd < 0 || fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return vps_err_set(job->err, -errno, "cannot make a tmpfs");
	tmp_fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, 0);
	if (tmp_fd < 0 || move_mount(tmp_fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    fchdir(tmp_fd) < 0)
		return vps_err_set(job->err, -errno, "cannot mount a tmpfs");
	return mount_here(job->overlay, job->clones, job->ret_mount_fd, job->err);
}

/*
 * Older kernels: the clones have to be attached while mount(2) looks them up.
 * That happens in a child which shares everything with us but mounts and the
 * current directory, so that its result is simply there. It sends no signal
 * when it ends, and waits for any child do not see it.
 */
static int mount_by_path(const struct overlay *overlay, const struct clones *clones,
			 int *ret_mount_fd, struct vps_err *err)
{
	struct by_path job = { overlay, clones, ret_mount_fd, err };
	OWN_MEM char *stack = malloc(STACK_BYTES);
	pid_t pid;

	if (!stack)
		return vps_err_set(err, -ENOMEM, "cannot mount the overlay");
	pid = clone(mount_in_child, stack + STACK_BYTES,
		    CLONE_NEWNS | CLONE_VM | CLONE_VFORK | CLONE_FILES, &job);
	if (pid < 0)
		return vps_err_set(err, -errno, "cannot make a mount namespace");
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return err->code;
}

/*
 * How kernels say that they cannot do it by descriptor: no descriptors at all
 * (6.1), none that are O_PATH (before 6.13), none of detached mounts (before 6.15).
 */
static bool is_too_old(int r)
{
	return r == -EOPNOTSUPP || r == -EBADF || r == -EINVAL;
}

/* With the file system ids of the VPS's root: what it cannot own, overlayfs cannot make. */
static int mount_clones(const struct overlay *overlay, const struct clones *clones,
			int *ret_mount_fd, struct vps_err *err)
{
	struct vps_err first = { 0 };
	int r;

	if (overlay->way == OVERLAY_BY_PATH)
		return mount_by_path(overlay, clones, ret_mount_fd, err);
	r = mount_by_fd(overlay, clones, ret_mount_fd, &first);
	if (is_too_old(r) && overlay->way == OVERLAY_ANY)
		return mount_by_path(overlay, clones, ret_mount_fd, err);
	if (r < 0)
		*err = first;
	return r;
}

int overlay_mount(const struct overlay *overlay, int *ret_mount_fd, int ret_spare_fds[2],
		  struct vps_err *err)
{
	OWN_CLONES clones = { FD_NONE, FD_NONE };
	struct overlay asked = *overlay;
	struct fsident before;
	struct stat st;
	int r;

	if (overlay->diff_ids_len == 0 || overlay->diff_ids_len > OVERLAY_LAYERS_MAX)
		return vps_err_say(err, -VPS_EMISUSE, "an image has 1 to %d layers, not %zu",
				   OVERLAY_LAYERS_MAX, overlay->diff_ids_len);
	if (make_dirs(overlay, err) < 0 ||
	    clone_mapped(overlay->layers_fd, overlay->userns_fd, &clones.layers_fd, err) < 0)
		return vps_err_in(err, "layers");
	if (overlay->vps_fd >= 0 && take_upper(overlay, &clones.vps_fd, err) < 0)
		return vps_err_in(err, "upper directory");
	if (overlay->userns_fd >= 0)
		asked.mount_attrs |= MOUNT_ATTR_NODEV;	/* a stranger's image must not bring devices */

	/* The directory of layers is root's: through the map it shows who root of the VPS is. */
	if (fstat(clones.layers_fd, &st) < 0)
		return vps_err_set(err, -errno, "cannot read who root of the VPS is");
	r = fsident_enter(st.st_uid, st.st_gid, &before);
	if (r < 0)
		return vps_err_set(err, r, "cannot act as uid %u", (unsigned int)st.st_uid);
	r = mount_clones(&asked, &clones, ret_mount_fd, err);
	fsident_leave(&before);
	if (r == 0 && ret_spare_fds) {
		ret_spare_fds[0] = fd_take(&clones.layers_fd);
		ret_spare_fds[1] = fd_take(&clones.vps_fd);
	}
	return r;
}
