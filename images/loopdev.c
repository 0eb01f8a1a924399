// SPDX-License-Identifier: GPL-2.0-or-later
/* Attaches files to loop devices and finds those that are; called by diskfile.c. */
#include "loopdev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/own.h"

#define CONTROL	"/dev/loop-control"
#define TRIES	1000	/* at a device that is free, against everybody else who wants one */

/* include/linux/kdev_t.h of the kernel: how it writes a device number in 64 bits. */
static uint64_t kernel_dev(dev_t dev)
{
	unsigned minor = minor(dev);

	return (minor & 0xff) | (uint64_t)major(dev) << 8 | (uint64_t)(minor & ~0xffU) << 12;
}

/* Whether the device number is bound to that file; then it is held. */
static bool holds(unsigned number, const struct stat *file, struct loopdev *ret_dev)
{
	struct loopdev dev;
	struct loop_info64 info;

	(void)snprintf(dev.path, sizeof(dev.path), "/dev/loop%u", number);
	dev.fd = open(dev.path, O_RDONLY | O_CLOEXEC);
	if (dev.fd < 0)
		return false;
	if (ioctl(dev.fd, LOOP_GET_STATUS64, &info) == 0 && info.lo_inode == file->st_ino &&
	    info.lo_device == kernel_dev(file->st_dev)) {
		*ret_dev = dev;
		return true;
	}
	own_close(&dev.fd);
	return false;
}

int loopdev_find(int file_fd, struct loopdev *ret_dev)
{
	OWN_DIR *dir = opendir("/sys/block");
	const struct dirent *entry;
	struct stat file;

	if (!dir || fstat(file_fd, &file) < 0)
		return -ENOENT;
	while ((entry = readdir(dir))) {
		char bound[NAME_MAX + 8];
		unsigned number;

		if (sscanf(entry->d_name, "loop%u", &number) != 1)
			continue;
		(void)snprintf(bound, sizeof(bound), "%s/loop", entry->d_name);
		if (faccessat(dirfd(dir), bound, F_OK, 0) == 0 && holds(number, &file, ret_dev))
			return 0;
	}
	return -ENOENT;
}

/*
 * Bind a device that is free. Opened again before the descriptor that could
 * write is closed: while that is open some kernels do not mount the device.
 */
static int bind_free(int file_fd, unsigned number, struct loopdev *ret_dev)
{
	const struct loop_config config = {
		.fd = (unsigned)file_fd,
		.block_size = LOOPDEV_BLOCK,
		.info = { .lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO },
	};
	struct loopdev dev;
	OWN_FD fd = FD_NONE;

	(void)snprintf(dev.path, sizeof(dev.path), "/dev/loop%u", number);
	fd = open(dev.path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, LOOP_CONFIGURE, &config) < 0)
		return -errno;
	dev.fd = open(dev.path, O_RDONLY | O_CLOEXEC);
	if (dev.fd < 0)
		return -errno;
	*ret_dev = dev;
	return 0;
}

int loopdev_attach(int file_fd, struct loopdev *ret_dev, struct vps_err *err)
{
	OWN_FD control_fd = FD_NONE;
	int number, tries, r = -EBUSY;

	if (loopdev_find(file_fd, ret_dev) == 0)
		return 0;
	control_fd = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (control_fd < 0)
		return vps_err_say(err, -VPS_EHOST, "this host has no loop devices: " CONTROL ": %s; modprobe loop",
				   strerror(errno));
	for (tries = 0; r == -EBUSY && tries < TRIES; tries++) {
		number = ioctl(control_fd, LOOP_CTL_GET_FREE);
		if (number < 0)
			return vps_err_set(err, -errno, "cannot get a loop device");
		r = bind_free(file_fd, (unsigned)number, ret_dev);
	}
	return r < 0 ? vps_err_set(err, r, "cannot attach a file to /dev/loop%d", number) : 0;
}

int loopdev_stretch(const struct loopdev *dev, struct vps_err *err)
{
	if (ioctl(dev->fd, LOOP_SET_CAPACITY) < 0)
		return vps_err_set(err, -errno, "cannot let %s grow", dev->path);
	return 0;
}
