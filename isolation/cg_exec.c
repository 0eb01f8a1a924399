// SPDX-License-Identifier: LGPL-2.1-or-later
/* Cgroups that processes go into: one of exec where a VPS may have it, a monitor where nobody ends it. */
#include "cg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "cg_tree.h"

#define PROC_CGROUP_MAX	65536	/* some ten lines, each a path */

/*
 * Whether processes may live in it: not once it passes controllers on to its
 * children, as systemd does in its own cgroup ("no internal processes").
 */
static bool may_hold_processes(int cg_fd)
{
	char enabled[256];

	return file_read_line(cg_fd, "cgroup.subtree_control", enabled, sizeof(enabled)) == 0;
}

/*
 * The path in the "0::" line of /proc/PID/cgroup, inside text, which it cuts.
 * NULL when the line is missing or names what was removed.
 */
static const char *version2_path(char *text)
{
	char *line, *end;

	while ((line = strsep(&text, "\n"))) {
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		end = strstr(line, " (deleted)");
		return end && end[10] == '\0' ? NULL : line + 4;
	}
	return NULL;
}

static bool is_same_or_below(const char *path, const char *above)
{
	size_t len = strlen(above);

	return strncmp(path, above, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

int cg_own_path(char path[PATH_MAX])
{
	OWN_MEM char *text = NULL;
	struct vps_err ignored = { 0 };
	const char *found;
	int r = file_read(AT_FDCWD, "/proc/self/cgroup", PROC_CGROUP_MAX, &text, NULL, &ignored);

	*path = '\0';
	if (r < 0)
		return r;
	found = version2_path(text);
	if (!found || strlen(found) >= PATH_MAX)
		return -ENOENT;
	memcpy(path, found, strlen(found) + 1);
	return 0;
}

int cg_enter(const char *path)
{
	OWN_FD root_fd = FD_NONE, fd = FD_NONE;
	struct vps_err ignored = { 0 };

	root_fd = cg_open_root(&ignored);
	if (root_fd < 0)
		return root_fd;
	if (mkdirat(root_fd, path, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = cg_open_below(root_fd, path);
	return fd < 0 ? fd : file_write(fd, "cgroup.procs", "0", &ignored);
}

static int open_cgroup_of(pid_t pid, const char *above, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	OWN_FD root_fd = FD_NONE;
	const char *path;
	char file[32];
	int fd;

	(void)snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	if (file_read(AT_FDCWD, file, PROC_CGROUP_MAX, &text, NULL, err) < 0)
		return err->code;
	path = version2_path(text);
	/* Strictly below: a tenant, or a pid used again, must not lead us out of the VPS. */
	if (!path || !is_same_or_below(path, above))
		return vps_err_say(err, -VPS_ESTATE,
				   "process %d is in cgroup /%s, which is not in the VPS's cgroup /%s",
				   (int)pid, path ? path : "", above);
	if (cg_check_path(path, err) < 0)
		return err->code;
	root_fd = cg_open_root(err);
	if (root_fd < 0)
		return root_fd;
	fd = cg_open_below(root_fd, path);
	return fd < 0 ? vps_err_set(err, fd, "cannot open cgroup %s", path) : fd;
}

int cg_open_for_exec(const char *path, pid_t init_pid, struct vps_err *err)
{
	OWN_FD fd = cg_open(path);

	if (fd < 0)
		return vps_err_set(err, fd, "cannot open cgroup %s", path);
	if (may_hold_processes(fd))
		return fd_take(&fd);
	return open_cgroup_of(init_pid, path, err);
}
