// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finds programs on the PATH; called by the doctor, and before mkfs.xfs is started. */
#include "base/which.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVERYWHERE "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* DIR/NAME of a colon-separated list of directories that can be executed, into path. */
static bool find_in(const char *dirs, const char *name, char path[PATH_MAX])
{
	size_t len;

	for (; *dirs; dirs += len + (dirs[len] == ':')) {
		struct stat st;

		len = strcspn(dirs, ":");
		if (len == 0 ||
		    snprintf(path, PATH_MAX, "%.*s/%s", (int)len, dirs, name) >= PATH_MAX)
			continue;
		if (access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			return true;
	}
	return false;
}

bool which_program(const char *name, char path[PATH_MAX])
{
	const char *dirs = getenv("PATH");

	return (dirs && find_in(dirs, name, path)) || find_in(EVERYWHERE, name, path);
}
