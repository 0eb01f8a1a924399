// SPDX-License-Identifier: GPL-2.0-or-later
/* File systems of single VPSs in files; called by runtime/disk.c, at a start, and by the doctor. */
#include "diskfile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/which.h"
#include "images/xfs.h"

#define BLOCK		UINT64_C(4096)
#define SIZE_QUOTA	(UINT64_C(4) << 30)	/* the least with quotas: a small one that grows a lot is slow */

_Static_assert(DISKFILE_LOWEST + XFS_LOG == XFS_LOWEST, "what is left of the smallest xfs");

void diskfile_probe(struct diskfile_support *ret)
{
	char path[PATH_MAX];

	*ret = (struct diskfile_support){ 0 };
	if (!xfs_is_known()) {
		ret->lacks = "a kernel without xfs";
		ret->remedy = "boot a distribution's kernel";
	} else if (access("/dev/loop-control", F_OK) < 0) {
		ret->lacks = "a host without loop devices";
		ret->remedy = "modprobe loop";
	} else if (!which_program(XFS_MKFS, path)) {
		ret->lacks = "a host without " XFS_MKFS;
		ret->remedy = "install the package xfsprogs";
	} else {
		ret->is_supported = true;
		ret->has_quotas = xfs_has_quotas();
	}
}

static uint64_t round_up(uint64_t bytes)
{
	return (bytes + BLOCK - 1) / BLOCK * BLOCK;
}

/*
 * df shows the size without the log. With quotas, inodes and the file system's
 * own records have room above the limit; what is never written costs nothing.
 */
uint64_t diskfile_size(uint64_t limit, bool has_quotas, uint64_t host)
{
	uint64_t room = limit == QUOTA_NO_LIMIT ? host : limit;

	if (has_quotas && limit != QUOTA_NO_LIMIT)
		room = room < SIZE_QUOTA / 5 * 4 ? SIZE_QUOTA : room + room / 4;
	else if (room < DISKFILE_LOWEST)
		room = DISKFILE_LOWEST;
	return round_up(room) + XFS_LOG;
}

uint64_t diskfile_limit(uint64_t size, uint64_t host)
{
	uint64_t room = size > XFS_LOG ? size - XFS_LOG : 0;

	return room >= host ? QUOTA_NO_LIMIT : room;
}

/* On btrfs each write to a file would move its data elsewhere, and the file be in a million pieces. */
static void write_in_place(int fd)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return;
	flags |= FS_NOCOW_FL;
	(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);	/* others have no such flag, and need none */
}

static int resize(int fd, uint64_t size, struct vps_err *err)
{
	if (ftruncate(fd, (off_t)size) == 0)
		return 0;
	if (errno == EFBIG)
		return vps_err_say(err, -VPS_EHOST,
				   "it takes a file of %juM, and on the file system of ROOT none is that large",
				   (uintmax_t)(size >> 20));
	return vps_err_set(err, -errno, "cannot make a file of %juM", (uintmax_t)(size >> 20));
}

static int make_file(int vps_fd, const char *name, uint64_t size, struct vps_err *err)
{
	OWN_FD fd = openat(vps_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return vps_err_set(err, -errno, "cannot make %s", name);
	write_in_place(fd);
	return resize(fd, size, err);
}

int diskfile_make(int vps_fd, const char *name, uint64_t size, struct vps_err *err)
{
	int r;

	if (unlinkat(vps_fd, name, 0) < 0 && errno != ENOENT)
		return vps_err_set(err, -errno, "cannot remove %s", name);
	r = make_file(vps_fd, name, size, err);
	if (r == 0)
		r = xfs_format(vps_fd, name, err);
	if (r < 0)
		(void)unlinkat(vps_fd, name, 0);
	return r;
}

int diskfile_open(int vps_fd, const char *name, bool may_attach, struct diskfile *ret_file,
		  struct vps_err *err)
{
	struct diskfile file = DISKFILE_NONE;
	int r;

	file.file_fd = openat(vps_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (file.file_fd < 0)
		return errno == ENOENT ? -ENOENT : vps_err_set(err, -errno, "cannot open %s", name);
	r = may_attach ? loopdev_attach(file.file_fd, &file.dev, err) :
			 loopdev_find(file.file_fd, &file.dev);
	if (r == 0)
		r = xfs_mount(file.dev.path, &file.mount_fd, err);
	if (r < 0) {
		diskfile_close(&file);
		return err->code ? vps_err_in(err, "%s", name) : r;
	}
	*ret_file = file;
	return 0;
}

bool diskfile_is_attached(int vps_fd, const char *name)
{
	OWN_FD fd = openat(vps_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct loopdev dev = { .fd = FD_NONE };
	bool is_attached = fd >= 0 && loopdev_find(fd, &dev) == 0;

	own_close(&dev.fd);
	return is_attached;
}

void diskfile_close(struct diskfile *file)
{
	own_close(&file->mount_fd);
	own_close(&file->dev.fd);
	own_close(&file->file_fd);
}

uint64_t diskfile_now(const struct diskfile *file)
{
	struct stat st = { 0 };

	(void)fstat(file->file_fd, &st);
	return (uint64_t)st.st_size;
}

int diskfile_grow(const struct diskfile *file, uint64_t size, struct vps_err *err)
{
	OWN_FD fd = openat(file->mount_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return vps_err_set(err, -errno, "cannot open the file system of " DISKFILE);
	if (diskfile_now(file) < size && resize(file->file_fd, size, err) < 0)
		return err->code;
	if (loopdev_stretch(&file->dev, err) < 0)
		return err->code;
	return xfs_grow(fd, diskfile_now(file), err);
}
