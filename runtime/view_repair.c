// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Gives a running VPS another view; called by a monitor that takes it over.
 *
 * The dead files cannot be unmounted, being locked, so that the new ones come
 * on top of them. These the root of the VPS may unmount, and finds the dead
 * ones: never those of the kernel.
 */
#include "view_repair.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/path.h"
#include "isolation/mount_fd.h"

#define MOUNTINFO_MAX	(4u << 20)
#define ATTACH_MSEC	3000	/* the tenant may have mounted what never answers */

/* Whether files of ours are mounted there. What a tenant forges here, only he sees. */
static bool has_view(int proc_fd)
{
	struct vps_err ignored = { 0 };
	OWN_MEM char *text = NULL;

	return file_read(proc_fd, "mountinfo", MOUNTINFO_MAX, &text, NULL, &ignored) == 0 &&
	       strstr(text, " - fuse " VIEW_PROGRAM " ");
}

/* The first id of a map that begins with 0. */
static bool read_owner(int proc_fd, const char *file, uint32_t *ret_id)
{
	char line[80];
	unsigned inside, outside;

	if (file_read_line(proc_fd, file, line, sizeof(line)) < 0 ||
	    sscanf(line, "%u %u", &inside, &outside) != 2 || inside != 0)
		return false;
	*ret_id = outside;
	return true;
}

/* When the uptime of the VPS began: by how much its clock is shifted. */
static int64_t read_start(int proc_fd)
{
	struct vps_err ignored = { 0 };
	OWN_MEM char *text = NULL;
	const char *at;
	int64_t sec = 0;

	if (file_read(proc_fd, "timens_offsets", 4096, &text, NULL, &ignored) < 0)
		return 0;
	at = strstr(text, "boottime");
	if (at)
		(void)sscanf(at, "boottime %" SCNi64, &sec);
	return -sec * 1000000000;
}

/* In a child: the mount namespace of the VPS, with the host's ids. */
_Noreturn static void attach_files(const struct view_client *client, int init_fd)
{
	OWN_FD root_fd = FD_NONE;
	int kept[VIEW_FILES + 1];
	size_t i;

	for (i = 0; i < client->file_count; i++)
		kept[i] = client->files[i].fd;
	kept[i] = init_fd;
	fd_keep_only(kept, i + 1);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (setns(init_fd, CLONE_NEWNS) < 0)
		_exit(1);
	root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < client->file_count; i++) {
		OWN_FD target_fd = path_open_in_root(root_fd, client->files[i].path, O_PATH, 0);

		if (target_fd >= 0)
			(void)mount_attach(client->files[i].fd, target_fd);
	}
	_exit(0);
}

static void attach(const struct view_client *client, int init_fd)
{
	struct pollfd child = { .events = POLLIN };
	OWN_FD fd = FD_NONE;
	pid_t pid = fork();

	if (pid == 0)
		attach_files(client, init_fd);
	if (pid < 0)
		return;
	child.fd = fd = pidfd_open(pid, 0);
	if (poll(&child, 1, ATTACH_MSEC) == 0)
		(void)kill(pid, SIGKILL);
	/* One that hangs in the tenant's mounts ends when these do. */
	(void)waitpid(pid, NULL, WNOHANG);
}

int view_repair(struct view_client *client, const char *name, int cg_fd, const char *scratch,
		pid_t init_pid, int init_fd, struct vps_err *err)
{
	struct view_plan plan = { .name = name, .cg_fd = cg_fd, .scratch = scratch,
				  .is_apart = true };
	OWN_FD proc_fd = FD_NONE;
	char path[32];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)init_pid);
	proc_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0 || !has_view(proc_fd))
		return 0;
	if (!read_owner(proc_fd, "uid_map", &plan.uid) ||
	    !read_owner(proc_fd, "gid_map", &plan.gid))
		return vps_err_set(err, -EBADMSG, "cannot read the ids of %s", name);
	plan.start_nsec = read_start(proc_fd);
	r = view_client_begin(client, &plan, err);
	if (r == 0)
		r = view_client_end(client, err);
	if (r < 0)
		return r;
	attach(client, init_fd);
	view_client_placed(client);
	return 0;
}
