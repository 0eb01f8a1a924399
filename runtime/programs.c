// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finds vps-monitor, vps-image and so on; called by whoever starts one of them. */
#include "programs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_at(const char *dir, const char *below, const char *name, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s%s/%s", dir, below, name) < PATH_MAX &&
	       access(path, X_OK) == 0;
}

/* Beside the program that is at a path, or where an installation has it from there. */
static bool is_beside(char *program, const char *name, char path[PATH_MAX])
{
	char *slash = strrchr(program, '/');

	if (!slash)
		return false;
	*slash = '\0';
	return is_at(program, "", name, path) || is_at(program, "/../libexec/vps", name, path) ||
	       is_at(program, "/../../bin", name, path);
}

bool program_find(const char *name, char path[PATH_MAX])
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

	program[len > 0 ? len : 0] = '\0';
	if (is_beside(program, name, path))
		return true;
	/* vps-oci runs from a mount without a place; engines call it by its path. */
	(void)snprintf(program, sizeof(program), "%s", program_invocation_name);
	return is_beside(program, name, path) ||
	       is_at(VPS_LIBEXECDIR, "", name, path);
}
