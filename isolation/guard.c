// SPDX-License-Identifier: LGPL-2.1-or-later
/* Locks the covers of proc and sysfs; called by the runtime while init builds its tree. */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "base/path.h"
#include "devfs.h"
#include "mount_fd.h"

bool guard_is_for(const struct mount_entry *entry)
{
	return !entry->is_bind && entry->type &&
	       (strcmp(entry->type, "proc") == 0 || strcmp(entry->type, "sysfs") == 0);
}

const char *guard_below(const struct mount_entry *entry, const char *path)
{
	size_t len = strlen(entry->destination);

	if (len && entry->destination[len - 1] == '/')
		len--;
	return strncmp(path, entry->destination, len) == 0 && path[len] == '/' ? path + len : NULL;
}

bool guard_is_under(const struct mount_entry *entry, const char *path)
{
	return strcmp(entry->destination, path) == 0 || guard_below(entry, path);
}

int guard_open_target(int root_fd, const struct mount_entry *entry, struct vps_err *err)
{
	int fd = path_open(root_fd, entry->destination, O_PATH | O_DIRECTORY, 0,
			   RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);

	if (fd == -ELOOP)
		return vps_err_say(err, fd, "mount point %s is a symbolic link or lies behind one; %s is not mounted there",
				   entry->destination, entry->type);
	return fd < 0 ? vps_err_set(err, fd, "cannot open mount point %s", entry->destination) : fd;
}

bool guard_covers(const struct mounts_plan *plan, const char *path)
{
	size_t i;

	for (i = 0; i < plan->mount_count; i++)
		if (guard_is_for(&plan->mounts[i]) && guard_below(&plan->mounts[i], path))
			return true;
	return false;
}

static int replace(const struct mount_view *view, const char *rest, int mount_fd,
		   struct vps_err *err)
{
	OWN_FD target_fd = path_open_in_root(mount_fd, rest, O_PATH, 0);
	int r;

	if (target_fd == -ENOENT || target_fd == -ENOTDIR)
		return 0;	/* this kernel has no such file */
	r = target_fd < 0 ? target_fd : mount_attach(view->fd, target_fd);
	return r < 0 ? vps_err_set(err, r, "cannot replace %s", view->path) : 0;
}

static int cover(const struct mounts_plan *plan, const struct mount_entry *entry, int mount_fd,
		 struct covers *covers, struct vps_err *err)
{
	const char *rest;
	size_t i;
	int r;

	for (i = 0; i < plan->view_count; i++) {
		rest = guard_below(entry, plan->views[i].path);
		r = rest ? replace(&plan->views[i], rest, mount_fd, err) : 0;
		if (r < 0)
			return r;
	}
	for (i = 0; i < plan->readonly_count; i++) {
		rest = guard_below(entry, plan->readonly[i]);
		r = rest ? covers_protect(mount_fd, rest, err) : 0;
		if (r < 0)
			return r;
	}
	for (i = 0; i < plan->masked_count; i++) {
		rest = guard_below(entry, plan->masked[i]);
		r = rest ? covers_mask(covers, mount_fd, rest, err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

int guard_attach(const struct mounts_plan *plan, const struct mount_entry *entry, int mount_fd,
		 struct covers *covers, const char *scratch, struct vps_err *err)
{
	OWN_FD scratch_fd = open(scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
	OWN_FD root_fd = open(plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	OWN_FD target_fd = FD_NONE, nodes_fd = FD_NONE;
	int r;

	if (scratch_fd < 0 || root_fd < 0)
		return vps_err_set(err, -errno, "cannot open the root");
	target_fd = guard_open_target(root_fd, entry, err);
	if (target_fd < 0)
		return target_fd;
	/* Covers can be attached only to what is attached itself, before Linux 6.15. */
	r = mount_attach(mount_fd, scratch_fd);
	if (r < 0)
		return vps_err_set(err, r, "cannot attach the mount of %s", entry->destination);
	if (plan->nodes)
		nodes_fd = open(plan->nodes, O_PATH | O_DIRECTORY | O_CLOEXEC);
	covers->nodes_fd = nodes_fd;
	r = cover(plan, entry, mount_fd, covers, err);
	covers->nodes_fd = FD_NONE;
	if (r < 0)
		return r;
	/* With its covers, and in one step: init never sees it without them. */
	r = mount_attach(mount_fd, target_fd);
	return r < 0 ? vps_err_set(err, r, "cannot attach the mount at %s", entry->destination) : 0;
}
