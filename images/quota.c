// SPDX-License-Identifier: GPL-2.0-or-later
/* Project quotas; called by runtime/ when a disk limit is set, and by the doctor. */
#include "quota.h"

#include <errno.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/quota.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef PRJQUOTA
#define PRJQUOTA	2	/* linux/quota.h, which sys/quota.h does not get on with */
#endif

#define ZFS_SUPER_MAGIC	0x2fc12fc1	/* not in the kernel's own tree */
#define BASIC_BLOCK	512		/* what the calls of xfs count in, on ext4 too */
#define BLOCK		1024		/* what ext4 counts in */

static const struct fs {
	__typeof__(((struct statfs *)0)->f_type) magic;
	const char *name;
	const char *lacks, *remedy;	/* without quotas; NULL: none that we know of */
} known[] = {
	{ EXT4_SUPER_MAGIC,  "ext4",  "ext4 mounted without project quotas",
	  "with it unmounted: tune2fs -O project,quota -Q prjquota DEVICE; then mount it with the option prjquota" },
	{ XFS_SUPER_MAGIC,   "xfs",   "xfs mounted without project quotas",
	  "mount it with the option prjquota" },
	{ BTRFS_SUPER_MAGIC, "btrfs", NULL, NULL },
	{ ZFS_SUPER_MAGIC,   "zfs",   NULL, NULL },
	{ F2FS_SUPER_MAGIC,  "f2fs",  NULL, NULL },
	{ NFS_SUPER_MAGIC,   "nfs",   NULL, NULL },
	{ OVERLAYFS_SUPER_MAGIC, "overlay", NULL, NULL },
	{ TMPFS_MAGIC,       "tmpfs", NULL, NULL },
};

static long quota_call(int fd, unsigned int command, uint32_t project, void *arg)
{
	return syscall(SYS_quotactl_fd, fd, QCMD(command, PRJQUOTA), project, arg);
}

/* The calls of xfs mean the same on ext4. */
static bool is_enforced(int fd)
{
	struct fs_quota_statv state = { .qs_version = FS_QSTATV_VERSION1 };

	return quota_call(fd, Q_XGETQSTATV, 0, &state) == 0 &&
	       state.qs_flags & FS_QUOTA_PDQ_ENFD;
}

void quota_probe(int fd, struct quota_support *ret)
{
	struct statfs st = { 0 };
	size_t i;

	*ret = (struct quota_support){ .is_supported = is_enforced(fd) };
	(void)fstatfs(fd, &st);
	(void)snprintf(ret->fs, sizeof(ret->fs), "file system %#jx", (uintmax_t)st.f_type);
	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (known[i].magic != st.f_type)
			continue;
		(void)snprintf(ret->fs, sizeof(ret->fs), "%s", known[i].name);
		ret->lacks = known[i].lacks;
		ret->remedy = known[i].remedy;
	}
	if (ret->is_supported) {
		ret->lacks = ret->remedy = NULL;
	} else if (!ret->lacks) {
		ret->lacks = "a file system without project quotas";
		ret->remedy = "put ROOT on ext4 or xfs, mounted with the option prjquota";
	} else if (access("/proc/sys/fs/quota", F_OK) < 0) {
		ret->lacks = "a kernel without quotas (CONFIG_QUOTA)";
		ret->remedy = "boot a distribution's kernel";
	}
}

static int need_support(int fd, struct vps_err *err)
{
	struct quota_support support;

	quota_probe(fd, &support);
	if (support.is_supported)
		return 0;
	return vps_err_say(err, -VPS_EHOST, "no file of ROOT is counted: %s; %s", support.lacks,
			   support.remedy);
}

/* It keeps projects also while nobody counts them, and may count at its next mount. */
static bool is_xfs(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && st.f_type == XFS_SUPER_MAGIC;
}

int quota_join(int dir_fd, uint32_t project, struct vps_err *err)
{
	struct fsxattr attr;

	if (!is_enforced(dir_fd) && !is_xfs(dir_fd))
		return 0;
	if (ioctl(dir_fd, FS_IOC_FSGETXATTR, &attr) < 0)
		return vps_err_set(err, -errno, "cannot read the project of a directory");
	attr.fsx_projid = project;
	attr.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	if (ioctl(dir_fd, FS_IOC_FSSETXATTR, &attr) < 0)
		return vps_err_set(err, -errno, "cannot give a directory to project %u", project);
	return 0;
}

/* Its number, where its file system counts it; or -errno with err set. */
static int find_project(int dir_fd, uint32_t *ret_project, struct vps_err *err)
{
	struct fsxattr attr;
	int r = need_support(dir_fd, err);

	if (r < 0)
		return r;
	if (ioctl(dir_fd, FS_IOC_FSGETXATTR, &attr) < 0)
		return vps_err_set(err, -errno, "cannot read the project of a directory");
	if (!attr.fsx_projid || !(attr.fsx_xflags & FS_XFLAG_PROJINHERIT))
		return vps_err_say(err, -VPS_EHOST,
				   "its files are not counted: it was made before ROOT had project quotas");
	*ret_project = attr.fsx_projid;
	return 0;
}

/* 0 is "no limit" to the kernel; a limit of nothing is the smallest there is. */
static uint64_t to_units(uint64_t value, uint64_t unit)
{
	if (value == QUOTA_NO_LIMIT)
		return 0;
	return value ? value / unit + (value % unit != 0) : 1;
}

int quota_set(int dir_fd, const struct quota *limits, struct vps_err *err)
{
	struct fs_disk_quota asked = {
		.d_version = FS_DQUOT_VERSION,
		.d_flags = FS_PROJ_QUOTA,
		.d_fieldmask = FS_DQ_BHARD | FS_DQ_IHARD,
		.d_blk_hardlimit = to_units(limits->bytes, BLOCK) * (BLOCK / BASIC_BLOCK),
		.d_ino_hardlimit = to_units(limits->inodes, 1),
	};
	int r = find_project(dir_fd, &asked.d_id, err);

	if (r == 0 && quota_call(dir_fd, Q_XSETQLIM, asked.d_id, &asked) < 0)
		r = vps_err_set(err, -errno, "cannot set its disk limits");
	return r;
}

static uint64_t limit_of(uint64_t units, uint64_t unit)
{
	return units ? units * unit : QUOTA_NO_LIMIT;
}

int quota_get(int dir_fd, struct quota *ret_limits, struct quota *ret_used, struct vps_err *err)
{
	struct fs_disk_quota got = { 0 };
	uint32_t project;
	int r = find_project(dir_fd, &project, err);

	if (r < 0)
		return r;
	if (quota_call(dir_fd, Q_XGETQUOTA, project, &got) < 0)
		return vps_err_set(err, -errno, "cannot read its disk limits");
	*ret_limits = (struct quota){ limit_of(got.d_blk_hardlimit, BASIC_BLOCK),
				      limit_of(got.d_ino_hardlimit, 1) };
	*ret_used = (struct quota){ got.d_bcount * BASIC_BLOCK, got.d_icount };
	return 0;
}
