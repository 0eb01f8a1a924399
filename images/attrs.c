// SPDX-License-Identifier: GPL-2.0-or-later
/* Attributes of unpacked files; called by tree. */
#include "attrs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/own.h"

/* Attributes that a layer may bring; a name that ends with a dot stands for all below it. */
static const char *const kept_xattrs[] = {
	"user.",
	"security.capability",
	"system.posix_acl_access",
	"system.posix_acl_default",
	/* not trusted.*: overlayfs obeys it; not security.selinux, .ima, .evm: the host's policy */
};

static bool is_kept(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(kept_xattrs); i++) {
		size_t len = strlen(kept_xattrs[i]);

		if (kept_xattrs[i][len - 1] == '.' ? strncmp(name, kept_xattrs[i], len) == 0
						   : strcmp(name, kept_xattrs[i]) == 0)
			return true;
	}
	return false;
}

static int apply_xattrs(int fd, const struct tree_entry *entry, struct vps_err *err)
{
	size_t i;

	for (i = 0; i < entry->xattrs_len; i++) {
		const struct tree_xattr *xattr = &entry->xattrs[i];

		if (!is_kept(xattr->name))
			continue;
		if (fsetxattr(fd, xattr->name, xattr->value, xattr->size, 0) < 0)
			return vps_err_set(err, -errno, "cannot set attribute %s", xattr->name);
	}
	return 0;
}

static void times_of(const struct tree_entry *entry, struct timespec ret_times[2])
{
	ret_times[0] = entry->mtime;	/* atime: an unpacked tree is the same every time */
	ret_times[1] = entry->mtime;
}

int attrs_apply(int fd, const struct tree_entry *entry, struct vps_err *err)
{
	struct timespec times[2];

	if (fchown(fd, (uid_t)entry->uid, (gid_t)entry->gid) < 0)
		return vps_err_set(err, -errno, "cannot set the owner");
	if (fchmod(fd, entry->mode & 07777) < 0)
		return vps_err_set(err, -errno, "cannot set the mode");
	if (apply_xattrs(fd, entry, err) < 0)
		return err->code;
	times_of(entry, times);
	if (futimens(fd, times) < 0)
		return vps_err_set(err, -errno, "cannot set the time");
	return 0;
}

int attrs_apply_at(int dir_fd, const char *leaf, const struct tree_entry *entry,
		   struct vps_err *err)
{
	struct timespec times[2];

	if (fchownat(dir_fd, leaf, (uid_t)entry->uid, (gid_t)entry->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return vps_err_set(err, -errno, "cannot set the owner");
	/* A symlink has no mode of its own; of the rest, the leaf was just made by us. */
	if (!S_ISLNK(entry->mode) && fchmodat(dir_fd, leaf, entry->mode & 07777, 0) < 0)
		return vps_err_set(err, -errno, "cannot set the mode");
	times_of(entry, times);
	if (utimensat(dir_fd, leaf, times, AT_SYMLINK_NOFOLLOW) < 0)
		return vps_err_set(err, -errno, "cannot set the time");
	return 0;
}
