// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Makes a place in the cgroup v2 tree; called by the engine's cgroup stage.
 *
 * All of it works on descriptors. libcgroup can create too, but needs 0.4 ms to
 * learn about the host before it does anything, creates "a/b" only where
 * somebody enabled the controllers of "a", and on a hybrid host takes the
 * version 1 tree without a word: cg_values.c says what it is used for.
 */
#include "cg.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/path.h"
#include "cg_tree.h"

#define CREATE_TRIES	16	/* each lost only to a cg_remove() of another command */


/* One cg_create() on its way down. */
struct making {
	const char *path;
	unsigned    required, lacking;	/* masks of controllers */
	size_t      made_len;	/* of the shortest prefix of path that we made; 0: none yet */
};

static bool is_cgroup2(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

const char *cg_mount_point(void)
{
	static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	static const char *found;
	size_t i;

	for (i = 0; i < ARRAY_LEN(places) && !found; i++)
		if (is_cgroup2(places[i]))
			found = places[i];
	return found;
}

int cg_open_root(struct vps_err *err)
{
	const char *place = cg_mount_point();
	int fd;

	if (!place)
		return vps_err_say(err, -VPS_EHOST,
				   "cgroup v2 is mounted neither at /sys/fs/cgroup nor at /sys/fs/cgroup/unified; mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified");
	fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return vps_err_set(err, -errno, "cannot open %s", place);
	return fd;
}

int cg_open_below(int root_fd, const char *path)
{
	return path_open(root_fd, path, O_RDONLY | O_DIRECTORY, 0,
			 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

int cg_check_path(const char *path, struct vps_err *err)
{
	const char *at = path;

	if (strlen(path) >= PATH_MAX || strchr(path, '\n'))
		return vps_err_say(err, -EINVAL, "cgroup path is too long or has a line break");
	do {
		size_t len = strcspn(at, "/");

		if (len == 0 || len > NAME_MAX || (len == 1 && at[0] == '.') ||
		    (len == 2 && at[0] == '.' && at[1] == '.'))
			return vps_err_say(err, -EINVAL,
					   "cgroup path \"%.200s\" has a part that is empty, \".\", \"..\" or longer than %d",
					   path, NAME_MAX);
		at += len;
	} while (*at++ == '/');
	return 0;
}

/* Make or enter the part of the path between from and to; returns its descriptor. */
static int descend(int parent_fd, struct making *making, size_t from, size_t to,
		   struct vps_err *err)
{
	char part[NAME_MAX + 1];
	bool is_made;
	int fd, saved;

	memcpy(part, making->path + from, to - from);
	part[to - from] = '\0';
	is_made = mkdirat(parent_fd, part, making->path[to] ? CG_MODE_PARENT : CG_MODE) == 0;
	if (!is_made && errno == EROFS)
		return cg_say_read_only(err);
	if (!is_made && errno != EEXIST)
		return vps_err_set(err, -errno, "cannot make cgroup %.*s", (int)to, making->path);
	if (is_made && making->made_len == 0)
		making->made_len = to;
	fd = openat(parent_fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	saved = errno;
	if (fd < 0)
		return vps_err_set(err, -saved, "cannot open cgroup %.*s", (int)to, making->path);
	return fd;
}

/* Remove, from the leaf up, what this call made; what others use by now stays. */
static void unmake(int root_fd, const struct making *making)
{
	char path[PATH_MAX];
	size_t len = strlen(making->path);

	memcpy(path, making->path, len + 1);
	while (making->made_len && len >= making->made_len) {
		path[len] = '\0';
		(void)unlinkat(root_fd, path, AT_REMOVEDIR);
		while (len > 0 && path[len] != '/')
			len--;
	}
}

static int make_tree(int root_fd, struct making *making, struct vps_err *err)
{
	OWN_FD fd = FD_NONE;
	size_t at = 0;

	for (;;) {
		size_t end = at + strcspn(making->path + at, "/");
		int parent_fd = at ? fd : root_fd;
		int r = cg_enable(parent_fd, making->required, &making->lacking, making->path,
				  at ? at - 1 : 0, err);

		if (r == 0)
			r = descend(parent_fd, making, at, end, err);
		if (r < 0) {
			unmake(root_fd, making);
			return r;
		}
		own_close(&fd);
		fd = r;
		if (!making->path[end])
			return fd_take(&fd);
		at = end + 1;
	}
}

int cg_create(const char *path, const struct cg_value *values, size_t count, struct vps_err *err)
{
	OWN_FD root_fd = FD_NONE;
	struct vps_err why;
	unsigned required = 0;
	int r, tries = CREATE_TRIES;

	r = cg_check_path(path, err);
	if (r < 0)
		return r;
	root_fd = cg_open_root(err);
	if (root_fd < 0)
		return root_fd;
	r = cg_required(root_fd, values, count, &required, err);
	if (r < 0)
		return r;
	do {	/* a parent that was empty may be removed between our entering and using it */
		struct making making = { path, required, 0, 0 };

		why = (struct vps_err){ 0 };
		r = make_tree(root_fd, &making, &why);
	} while ((r == -ENOENT || r == -ENODEV) && --tries > 0);
	if (r < 0 && err->code == 0)
		*err = why;
	return r;
}

int cg_open(const char *path)
{
	struct vps_err ignored = { 0 };
	OWN_FD root_fd = FD_NONE;
	int r = cg_check_path(path, &ignored);

	if (r < 0)
		return r;
	root_fd = cg_open_root(&ignored);
	return root_fd < 0 ? root_fd : cg_open_below(root_fd, path);
}

#define CG_DESCENDANTS	"4096"	/* cgroups that a tenant may make: a systemd of many services has hundreds */
#define CG_DEPTH	"32"	/* levels of them */

int cg_delegate(int cg_fd, uid_t uid, gid_t gid, struct vps_err *err)
{
	/* What kernels before 4.15, which had no list, would have listed. */
	char list[1024] = "cgroup.procs\ncgroup.threads\ncgroup.subtree_control";
	char *rest = list, *name;

	/* Each cgroup takes some 10 KB of the kernel's memory, which nobody charges to its maker. */
	if (file_write(cg_fd, "cgroup.max.descendants", CG_DESCENDANTS, err) < 0 ||
	    file_write(cg_fd, "cgroup.max.depth", CG_DEPTH, err) < 0)
		return err->code;
	(void)file_read_line(AT_FDCWD, "/sys/kernel/cgroup/delegate", list, sizeof(list));
	if (fchown(cg_fd, uid, gid) < 0)
		return vps_err_set(err, -errno, "cannot give the cgroup to user %u", uid);
	while ((name = strsep(&rest, "\n"))) {
		/* Listed are the files of all controllers, there are those of the enabled. */
		if (!*name || fchownat(cg_fd, name, uid, gid, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (errno != ENOENT)
			return vps_err_set(err, -errno, "cannot give %s to user %u", name, uid);
	}
	return 0;
}
