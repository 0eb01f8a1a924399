// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finds vps-monitor and vps-image; called by start, by `vpsctl image` and by doctor. */
#include "programs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_at(const char *dir, const char *below, const char *name, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s%s/%s", dir, below, name) < PATH_MAX &&
	       access(path, X_OK) == 0;
}

bool program_find(const char *name, char path[PATH_MAX])
{
	char dir[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	char *slash;

	dir[len > 0 ? len : 0] = '\0';
	slash = strrchr(dir, '/');
	if (slash) {
		*slash = '\0';
		if (is_at(dir, "", name, path) || is_at(dir, "/../libexec/vps", name, path))
			return true;
	}
	return is_at(VPS_LIBEXECDIR, "", name, path);
}
