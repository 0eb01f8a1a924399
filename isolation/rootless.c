// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Gives an ordinary user a user namespace to run containers from; called by
 * the engine's first stage, and by delete.
 *
 *	runtime				helper (forked before, stays outside)
 *	fork() -----------------------> waits
 *	unshare(CLONE_NEWUSER)
 *	one byte ---------------------> writes the runtime's maps, itself or by
 *					newuidmap(1), which looks at who calls it
 *	waits <------------------------ struct vps_err
 */
#include "rootless.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"

#define INITIAL_USER_NS 0xEFFFFFFDU	/* its inode; include/linux/proc_ns.h of the kernel */

bool rootless_is(void)
{
	struct stat st;

	return geteuid() != 0 ||
	       (stat("/proc/self/ns/user", &st) == 0 && st.st_ino != INITIAL_USER_NS);
}

/* The outside ids of ranges, each to itself, and own with them. malloc()ed; NULL: no memory. */
static struct idmap_range *keep_numbers(const struct idmap_range *ranges, size_t *count,
					uint32_t own)
{
	struct idmap_range *kept = calloc(*count + 1, sizeof(*kept));
	bool has_own = false;
	size_t i;

	for (i = 0; kept && i < *count; i++) {
		kept[i] = ranges[i];
		kept[i].inside = ranges[i].outside;
		has_own |= own >= ranges[i].outside && own - ranges[i].outside < ranges[i].count;
	}
	if (kept && !has_own)
		kept[(*count)++] = (struct idmap_range){ own, own, 1 };
	return kept;
}

_Noreturn static void write_maps(const struct idmap *map, pid_t pid, int fd)
{
	struct vps_err err = { 0 };
	OWN_FD proc_fd = FD_NONE;
	char path[32], go;

	if (read(fd, &go, 1) != 1)
		_exit(1);	/* there is no namespace to be mapped */
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	proc_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0)
		(void)vps_err_set(&err, -errno, "cannot open %s", path);
	else
		(void)idmap_write(proc_fd, pid, map, &err);
	_exit(write(fd, &err, sizeof(err)) != sizeof(err));
}

static int leave(struct vps_err *err)
{
	if (unshare(CLONE_NEWUSER) == 0)
		return 0;
	if (errno == EPERM || errno == ENOSPC || errno == EUSERS)
		return vps_err_say(err, -VPS_EHOST,
				   "this user may make no user namespace: look at kernel.unprivileged_userns_clone and user.max_user_namespaces with sysctl");
	return vps_err_set(err, -errno, "cannot make a user namespace");
}

static int enter(const struct idmap *map, struct vps_err *err)
{
	OWN_FD ours = FD_NONE, theirs = FD_NONE;
	const pid_t self = getpid();
	int ends[2], r;
	pid_t helper;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return vps_err_set(err, -errno, "cannot make a socket");
	ours = ends[0];
	theirs = ends[1];
	helper = fork();
	if (helper < 0)
		return vps_err_set(err, -errno, "cannot fork");
	if (helper == 0) {
		own_close(&ours);
		write_maps(map, self, theirs);
	}
	own_close(&theirs);
	r = leave(err);
	if (r == 0 && (write(ours, "", 1) != 1 || read(ours, err, sizeof(*err)) != sizeof(*err)))
		r = vps_err_say(err, -EPIPE, "the maps of the user namespace were not written");
	own_close(&ours);	/* or the helper would wait for ever */
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	return r == 0 ? err->code : r;
}

int rootless_enter(const struct idmap *map, struct vps_err *err)
{
	struct idmap kept = *map;
	OWN_MEM struct idmap_range *uids = keep_numbers(map->uids, &kept.uid_count, geteuid());
	OWN_MEM struct idmap_range *gids = keep_numbers(map->gids, &kept.gid_count, getegid());

	if (!uids || !gids)
		return vps_err_set(err, -ENOMEM, "cannot make a user namespace");
	kept.uids = uids;
	kept.gids = gids;
	return enter(&kept, err);
}
