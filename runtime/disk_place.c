// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Decides where what a VPS writes lies, and moves it; called by create, by a
 * start, and by set for a VPS that does not run.
 *
 *   disk.xfs.new   made, mounted, filled, its limits set
 *   disk.xfs       this rename makes it so
 *   upper, work    those that lay in the directory of the VPS are removed
 *
 * Whoever is killed before the rename leaves a file that nobody looks at, and
 * afterwards directories that nobody looks at: disk_sweep().
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/tree_copy.h"
#include "disk.h"
#include "fault.h"
#include "images/overlay.h"

static struct quota wanted(const struct limits *limits)
{
	return (struct quota){
		limits->is_set[RES_DISK] ? limits->value[RES_DISK] : QUOTA_NO_LIMIT,
		limits->is_set[RES_INODES] ? limits->value[RES_INODES] : QUOTA_NO_LIMIT,
	};
}

static bool is_asked(const struct quota *quota)
{
	return quota->bytes != QUOTA_NO_LIMIT || quota->inodes != QUOTA_NO_LIMIT;
}

/* ---- a new file system ---- */

/* Refuse what the one that is made will not be able to do. */
static int check_support(const struct quota *quota, uint64_t host, bool *ret_has_quotas,
			 struct vps_err *err)
{
	struct diskfile_support support;

	diskfile_probe(&support);
	if (!support.is_supported)
		return vps_err_say(err, -VPS_EHOST, "disk: it takes a file system of its own, and this is %s; %s",
				   support.lacks, support.remedy);
	*ret_has_quotas = support.has_quotas;
	if (support.has_quotas)
		return 0;
	if (quota->inodes != QUOTA_NO_LIMIT)
		return disk_say_inodes(err);
	return disk_check_range(quota->bytes, host, err);
}

static int fill(const struct disk *from, int to_fd, struct vps_err *err)
{
	struct vps_err why = { 0 };

	if (from->upper_fd < 0)
		return 0;	/* there is none: it has written nothing yet */
	if (tree_copy(from->upper_fd, to_fd, TREE_COPY_WHOLE, &why) == 0)
		return 0;
	if (why.code == -ENOSPC)
		return vps_err_say(err, -VPS_EREFUSED, "disk: what is in use does not fit into it; set a larger one");
	*err = why;
	return vps_err_in(err, "disk: cannot move what it has written");
}

/* One that holds what from holds, with its limits, under its temporary name. */
static int make_new(int vps_fd, const struct disk *from, const struct quota *quota, bool has_quotas,
		    struct disk *disk, struct vps_err *err)
{
	uint64_t size = diskfile_size(quota->bytes, has_quotas, disk->host);
	int r = fault_hits("disk make", err) ? err->code :
					       diskfile_make(vps_fd, DISKFILE_NEW, size, err);

	if (r == 0)
		r = fault_hits("disk mount", err) ? err->code :
			diskfile_open(vps_fd, DISKFILE_NEW, true, &disk->file, err);
	if (r == 0)
		r = overlay_make_upper(disk->file.mount_fd, DISKFILE_PROJECT, err);
	if (r < 0)
		return vps_err_in(err, "disk");
	disk->upper_fd = openat(disk->file.mount_fd, OVERLAY_UPPER,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (disk->upper_fd < 0)
		return vps_err_set(err, -errno, "disk: cannot open its new " OVERLAY_UPPER);
	disk->is_file = true;
	disk->is_counted = has_quotas;
	r = fault_hits("disk copy", err) ? err->code : fill(from, disk->upper_fd, err);
	if (r == 0 && syncfs(disk->upper_fd) < 0)
		return vps_err_set(err, -errno, "disk: cannot write its new " DISKFILE);
	if (r < 0 || !has_quotas)
		return r;
	r = disk_check(disk, RES_DISK, quota->bytes, false, err);
	if (r == 0)
		r = disk_check(disk, RES_INODES, quota->inodes, false, err);
	return r == 0 ? quota_set(disk->upper_fd, quota, err) : r;
}

static int put_in_place(int vps_fd, struct vps_err *err)
{
	if (fault_hits("disk switch", err))
		return err->code;
	if (renameat(vps_fd, DISKFILE_NEW, vps_fd, DISKFILE) < 0)
		return vps_err_set(err, -errno, "cannot put " DISKFILE " in place");
	if (fsync(vps_fd) < 0)
		return vps_err_set(err, -errno, "cannot sync its directory");
	return 0;
}

/* Let what it wrote have a new file system of its own; on failure all is as it was. */
static int move(int vps_fd, struct disk *disk, const struct quota *quota, struct vps_err *err)
{
	struct disk new = DISK_NONE;
	bool has_quotas;
	int r = check_support(quota, disk->host, &has_quotas, err);

	if (r < 0)
		return r;
	new.host = disk->host;
	r = make_new(vps_fd, disk, quota, has_quotas, &new, err);
	if (r == 0)
		r = put_in_place(vps_fd, err);
	if (r < 0) {
		disk_close(&new);
		(void)unlinkat(vps_fd, DISKFILE_NEW, 0);
		return r;
	}
	disk_close(disk);
	*disk = new;
	(void)fault_hits("disk done", &(struct vps_err){ 0 });	/* only to be killed at */
	disk_sweep(vps_fd);
	return 0;
}

void disk_sweep(int vps_fd)
{
	struct vps_err ignored = { 0 };

	/* Best effort: what is left now is tried again when the VPS is next worked on. */
	(void)unlinkat(vps_fd, DISKFILE_NEW, 0);
	if (faccessat(vps_fd, DISKFILE, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	(void)tree_remove(vps_fd, OVERLAY_UPPER, &ignored);
	ignored = (struct vps_err){ 0 };
	(void)tree_remove(vps_fd, "work", &ignored);
}

/* ---- the verbs ---- */

static bool counts_projects(int vps_fd)
{
	struct quota_support support;

	quota_probe(vps_fd, &support);
	return support.is_supported;
}

int disk_make(int vps_fd, const struct limits *limits, uint32_t project, bool is_best_effort,
	      struct vps_err *err)
{
	const struct quota quota = wanted(limits);
	struct disk disk = DISK_NONE;
	bool is_made;
	int r;

	if (!is_asked(&quota) || counts_projects(vps_fd))
		return overlay_make_upper(vps_fd, project, err);
	disk_open(vps_fd, false, &disk);	/* nothing yet, but for the size of the host's */
	r = disk_apply(vps_fd, &disk, limits, is_best_effort, err);
	is_made = disk.is_file;
	disk_close(&disk);
	return r == 0 && !is_made ? overlay_make_upper(vps_fd, project, err) : r;
}

/* Without quotas inside: grown in place, or made anew when it has to shrink. */
static int apply_size(int vps_fd, struct disk *disk, const struct quota *quota, struct vps_err *err)
{
	uint64_t size = diskfile_size(quota->bytes, false, disk->host);

	if (quota->inodes != QUOTA_NO_LIMIT)
		return disk_say_inodes(err);
	if (disk_check_range(quota->bytes, disk->host, err) < 0)
		return err->code;
	if (size >= diskfile_now(&disk->file) || quota->bytes == QUOTA_NO_LIMIT)
		return diskfile_grow(&disk->file, size, err);
	return disk_check(disk, RES_DISK, quota->bytes, false, err) < 0 ? err->code :
	       move(vps_fd, disk, quota, err);
}

static int apply(int vps_fd, struct disk *disk, const struct quota *quota, struct vps_err *err)
{
	int r = 0;

	/* None at all, of an older version that made it at the first start, is an empty one. */
	if (disk->upper_fd < 0 && (disk->is_file || disk->why.code != -ENOENT)) {
		*err = disk->why;
		return vps_err_in(err, "disk");
	}
	if (!disk->is_file && !disk->is_counted)
		return is_asked(quota) ? move(vps_fd, disk, quota, err) : 0;
	if (!disk->is_counted)
		return apply_size(vps_fd, disk, quota, err);
	if (disk->is_file)
		r = diskfile_grow(&disk->file, diskfile_size(quota->bytes, true, disk->host), err);
	return r == 0 ? quota_set(disk->upper_fd, quota, err) : r;
}

int disk_apply(int vps_fd, struct disk *disk, const struct limits *limits, bool is_best_effort,
	       struct vps_err *err)
{
	struct quota quota = wanted(limits);
	struct vps_err why = { 0 };
	int r = apply(vps_fd, disk, &quota, &why);

	if (r == -VPS_EHOST && is_best_effort && quota.inodes != QUOTA_NO_LIMIT) {
		quota.inodes = QUOTA_NO_LIMIT;	/* the other may be possible alone */
		why = (struct vps_err){ 0 };
		r = apply(vps_fd, disk, &quota, &why);
	}
	if (r == 0 || (r == -VPS_EHOST && is_best_effort))
		return 0;
	*err = why;
	return r;
}
