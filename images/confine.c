// SPDX-License-Identifier: GPL-2.0-or-later
/* Self-confinement of vps-image: namespaces, capabilities, system calls, in this order. */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"
#include "images/callfilter.h"

#define BIT(cap) (UINT64_C(1) << (cap))

/*
 * Deliberately not here: DAC_READ_SEARCH, which opens files by handle beyond
 * any root directory; SETUID and SETGID, as files get owners by chown; SYS_CHROOT.
 */
static const uint64_t kept_caps = BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) |
				  BIT(CAP_FSETID) | BIT(CAP_MKNOD) | BIT(CAP_SETFCAP);

#define ATTRS	(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/*
 * What of the root directory is to be seen. Deliberately not here: vps, whose
 * specs say what of the host a VPS gets; cache, of system call filters; the registry.
 */
static const char *const shown[] = { "images", "layers" };

/* An empty file system over the root directory. */
static int cover(const char *root, struct vps_err *err)
{
	OWN_FD fs_fd = fsopen("tmpfs", FSOPEN_CLOEXEC);
	OWN_FD fd = FD_NONE;

	if (fs_fd < 0 || fsconfig(fs_fd, FSCONFIG_SET_STRING, "nr_inodes", "8", 0) < 0 ||
	    fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return vps_err_set(err, -errno, "cannot make a tmpfs");
	fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, ATTRS);
	if (fd < 0 || move_mount(fd, "", AT_FDCWD, root, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return vps_err_set(err, -errno, "cannot cover %s", root);
	return fd_take(&fd);
}

/* Show a directory of it at the same place in the cover. */
static int show(int root_fd, int cover_fd, const char *name, struct vps_err *err)
{
	struct mount_attr attr = { .attr_set = ATTRS };
	OWN_FD fd = open_tree(root_fd, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (fd < 0)
		return vps_err_set(err, -errno, "cannot clone the mount of %s", name);
	if (mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return vps_err_set(err, -errno, "cannot restrict the mount of %s", name);
	if (mkdirat(cover_fd, name, 0700) < 0 ||
	    move_mount(fd, "", cover_fd, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return vps_err_set(err, -errno, "cannot mount %s", name);
	return 0;
}

/* Make the store the whole file system of this (new) mount namespace. */
static int enter_root(const char *root, struct vps_err *err)
{
	struct mount_attr readonly = { .attr_set = MOUNT_ATTR_RDONLY };
	OWN_FD root_fd = FD_NONE, fd = FD_NONE;
	size_t i;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return vps_err_set(err, -errno, "cannot make the mounts private");
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s", root);
	fd = cover(root, err);
	for (i = 0; i < ARRAY_LEN(shown); i++)
		if (err->code < 0 || show(root_fd, fd, shown[i], err) < 0)
			return err->code;
	if (mount_setattr(fd, "", AT_EMPTY_PATH, &readonly, sizeof(readonly)) < 0 ||
	    fchdir(fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return vps_err_set(err, -errno, "cannot make %s the root", root);
	/* The old root lies over the new one now (pivot_root(2)), and comes off. */
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return vps_err_set(err, -errno, "cannot leave the old root");
	return 0;
}

static int drop_caps(uint64_t kept, struct vps_err *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)kept, .permitted = (uint32_t)kept },
		{ .effective = (uint32_t)(kept >> 32), .permitted = (uint32_t)(kept >> 32) },
	};
	unsigned long cap;

	/* EINVAL tells where this kernel's capabilities end. */
	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(kept & BIT(cap)) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return vps_err_set(err, -errno, "cannot drop capability %lu", cap);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return vps_err_set(err, -errno, "cannot clear the ambient capabilities");
	if (syscall(SYS_capset, &header, data) < 0)
		return vps_err_set(err, -errno, "cannot drop capabilities");
	return 0;
}

int confine_enter(const char *root, bool needs_trusted, struct vps_err *err)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return vps_err_set(err, -errno, "cannot give up new privileges");
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return vps_err_set(err, -errno, "cannot make namespaces");
	if (enter_root(root, err) < 0 ||
	    drop_caps(kept_caps | (needs_trusted ? BIT(CAP_SYS_ADMIN) : 0), err) < 0)
		return err->code;
	return callfilter_install(err);
}
