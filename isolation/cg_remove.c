// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Takes a cgroup away with everything in it; called when a VPS stops, and by
 * the next command after one that was killed.
 *
 * libcgroup's recursive delete would move processes that still live to the
 * root cgroup, out of every limit. Here they die first.
 */
#include "cg.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "cg_tree.h"

#define DIE_MSEC	10000	/* a process with much memory takes its time to go */
#define BUSY_TRIES	50	/* of 1 ms: a task counts a moment longer than cgroup.events says */

/*
 * Remove every child of a directory that has no children itself.
 *
 * ret_has_removed  set when one was removed, otherwise left alone
 * ret_next_fd      the first child that could not go, owned by the caller; or
 *                  FD_NONE when no child is left
 * Returns 0 or -errno.
 */
static int remove_leaves(int dir_fd, bool *ret_has_removed, int *ret_next_fd)
{
	int dup = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	OWN_DIR *dir = dup < 0 ? NULL : fdopendir(dup);
	const struct dirent *entry;

	if (!dir) {
		own_close(&dup);
		return -errno;
	}
	*ret_next_fd = FD_NONE;
	rewinddir(dir);		/* the position is shared with dir_fd */
	while (*ret_next_fd < 0 && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dir_fd, entry->d_name, AT_REMOVEDIR) == 0) {
			*ret_has_removed = true;
			continue;
		}
		if (errno == EBUSY || errno == ENOTEMPTY)
			*ret_next_fd = openat(dir_fd, entry->d_name,
					      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (*ret_next_fd < 0 && errno != ENOENT)
			return -errno;
	}
	return 0;
}

/*
 * Empty a directory of its children, however deep a tenant nested them, with
 * two descriptors: down into the first that is not a leaf, up by ".." when it
 * has become one. Directories of cgroup v2 cannot be moved, so ".." is always
 * where we came from. -EBUSY: a leaf does not go, so something lives in it.
 */
static int remove_children(int top_fd)
{
	OWN_FD fd = fcntl(top_fd, F_DUPFD_CLOEXEC, 0);
	bool has_removed = true;	/* since the last step down */
	size_t depth = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		int next_fd, r = remove_leaves(fd, &has_removed, &next_fd);

		if (r < 0)
			return r;
		if (next_fd >= 0) {
			depth++;
			has_removed = false;
		} else {
			if (depth == 0)
				return 0;
			if (!has_removed)
				return -EBUSY;
			depth--;
			next_fd = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			if (next_fd < 0)
				return -errno;
		}
		own_close(&fd);
		fd = next_fd;
	}
}

static int remove_tree(int root_fd, const char *path, int cg_fd)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	int tries, r = -EBUSY;

	for (tries = 0; tries < BUSY_TRIES && r == -EBUSY; tries++) {
		if (tries)
			(void)nanosleep(&nap, NULL);
		if (unlinkat(root_fd, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY && errno != ENOTEMPTY)
			return -errno;
		r = remove_children(cg_fd);
		if (r == 0)
			r = unlinkat(root_fd, path, AT_REMOVEDIR) < 0 ? -errno : 0;
	}
	return r == -ENOENT ? 0 : r;
}

/* Whether it is a parent that cg_create() made, and not the host's or an engine's own. */
static bool is_ours(int root_fd, const char *path)
{
	OWN_FD fd = cg_open_below(root_fd, path);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 07777) == CG_MODE_PARENT;
}

/* From the nearest upwards; one that is not empty ends it, as it should. */
static void remove_parents(int root_fd, const char *path)
{
	char parent[PATH_MAX];
	char *slash;

	memcpy(parent, path, strlen(path) + 1);
	while ((slash = strrchr(parent, '/'))) {
		*slash = '\0';
		if (!is_ours(root_fd, parent) || unlinkat(root_fd, parent, AT_REMOVEDIR) < 0)
			return;
	}
}

/* Kill until nobody is left. A fork cannot outrun cgroup.kill, so once is enough. */
static int empty(const char *path, int cg_fd, struct vps_err *err)
{
	char pid[16] = "";
	int r = cg_is_populated(cg_fd);

	if (r > 0) {
		r = cg_kill(cg_fd);
		if (r < 0)
			return vps_err_set(err, r, "cannot kill the processes of cgroup %s", path);
		r = cg_wait_event(cg_fd, "populated", 0, DIE_MSEC);
	}
	if (r == 0 || r == -ENODEV)	/* ENODEV: somebody else has removed it meanwhile */
		return 0;
	if (r != -ETIMEDOUT)
		return vps_err_set(err, r, "cannot read cgroup.events of cgroup %s", path);
	(void)file_read_line(cg_fd, "cgroup.procs", pid, sizeof(pid));
	pid[strcspn(pid, "\n")] = '\0';
	return vps_err_say(err, -EBUSY,
			   "a process of cgroup %s (%s%s) did not die within %d s of SIGKILL; it probably waits for a disk or a network file system",
			   path, *pid ? "pid " : "in a cgroup below", pid, DIE_MSEC / 1000);
}

int cg_remove(const char *path, struct vps_err *err)
{
	OWN_FD root_fd = FD_NONE, cg_fd = FD_NONE;
	int r = cg_check_path(path, err);

	if (r < 0)
		return r;
	root_fd = cg_open_root(err);
	if (root_fd < 0)
		return root_fd;
	cg_fd = cg_open_below(root_fd, path);
	if (cg_fd < 0 && cg_fd != -ENOENT)
		return vps_err_set(err, cg_fd, "cannot open cgroup %s", path);
	/* Most often nobody is left, and it goes without a look. */
	if (cg_fd >= 0 && unlinkat(root_fd, path, AT_REMOVEDIR) < 0) {
		r = empty(path, cg_fd, err);
		if (r < 0)
			return r;
		r = remove_tree(root_fd, path, cg_fd);
		if (r < 0)
			return vps_err_set(err, r, "cannot remove cgroup %s", path);
	}
	remove_parents(root_fd, path);
	return 0;
}
