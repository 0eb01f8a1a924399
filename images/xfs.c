// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes, mounts and grows file systems of kind xfs; called by diskfile.c. */
#include "xfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/which.h"

#define SAID_MAX	(64u << 10)
#define PATIENCE_SEC	"60"
#define AG_LOWEST	64	/* blocks: a smaller rest at the end is left unused */

/* xfs_fs.h of xfsprogs, for which no kernel header stands. */
struct geometry {
	__u32 block_size, unused_1[6], inodes_percent;
	__u64 blocks, unused_2[3];
	__u8  unused_3[48];
};

struct growth {
	__u64 blocks;
	__u32 inodes_percent;
};

#define GET_GEOMETRY	_IOR('X', 100, struct geometry)
#define GROW_DATA	_IOW('X', 110, struct growth)

_Static_assert(sizeof(struct geometry) == 112 && sizeof(struct growth) == 16,
	       "the kernel knows these calls by their size");

bool xfs_is_known(void)
{
	OWN_FD fd = fsopen("xfs", FSOPEN_CLOEXEC);

	return fd >= 0 || errno == EPERM;
}

bool xfs_has_quotas(void)
{
	return access("/proc/fs/xfs/xqmstat", F_OK) == 0;
}

/* ---- making one ---- */

static int run(int dir_fd, const char *path, const char *const argv[], int said_fd)
{
	static const char *const env[] = { "LC_ALL=C", NULL };
	posix_spawn_file_actions_t actions;
	int status = 0, r = posix_spawn_file_actions_init(&actions);
	pid_t pid;

	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, said_fd, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, said_fd, STDERR_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addfchdir_np(&actions, dir_fd);
	if (r == 0)
		r = posix_spawn(&pid, path, &actions, NULL, (char *const *)argv, (char *const *)env);
	(void)posix_spawn_file_actions_destroy(&actions);	/* always 0 in glibc */
	if (r != 0)
		return -r;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? 0 : -EIO;
}

/* Its first line says why; what follows is how it is used. */
static int explain_mkfs(int said_fd, struct vps_err *err)
{
	OWN_MEM char *said = NULL;
	struct vps_err ignored = { 0 };

	if (lseek(said_fd, 0, SEEK_SET) < 0 ||
	    file_read_fd(said_fd, "", SAID_MAX, &said, NULL, &ignored) < 0 || !*said)
		return vps_err_say(err, -EIO, XFS_MKFS " failed, and did not say why");
	said[strcspn(said, "\n")] = '\0';
	return vps_err_say(err, -EIO, XFS_MKFS " failed: %.300s", said);
}

int xfs_format(int dir_fd, const char *name, struct vps_err *err)
{
	/*
	 * What df and the limits count on is the same whatever the version: the log
	 * always of one size, no map of who owns what block. -K: a new file is empty.
	 */
	const char *const argv[] = { XFS_MKFS, "-q", "-f", "-K", "-b", "size=4096",
				     "-s", "size=4096", "-l", "size=64m", "-m", "rmapbt=0",
				     name, NULL };
	OWN_FD said_fd = memfd_create(XFS_MKFS, MFD_CLOEXEC);
	char path[PATH_MAX];
	int r;

	if (!which_program(XFS_MKFS, path))
		return vps_err_say(err, -VPS_EHOST,
				   "this host has no " XFS_MKFS ": install the package xfsprogs");
	if (said_fd < 0)
		return vps_err_set(err, -errno, "cannot keep what " XFS_MKFS " says");
	r = run(dir_fd, path, argv, said_fd);
	if (r == -EIO)
		return explain_mkfs(said_fd, err);
	return r < 0 ? vps_err_set(err, r, "cannot start %s", path) : 0;
}

/* ---- mounting and growing it ---- */

static int explain_mount(const char *device, struct vps_err *err)
{
	switch (errno) {
	case EUCLEAN:
	case EBADMSG:
		return vps_err_say(err, -EIO, "its file system is damaged; xfs_repair mends it");
	case EINVAL:	/* not the caller's mistake */
		return vps_err_say(err, -EIO, "what it holds cannot be mounted; the kernel's log says why");
	default:
		return vps_err_set(err, -errno, "cannot mount %s", device);
	}
}

/*
 * Its own records that cannot be written, since the host is full, say, are
 * tried again for ever by default: when its journal is full of them everybody
 * who uses it waits in the kernel and cannot be killed. After a minute it
 * shuts down instead, and is as it was when it is mounted with room again.
 */
static void limit_patience(const char *device)
{
	static const char *const errors[] = { "ENOSPC", "EIO", "default" };
	const char *name = strrchr(device, '/');
	struct vps_err ignored = { 0 };
	char path[100];
	size_t i;

	for (i = 0; name && i < ARRAY_LEN(errors); i++) {
		(void)snprintf(path, sizeof(path), "/sys/fs/xfs%s/error/metadata/%s/retry_timeout_seconds",
			       name, errors[i]);
		(void)file_write(AT_FDCWD, path, PATIENCE_SEC, &ignored);
	}
}

int xfs_mount(const char *device, int *ret_mount_fd, struct vps_err *err)
{
	OWN_FD fs_fd = fsopen("xfs", FSOPEN_CLOEXEC);
	int mount_fd;

	if (fs_fd < 0)
		return vps_err_say(err, -VPS_EHOST, "this kernel has no xfs: %s", strerror(errno));
	if (fsconfig(fs_fd, FSCONFIG_SET_STRING, "source", device, 0) < 0 ||
	    fsconfig(fs_fd, FSCONFIG_SET_FLAG, "discard", NULL, 0) < 0 ||
	    (xfs_has_quotas() && fsconfig(fs_fd, FSCONFIG_SET_FLAG, "prjquota", NULL, 0) < 0))
		return vps_err_set(err, -errno, "cannot choose how to mount %s", device);
	if (fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return explain_mount(device, err);
	limit_patience(device);
	mount_fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
	if (mount_fd < 0)
		return vps_err_set(err, -errno, "cannot mount %s", device);
	*ret_mount_fd = mount_fd;
	return 0;
}

int xfs_grow(int fd, uint64_t bytes, struct vps_err *err)
{
	struct geometry now;
	struct growth wanted;

	if (ioctl(fd, GET_GEOMETRY, &now) < 0)
		return vps_err_set(err, -errno, "cannot read the size of its file system");
	wanted = (struct growth){ bytes / now.block_size, now.inodes_percent };
	if (wanted.blocks < now.blocks + AG_LOWEST)
		return 0;
	if (ioctl(fd, GROW_DATA, &wanted) < 0)
		return vps_err_set(err, -errno, "cannot let its file system grow");
	return 0;
}
