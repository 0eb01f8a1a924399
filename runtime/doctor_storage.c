// SPDX-License-Identifier: LGPL-2.1-or-later
/* Probes of ROOT: overlays, quota and space on its file system; called by doctor.c. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/dqblk_xfs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "images/fsident.h"
#include "images/overlay.h"
#include "runtime/registry.h"

#ifndef PRJQUOTA
#define PRJQUOTA	2	/* linux/quota.h, which sys/quota.h does not get on with */
#endif

#define ZFS_SUPER_MAGIC	0x2fc12fc1	/* not in the kernel's own tree */

#define LAYER	"0000000000000000000000000000000000000000000000000000000000000000"
#define PROBE	"probe"			/* a file in the layer */
#define SPACE_LOW	(1ULL << 30)	/* a Debian image and some VPSs */
#define FILES_LOW	50000		/* the same */

/* Whether ROOT could be opened; otherwise says so. */
static bool has_root(const struct doctor *doctor, struct vps_finding *finding)
{
	if (doctor->root_fd >= 0)
		return true;
	doctor_lacks(finding, "not examined: ROOT could not be opened");
	doctor_advise(finding, DOCTOR_AS_ROOT);
	return false;
}

/* ---- overlay ---- */

/* A store of one layer with one file, and the directory of a VPS, in the scratch directory. */
static int make_store(int scratch_fd, struct overlay *overlay, struct vps_err *err)
{
	OWN_FD layer_fd = FD_NONE, file_fd = FD_NONE;

	overlay->layers_fd = dir_make(scratch_fd, "layers", 0700, err);
	overlay->vps_fd = err->code ? FD_NONE : dir_make(scratch_fd, "vps", 0700, err);
	layer_fd = err->code ? FD_NONE : dir_make(overlay->layers_fd, LAYER, 0755, err);
	if (err->code)
		return err->code;
	file_fd = openat(layer_fd, PROBE, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (file_fd < 0)
		return vps_err_set(err, -errno, "cannot make a file");
	return 0;
}

/* Root of the VPS owns the file, and can change it without the layer changing. */
static int try_root(int mount_fd, int vps_fd, struct vps_err *err)
{
	OWN_FD fd = FD_NONE;
	struct fsident before;
	struct stat st;
	int r;

	if (fstatat(mount_fd, PROBE, &st, 0) < 0)
		return vps_err_set(err, -errno, "cannot read a file of the layer");
	if (st.st_uid != REGISTRY_ID_FIRST)
		return vps_err_say(err, -EBADMSG, "a file of the layer belongs to uid %u, not %u",
				   (unsigned)st.st_uid, REGISTRY_ID_FIRST);
	r = fsident_enter(REGISTRY_ID_FIRST, REGISTRY_ID_FIRST, &before);
	if (r < 0)
		return vps_err_set(err, r, "cannot act as root of a VPS");
	fd = openat(mount_fd, PROBE, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		(void)vps_err_set(err, -errno, "cannot change a file of the layer");
	fsident_leave(&before);
	if (!err->code && fstatat(vps_fd, "upper/" PROBE, &st, 0) < 0)
		(void)vps_err_set(err, -errno, "a changed file is not in the upper directory");
	return err->code;
}

static int try_overlay(const struct doctor *doctor, struct vps_err *err)
{
	static const char *const layers[] = { LAYER };
	/* Volatile: else the end of this process waits for a busy disk. */
	struct overlay overlay = { .diff_ids = layers, .diff_ids_len = 1, .is_volatile = true };
	OWN_FD layers_fd = FD_NONE, vps_fd = FD_NONE, userns_fd = FD_NONE, mount_fd = FD_NONE;
	OWN_FD scratch_fd = FD_NONE, root_fd = FD_NONE;

	userns_fd = doctor_userns(err);
	if (userns_fd < 0 || doctor_leave_mounts(doctor, err) < 0)
		return err->code;
	/* Again, by path: only a mount of our own namespace can be cloned. */
	root_fd = open(doctor->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scratch_fd = openat(root_fd, doctor->scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (scratch_fd < 0)
		return vps_err_set(err, -errno, "cannot open %.60s", doctor->root);
	overlay.layers_fd = overlay.vps_fd = FD_NONE;
	(void)make_store(scratch_fd, &overlay, err);
	layers_fd = overlay.layers_fd;
	vps_fd = overlay.vps_fd;
	overlay.userns_fd = userns_fd;
	if (err->code || overlay_mount(&overlay, &mount_fd, NULL, err) < 0)
		return err->code;
	return try_root(mount_fd, vps_fd, err);
}

/* File systems that ROOT may be on; what is not listed is named by its number. */
static const struct fs_kind {
	const char *name;
	long        magic;
} fs_kinds[] = {
	{ "ext4", EXT4_SUPER_MAGIC },
	{ "xfs", XFS_SUPER_MAGIC },
	{ "btrfs", BTRFS_SUPER_MAGIC },
	{ "zfs", ZFS_SUPER_MAGIC },
	{ "f2fs", F2FS_SUPER_MAGIC },
	{ "nfs", NFS_SUPER_MAGIC },
	{ "overlay", OVERLAYFS_SUPER_MAGIC },
	{ "tmpfs", TMPFS_MAGIC },
};

static const char *fs_name(int fd, char buf[24])
{
	struct statfs fs = { 0 };
	size_t i;

	(void)fstatfs(fd, &fs);
	for (i = 0; i < ARRAY_LEN(fs_kinds); i++)
		if (fs_kinds[i].magic == (long)fs.f_type)
			return fs_kinds[i].name;
	(void)snprintf(buf, 24, "file system 0x%lx", (unsigned long)fs.f_type & 0xffffffffUL);
	return buf;
}

void doctor_overlay(const struct doctor *doctor, const struct check *check,
		    struct vps_finding *finding)
{
	struct vps_err err = { 0 };
	char name[24];

	(void)check;
	if (!has_root(doctor, finding))
		return;
	if (doctor->scratch_fd < 0) {
		doctor_lacks(finding, "nothing can be made in ROOT, %.60s: %s", doctor->root,
			     strerror(-doctor->scratch_fd));
		doctor_advise(finding, "make it writable, or choose another: vpsctl --root DIR");
	} else if (try_overlay(doctor, &err) < 0) {
		(void)vps_err_in(&err, "on %s", fs_name(doctor->root_fd, name));
		doctor_failed(finding, &err);
	} else {
		doctor_found(finding, "works on %s, which %.80s is on",
			     fs_name(doctor->root_fd, name), doctor->root);
	}
}

/* ---- quota ---- */

/* Whether limits of projects are enforced there; the one call means the same on ext4 and xfs. */
static void find_project_quota(int fd, const char *fs, struct vps_finding *finding)
{
	struct fs_quota_statv state = { .qs_version = FS_QSTATV_VERSION1 };
	long r = syscall(SYS_quotactl_fd, fd, QCMD(Q_XGETQSTATV, PRJQUOTA), 0, &state);

	if (r == 0 && state.qs_flags & FS_QUOTA_PDQ_ENFD) {
		doctor_found(finding, "project quotas of %s", fs);
	} else if (strcmp(fs, "xfs") == 0) {
		doctor_lacks(finding, "xfs mounted without project quotas");
		doctor_advise(finding, "mount it with the option prjquota");
	} else if (access("/proc/sys/fs/quota", F_OK) < 0) {
		doctor_lacks(finding, "ext4, and a kernel without quotas (CONFIG_QUOTA)");
		doctor_advise(finding, "boot a distribution's kernel, or put ROOT on btrfs");
	} else {
		doctor_lacks(finding, "ext4 mounted without project quotas");
		doctor_advise(finding, "with it unmounted: tune2fs -O project,quota -Q prjquota DEVICE; then mount it with the option prjquota");
	}
}

/* The kernel shows the directory as long as quotas are switched on. */
static void find_qgroups(int fd, struct vps_finding *finding)
{
	struct btrfs_ioctl_fs_info_args info = { 0 };
	char path[80];
	int at, i;

	if (ioctl(fd, BTRFS_IOC_FS_INFO, &info) < 0) {
		doctor_lacks(finding, "btrfs does not tell its identity: %s", strerror(errno));
		return;
	}
	at = snprintf(path, sizeof(path), "/sys/fs/btrfs/");
	for (i = 0; i < BTRFS_FSID_SIZE; i++)
		at += snprintf(path + at, sizeof(path) - (size_t)at, "%s%02x",
			       i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", info.fsid[i]);
	(void)snprintf(path + at, sizeof(path) - (size_t)at, "/qgroups");
	if (access(path, F_OK) == 0) {
		doctor_found(finding, "qgroups of btrfs");
	} else {
		doctor_lacks(finding, "btrfs with its quotas switched off");
		doctor_advise(finding, "btrfs quota enable ROOT");
	}
}

void doctor_quota(const struct doctor *doctor, const struct check *check,
		  struct vps_finding *finding)
{
	char buf[24];
	const char *fs;

	(void)check;
	if (!has_root(doctor, finding))
		return;
	fs = fs_name(doctor->root_fd, buf);
	if (strcmp(fs, "ext4") == 0 || strcmp(fs, "xfs") == 0)
		find_project_quota(doctor->root_fd, fs, finding);
	else if (strcmp(fs, "btrfs") == 0)
		find_qgroups(doctor->root_fd, finding);
	else
		doctor_lacks(finding, "%s has no quota that we know of", fs);
}

void doctor_space(const struct doctor *doctor, const struct check *check,
		  struct vps_finding *finding)
{
	struct statvfs st;
	uint64_t bytes;
	double gib;

	(void)check;
	if (!has_root(doctor, finding))
		return;
	if (fstatvfs(doctor->root_fd, &st) < 0) {
		doctor_lacks(finding, "cannot read what is free in %.60s: %s", doctor->root,
			     strerror(errno));
		return;
	}
	bytes = (uint64_t)st.f_bavail * st.f_frsize;
	gib = (double)bytes / (1ULL << 30);
	if (bytes < SPACE_LOW)
		doctor_lacks(finding, "%.2f GiB are free in %.60s; an image of Debian with its VPSs takes 1",
			     gib, doctor->root);
	else if (st.f_files && st.f_favail < FILES_LOW)	/* btrfs counts none */
		doctor_lacks(finding, "%ju more files fit into %.60s; an image of Debian has 9000",
			     (uintmax_t)st.f_favail, doctor->root);
	else if (st.f_files)
		doctor_found(finding, "%.1f GiB and %ju files fit into %.60s", gib,
			     (uintmax_t)st.f_favail, doctor->root);
	else
		doctor_found(finding, "%.1f GiB are free in %.60s", gib, doctor->root);
}
