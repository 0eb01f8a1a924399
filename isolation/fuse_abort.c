// SPDX-License-Identifier: LGPL-2.1-or-later
/* Ends the FUSE connections of a tenant by fusectl; called when what was killed does not die. */
#include "fuse_abort.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "base/own.h"
#include "mount_fd.h"

static bool is_mapped(const struct idmap *map, uint32_t uid)
{
	size_t i;

	for (i = 0; i < map->uid_count; i++)
		if (uid >= map->uids[i].outside && uid - map->uids[i].outside < map->uids[i].count)
			return true;
	return false;
}

int fuse_abort(const struct idmap *map, struct vps_err *err)
{
	static const struct mount_entry fusectl = { .type = "fusectl", .destination = "nothing" };
	OWN_FD root_fd = mount_new(&fusectl, NULL, err);
	int list_fd = root_fd < 0 ? FD_NONE : openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_DIR *dir = list_fd < 0 ? NULL : fdopendir(list_fd);
	const struct dirent *entry;
	char path[NAME_MAX + 8];
	struct stat st;

	if (root_fd < 0)
		return root_fd;
	if (!dir) {
		own_close(&list_fd);
		return vps_err_set(err, -errno, "cannot list the FUSE connections");
	}
	while ((entry = readdir(dir))) {
		struct vps_err ignored = { 0 };	/* it has ended meanwhile */

		/* A directory belongs to whoever mounted the file system. */
		if (entry->d_name[0] == '.' || fstatat(root_fd, entry->d_name, &st, 0) < 0 ||
		    !is_mapped(map, st.st_uid))
			continue;
		(void)snprintf(path, sizeof(path), "%s/abort", entry->d_name);
		(void)file_write(root_fd, path, "1", &ignored);
	}
	return 0;
}
