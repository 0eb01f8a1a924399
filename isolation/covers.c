// SPDX-License-Identifier: LGPL-2.1-or-later
/* Masked and read-only paths; called by mounts.c and guard.c. */
#include "covers.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/own.h"
#include "base/path.h"
#include "devfs.h"
#include "mount_fd.h"

static const struct mount_entry empty = {
	.type = "tmpfs",
	.source = "masked",
	.destination = "a masked path",
	.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	.sb_ro = true,
};

/*
 * The cover for a directory. Kernels before 6.15 clone only what is attached:
 * the first is the file system itself, the others are clones of that.
 */
static int cover_directory(struct covers *covers, int target_fd, struct vps_err *err)
{
	OWN_FD clone_fd = FD_NONE;

	if (covers->empty_fd < 0) {
		covers->empty_fd = mount_new(&empty, NULL, err);
		return covers->empty_fd < 0 ? covers->empty_fd :
					      mount_attach(covers->empty_fd, target_fd);
	}
	clone_fd = mount_clone(covers->empty_fd, "", false);
	return clone_fd < 0 ? clone_fd : mount_attach(clone_fd, target_fd);
}

static int cover_file(const struct covers *covers, int target_fd, struct vps_err *err)
{
	OWN_FD clone_fd = devfs_open_null(covers->nodes_fd, err);

	return clone_fd < 0 ? clone_fd : mount_attach(clone_fd, target_fd);
}

int covers_mask(struct covers *covers, int root_fd, const char *path, struct vps_err *err)
{
	OWN_FD target_fd = path_open_in_root(root_fd, path, O_PATH, 0);
	struct stat st;
	int r;

	if (target_fd == -ENOENT || target_fd == -ENOTDIR)
		return 0;	/* nothing there to be hidden */
	if (target_fd < 0 || fstat(target_fd, &st) < 0)
		return vps_err_set(err, target_fd < 0 ? target_fd : -errno, "cannot open %s", path);
	r = S_ISDIR(st.st_mode) ? cover_directory(covers, target_fd, err) :
				  cover_file(covers, target_fd, err);
	return r < 0 ? vps_err_set(err, r, "cannot mask %s", path) : 0;
}

int covers_protect(int root_fd, const char *path, struct vps_err *err)
{
	OWN_FD target_fd = path_open_in_root(root_fd, path, O_PATH, 0);
	OWN_FD cover_fd = FD_NONE;
	int r;

	if (target_fd == -ENOENT || target_fd == -ENOTDIR)
		return 0;
	if (target_fd < 0)
		return vps_err_set(err, target_fd, "cannot open %s", path);
	cover_fd = mount_clone(target_fd, "", true);
	r = cover_fd < 0 ? cover_fd : mount_change(cover_fd, MOUNT_ATTR_RDONLY, 0, true);
	if (r == 0)
		r = mount_attach(cover_fd, target_fd);
	return r < 0 ? vps_err_set(err, r, "cannot make %s read-only", path) : 0;
}

void covers_close(struct covers *covers)
{
	own_close(&covers->empty_fd);
}
