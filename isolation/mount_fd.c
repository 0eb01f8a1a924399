// SPDX-License-Identifier: LGPL-2.1-or-later
/* The mount API of Linux 5.2 and later, one function a step; called by mounts.c. */
#include "mount_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/own.h"

int mount_clone(int dir_fd, const char *path, bool is_recursive)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (*path ? 0 : AT_EMPTY_PATH);
	int fd = open_tree(dir_fd, path, flags | (is_recursive ? AT_RECURSIVE : 0));

	return fd < 0 ? -errno : fd;
}

int mount_attach(int fd, int target_fd)
{
	unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;

	return move_mount(fd, "", target_fd, "", flags) < 0 ? -errno : 0;
}

/* Setting one access time mode means clearing the others: the kernel asks for it. */
static uint64_t with_atime(uint64_t set, uint64_t clear)
{
	return (set | clear) & MOUNT_ATTR__ATIME ? clear | MOUNT_ATTR__ATIME : clear;
}

int mount_change(int fd, uint64_t set, uint64_t clear, bool is_recursive)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = with_atime(set, clear) };

	if (!set && !clear)
		return 0;
	if (mount_setattr(fd, "", AT_EMPTY_PATH | (is_recursive ? AT_RECURSIVE : 0), &attr,
			  sizeof(attr)) < 0)
		return -errno;
	return 0;
}

int mount_propagation(int fd, unsigned long type)
{
	struct mount_attr attr = { .propagation = type & ~MS_REC };
	unsigned flags = AT_EMPTY_PATH | (type & MS_REC ? AT_RECURSIVE : 0);

	return mount_setattr(fd, "", flags, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

bool mount_has_data(const struct mount_entry *entry, const char *key)
{
	size_t i;

	for (i = 0; i < entry->data_count; i++)
		if (strncmp(entry->data[i], key, strlen(key)) == 0)
			return true;
	return false;
}

/* What the file system said, without its "e " in front; or what we were doing. */
static int explain(int fs_fd, const struct mount_entry *entry, struct vps_err *err)
{
	int code = -errno;
	char said[256];
	ssize_t len = read(fs_fd, said, sizeof(said) - 1);

	if (len > 2) {
		said[len] = '\0';
		said[strcspn(said, "\n")] = '\0';
		return vps_err_set(err, code, "cannot mount %s on %s: %s", entry->type,
				   entry->destination, said + 2);
	}
	return vps_err_set(err, code, "cannot mount %s on %s", entry->type, entry->destination);
}

static int set_option(int fs_fd, const char *option)
{
	char key[128];
	const char *value = strchr(option, '=');

	if (!value)
		return fsconfig(fs_fd, FSCONFIG_SET_FLAG, option, NULL, 0);
	if ((size_t)(value - option) >= sizeof(key)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(key, option, (size_t)(value - option));
	key[value - option] = '\0';
	return fsconfig(fs_fd, FSCONFIG_SET_STRING, key, value + 1, 0);
}

int mount_new(const struct mount_entry *entry, const char *label, struct vps_err *err)
{
	OWN_FD fs_fd = fsopen(entry->type, FSOPEN_CLOEXEC);
	size_t i;
	int fd;

	if (fs_fd < 0)
		return vps_err_set(err, -errno, "cannot mount %s on %s: no such file system here",
				   entry->type, entry->destination);
	if (entry->source && fsconfig(fs_fd, FSCONFIG_SET_STRING, "source", entry->source, 0) < 0)
		return explain(fs_fd, entry, err);
	for (i = 0; i < entry->data_count; i++)
		if (set_option(fs_fd, entry->data[i]) < 0)
			return explain(fs_fd, entry, err);
	if (entry->mode && set_option(fs_fd, entry->mode) < 0)
		return explain(fs_fd, entry, err);
	if (label && fsconfig(fs_fd, FSCONFIG_SET_STRING, "context", label, 0) < 0)
		return explain(fs_fd, entry, err);
	if (entry->sb_ro && fsconfig(fs_fd, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0)
		return explain(fs_fd, entry, err);
	if (fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return explain(fs_fd, entry, err);
	fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, (unsigned)entry->attr_set);
	if (fd < 0)
		return explain(fs_fd, entry, err);
	return fd;
}

static int map_ids(int fd, const struct mount_entry *entry, int userns_fd, struct vps_err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns_fd };
	unsigned flags = AT_EMPTY_PATH | (entry->is_idmapped_rec ? AT_RECURSIVE : 0);

	if (mount_setattr(fd, "", flags, &attr, sizeof(attr)) < 0)
		return vps_err_set(err, -errno,
				   "cannot map the ids of %s for %s: its file system may not support it",
				   entry->source, entry->destination);
	return 0;
}

int mount_dress(int fd, const struct mount_entry *entry, const struct idmap *container,
		struct vps_err *err)
{
	const struct idmap *map = entry->idmap.uid_count ? &entry->idmap : container;
	OWN_FD userns_fd = FD_NONE;
	int r = 0;

	if (entry->ids_fd >= 0) {
		r = map_ids(fd, entry, entry->ids_fd, err);
	} else if (entry->is_idmapped && map->uid_count) {
		userns_fd = idmap_userns(map, err);
		r = userns_fd < 0 ? userns_fd : map_ids(fd, entry, userns_fd, err);
	}
	if (r < 0)
		return r;
	r = mount_change(fd, entry->attr_set, entry->attr_clear, false);
	if (r == 0)
		r = mount_change(fd, entry->rec_set, entry->rec_clear, true);
	if (r < 0)
		return vps_err_set(err, r, "cannot set the mount options of %s", entry->destination);
	return 0;
}
