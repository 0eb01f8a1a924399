// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads and changes disk limits of a VPS; called by live.c, resize.c and at a start. */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "images/overlay.h"

#define SETTLE_MSEC	20000	/* what is not on the disk yet is written first */
#define HOST_MAX	(UINT64_C(15) << 40)	/* ext4 has files up to 16 TiB */

/* ---- open ---- */

uint64_t disk_host(int fd)
{
	struct statvfs st = { 0 };
	uint64_t bytes;

	(void)fstatvfs(fd, &st);
	bytes = (uint64_t)st.f_blocks * st.f_frsize;
	return bytes < HOST_MAX ? bytes : HOST_MAX;
}

static int open_place(int vps_fd, bool may_attach, struct disk *disk)
{
	int r;

	disk->is_file = faccessat(vps_fd, DISKFILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (!disk->is_file)
		return vps_fd;
	r = diskfile_open(vps_fd, DISKFILE, may_attach, &disk->file, &disk->why);
	if (r < 0)
		return vps_err_set(&disk->why, r, "its " DISKFILE " is not mounted");
	return disk->file.mount_fd;
}

void disk_open(int vps_fd, bool may_attach, struct disk *disk)
{
	struct quota limits, used;
	struct vps_err ignored = { 0 };
	int place_fd = open_place(vps_fd, may_attach, disk);

	disk->host = disk_host(vps_fd);
	if (place_fd < 0)
		return;
	disk->upper_fd = openat(place_fd, OVERLAY_UPPER,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (disk->upper_fd < 0)
		(void)vps_err_set(&disk->why, -errno, "cannot open its " OVERLAY_UPPER);
	else
		disk->is_counted = quota_get(disk->upper_fd, &limits, &used, &ignored) == 0;
}

void disk_close(struct disk *disk)
{
	own_close(&disk->upper_fd);
	diskfile_close(&disk->file);
	*disk = (struct disk)DISK_NONE;
}

void disk_settle(int vps_fd)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int waited;

	for (waited = 0; waited < SETTLE_MSEC && diskfile_is_attached(vps_fd, DISKFILE); waited++)
		(void)nanosleep(&pause, NULL);
}

/* ---- read ---- */

static uint64_t *member(struct quota *quota, enum resource_id id)
{
	return id == RES_DISK ? &quota->bytes : &quota->inodes;
}

int disk_read(const struct disk *disk, enum resource_id id, uint64_t *ret_value)
{
	struct vps_err ignored = { 0 };
	struct quota limits, used;
	int r;

	if (disk->is_counted) {
		r = quota_get(disk->upper_fd, &limits, &used, &ignored);
		if (r == 0)
			*ret_value = *member(&limits, id);
		return r;
	}
	if (!disk->is_file || disk->upper_fd < 0 || id != RES_DISK)
		return -ENOENT;
	*ret_value = diskfile_limit(diskfile_now(&disk->file), disk->host);
	return 0;
}

int disk_used(const struct disk *disk, enum resource_id id, uint64_t *ret_value)
{
	struct vps_err ignored = { 0 };
	struct quota limits, used;
	struct statvfs st;
	int r = 0;

	if (disk->is_counted) {
		r = quota_get(disk->upper_fd, &limits, &used, &ignored);
	} else {
		if (!disk->is_file || disk->upper_fd < 0)
			return -ENOENT;
		if (fstatvfs(disk->upper_fd, &st) < 0)
			return -errno;
		used.bytes = (uint64_t)(st.f_blocks - st.f_bfree) * st.f_frsize;
		used.inodes = st.f_files - st.f_ffree;
	}
	if (r == 0)
		*ret_value = *member(&used, id);
	return r;
}

/* ---- check ---- */

int disk_check_range(uint64_t bytes, uint64_t host, struct vps_err *err)
{
	char asked[40], lowest[40], highest[40];

	if (bytes == QUOTA_NO_LIMIT || (bytes >= DISKFILE_LOWEST && bytes <= host))
		return 0;
	return vps_err_say(err, -VPS_EHOST,
			   "disk: %s cannot be: this kernel's xfs has no quotas (CONFIG_XFS_QUOTA), so that the limit is the size of a file system; allowed are %s to %s, or max",
			   resource_format(RES_DISK, bytes, asked, sizeof(asked)),
			   resource_format(RES_DISK, DISKFILE_LOWEST, lowest, sizeof(lowest)),
			   resource_format(RES_DISK, host >> 20 << 20, highest, sizeof(highest)));
}

int disk_say_inodes(struct vps_err *err)
{
	return vps_err_say(err, -VPS_EHOST,
			   "inodes: this kernel's xfs has no quotas (CONFIG_XFS_QUOTA); boot a distribution's kernel");
}

/* What a running one cannot have, where the size of its file system is its limit. */
static int check_size(const struct disk *disk, uint64_t bytes, struct vps_err *err)
{
	char asked[40], has[40];
	uint64_t now = diskfile_now(&disk->file);

	if (diskfile_size(bytes, false, disk->host) >= now)
		return 0;
	return vps_err_say(err, -VPS_ESTATE,
			   "disk: %s is less than the %s it has, and without quotas of xfs (CONFIG_XFS_QUOTA) that takes a stop: stop it first, or set it with --saved-only and restart",
			   resource_format(RES_DISK, bytes, asked, sizeof(asked)),
			   resource_format(RES_DISK, diskfile_limit(now, UINT64_MAX), has, sizeof(has)));
}

/*
 * At least what a tenant uses of a file system: df inside counts what the file
 * system keeps for itself too, which another one would keep less of.
 */
static uint64_t without_own(uint64_t used, uint64_t size)
{
	uint64_t own = (UINT64_C(40) << 20) + size / 128;

	return used > own ? used - own : 0;
}

static int check_use(const struct disk *disk, enum resource_id id, uint64_t value,
		     struct vps_err *err)
{
	char asked[40], has[40];
	uint64_t used;

	if (disk_used(disk, id, &used) < 0)
		return 0;
	if (!disk->is_counted)
		used = without_own(used, diskfile_now(&disk->file));
	if (value >= used)
		return 0;
	return vps_err_say(err, -VPS_EREFUSED, "%s: %s is below the %s that are in use",
			   resources[id].name, resource_format(id, value, asked, sizeof(asked)),
			   resource_format(id, used, has, sizeof(has)));
}

int disk_check(const struct disk *disk, enum resource_id id, uint64_t value, bool is_running,
	       struct vps_err *err)
{
	if (disk->is_file && disk->upper_fd < 0) {
		*err = disk->why;
		return vps_err_in(err, "%s", resources[id].name);
	}
	if (!disk->is_file && !disk->is_counted && is_running && value != QUOTA_NO_LIMIT)
		return vps_err_say(err, -VPS_ESTATE,
				   "%s: what it writes is not counted yet: stop it first, or set it with --saved-only and restart",
				   resources[id].name);
	if (disk->is_file && !disk->is_counted) {
		if (id == RES_INODES)
			return value == QUOTA_NO_LIMIT ? 0 : disk_say_inodes(err);
		if (disk_check_range(value, disk->host, err) < 0 ||
		    (is_running && check_size(disk, value, err) < 0))
			return err->code;
	}
	return check_use(disk, id, value, err);
}

/* ---- write ---- */

/* Room first, then the limit. */
static int write_counted(const struct disk *disk, enum resource_id id, uint64_t value,
			 struct vps_err *err)
{
	struct quota limits, used;
	int r = 0;

	if (disk->is_file && id == RES_DISK)
		r = diskfile_grow(&disk->file, diskfile_size(value, true, disk->host), err);
	if (r == 0)
		r = quota_get(disk->upper_fd, &limits, &used, err);
	if (r < 0)
		return r;
	*member(&limits, id) = value;
	return quota_set(disk->upper_fd, &limits, err);
}

int disk_write(const struct disk *disk, enum resource_id id, uint64_t value, struct vps_err *err)
{
	int r;

	if (disk->is_counted) {
		r = write_counted(disk, id, value, err);
	} else {
		if (disk_check(disk, id, value, true, err) < 0 || id == RES_INODES || !disk->is_file)
			return err->code;
		r = diskfile_grow(&disk->file, diskfile_size(value, false, disk->host), err);
	}
	return r < 0 ? vps_err_in(err, "%s", resources[id].name) : 0;
}
