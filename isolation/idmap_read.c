// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads the maps of a user namespace that others made; called when a container joins one. */
#include "idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"

#define RANGES_MAX	340	/* user_namespaces(7) */

/* The kernel tells maps only of processes: a child that goes there and waits to be killed. */
__attribute__((noreturn)) static void wait_inside(int userns_fd, int report_fd)
{
	int code = 0;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (setns(userns_fd, CLONE_NEWUSER) < 0)
		code = errno;
	(void)!write(report_fd, &code, sizeof(code));
	for (;;)
		(void)pause();
}

static int read_ranges(pid_t pid, const char *name, struct arena *arena,
		       const struct idmap_range **ret_ranges, size_t *ret_count)
{
	struct idmap_range *ranges = arena_array(arena, RANGES_MAX, sizeof(*ranges));
	char path[40];
	FILE *file;
	size_t count = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	file = fopen(path, "re");
	if (!ranges || !file) {
		if (file)
			(void)fclose(file);
		return ranges ? -errno : -ENOMEM;
	}
	while (count < RANGES_MAX && fscanf(file, "%u %u %u", &ranges[count].inside,
					    &ranges[count].outside, &ranges[count].count) == 3)
		count++;
	(void)fclose(file);
	*ret_ranges = ranges;
	*ret_count = count;
	return 0;
}

static int read_maps(pid_t child, int report_fd, struct arena *arena, struct idmap *map,
		     struct vps_err *err)
{
	int code, r;

	if (read(report_fd, &code, sizeof(code)) != sizeof(code))
		code = EPIPE;
	if (code)
		return vps_err_set(err, -code, "cannot join the user namespace");
	r = read_ranges(child, "uid_map", arena, &map->uids, &map->uid_count);
	if (r == 0)
		r = read_ranges(child, "gid_map", arena, &map->gids, &map->gid_count);
	return r < 0 ? vps_err_set(err, r, "cannot read the maps of the user namespace") : 0;
}

int idmap_read(int userns_fd, struct arena *arena, struct idmap *ret_map, struct vps_err *err)
{
	OWN_FD read_fd = FD_NONE, write_fd = FD_NONE;
	struct idmap map = { 0 };
	int fds[2], r;
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return vps_err_set(err, -errno, "cannot make a pipe");
	read_fd = fds[0];
	write_fd = fds[1];
	child = fork();
	if (child == 0)
		wait_inside(userns_fd, write_fd);
	if (child < 0)
		return vps_err_set(err, -errno, "cannot fork");
	own_close(&write_fd);
	r = read_maps(child, read_fd, arena, &map, err);
	(void)kill(child, SIGKILL);	/* not yet reaped: it is this pid */
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (r == 0)
		*ret_map = map;
	return r;
}

static bool is_same(const struct idmap_range *a, size_t a_count, const struct idmap_range *b,
		    size_t b_count)
{
	return a_count == b_count && (!a_count || memcmp(a, b, a_count * sizeof(*a)) == 0);
}

bool idmap_is_same(const struct idmap *a, const struct idmap *b)
{
	return is_same(a->uids, a->uid_count, b->uids, b->uid_count) &&
	       is_same(a->gids, a->gid_count, b->gids, b->gid_count);
}
