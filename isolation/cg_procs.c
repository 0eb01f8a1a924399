// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lists the processes of a cgroup and below; called by cg_signal.c, `vps-oci ps` and the view. */
#include "cg_procs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileio.h"
#include "base/own.h"

#define PROCS_MAX	(32u << 20)	/* bytes of cgroup.procs: all pids that there can be */
#define DEPTH_MAX	64		/* levels below that are looked at */

struct pids {
	pid_t *items;
	size_t count;
};

static int list_here(int cg_fd, const char *file, struct pids *pids, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	char *line, *rest;
	struct vps_err unread = { 0 };
	int r = file_read(cg_fd, file, PROCS_MAX, &text, NULL, &unread);

	if (r == -EOPNOTSUPP)	/* a cgroup of threads: its processes stand in the list above it */
		return 0;
	if (r < 0)
		*err = unread;
	for (line = r == 0 ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		pid_t *longer = reallocarray(pids->items, pids->count + 1, sizeof(*longer));

		if (!longer)
			return vps_err_set(err, -ENOMEM, "cannot list the processes");
		pids->items = longer;
		pids->items[pids->count++] = (pid_t)strtol(line, NULL, 10);
	}
	return r;
}

static int list_below(int cg_fd, const char *file, int depth, struct pids *pids,
		      struct vps_err *err)
{
	int dup_fd = openat(cg_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_DIR *dir = dup_fd < 0 ? NULL : fdopendir(dup_fd);
	const struct dirent *entry;
	int r;

	if (!dir) {
		own_close(&dup_fd);
		return vps_err_set(err, -errno, "cannot list a cgroup");
	}
	r = list_here(cg_fd, file, pids, err);
	while (r == 0 && depth < DEPTH_MAX && (entry = readdir(dir))) {
		OWN_FD fd = FD_NONE;

		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		fd = openat(cg_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)	/* else it went away meanwhile */
			r = list_below(fd, file, depth + 1, pids, err);
	}
	return r;
}

static int list(int cg_fd, const char *file, pid_t **ret_pids, size_t *ret_count,
		struct vps_err *err)
{
	struct pids pids = { 0 };
	int r = list_below(cg_fd, file, 0, &pids, err);

	if (r < 0) {
		free(pids.items);
		return r;
	}
	*ret_pids = pids.items;
	*ret_count = pids.count;
	return 0;
}

int cg_processes(int cg_fd, pid_t **ret_pids, size_t *ret_count, struct vps_err *err)
{
	return list(cg_fd, "cgroup.procs", ret_pids, ret_count, err);
}

int cg_threads(int cg_fd, pid_t **ret_tids, size_t *ret_count, struct vps_err *err)
{
	return list(cg_fd, "cgroup.threads", ret_tids, ret_count, err);
}
