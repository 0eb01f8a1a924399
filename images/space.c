// SPDX-License-Identifier: GPL-2.0-or-later
/* Bounds of an import by the file system's free space; called by stream and unpack. */
#include "space.h"

#include <errno.h>
#include <sys/statvfs.h>

#define CHECK_EVERY (64u << 20)		/* others write too, so look again now and then */

static uint64_t free_bytes(const struct statvfs *st)
{
	uint64_t kept = (uint64_t)st->f_blocks / 100 * SPACE_KEPT_PERCENT;
	uint64_t have = st->f_bavail;

	return have > kept ? (have - kept) * st->f_frsize : 0;
}

static uint64_t free_files(const struct statvfs *st, uint64_t max_files)
{
	uint64_t kept = (uint64_t)st->f_files / 100 * SPACE_KEPT_PERCENT, have = st->f_favail;

	if (st->f_files == 0)		/* btrfs and others make inodes as they need them */
		return max_files;
	have = have > kept ? have - kept : 0;
	return have < max_files ? have : max_files;
}

static int refuse(struct vps_err *err)
{
	return vps_err_say(err, -VPS_EREFUSED,
			   "unpacking more would leave less than %d %% of the store's file system free",
			   SPACE_KEPT_PERCENT);
}

int space_init(struct space *space, int fd, uint64_t max_files, struct vps_err *err)
{
	struct statvfs st;

	if (fstatvfs(fd, &st) < 0)
		return vps_err_set(err, -errno, "cannot see how much room the store has");
	*space = (struct space){
		.fd = fd,
		.bytes_left = free_bytes(&st),
		.files_left = free_files(&st, max_files),
	};
	return 0;
}

int space_use_bytes(struct space *space, uint64_t bytes, struct vps_err *err)
{
	struct statvfs st;

	if (bytes > space->bytes_left)
		return refuse(err);
	space->bytes_left -= bytes;
	space->unchecked += bytes;
	if (space->unchecked < CHECK_EVERY)
		return 0;
	space->unchecked = 0;
	if (fstatvfs(space->fd, &st) < 0)
		return vps_err_set(err, -errno, "cannot see how much room the store has");
	return free_bytes(&st) > 0 ? 0 : refuse(err);
}

int space_use_file(struct space *space, struct vps_err *err)
{
	if (space->files_left == 0)
		return vps_err_say(err, -VPS_EREFUSED,
				   "the archive has more files than the store may take");
	space->files_left--;
	return 0;
}
