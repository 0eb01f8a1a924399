// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads and sorts what a command is given, for cmd_create.c, cmd_set.c, cmd_configure.c and cmd_capacity.c. */
#include "cli/operands.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "runtime/resources.h"

#define FILE_MAX	(1u << 20)	/* bytes */

int operands_read_file(const char *path, char **ret_text, struct vps_err *err)
{
	struct vps_err why = { 0 };
	size_t len = 0;
	int r;

	if (strcmp(path, "-") == 0) {
		path = "standard input";
		r = file_read_fd(STDIN_FILENO, path, FILE_MAX, ret_text, &len, &why);
	} else {
		r = file_read(AT_FDCWD, path, FILE_MAX, ret_text, &len, &why);
	}
	if (r == -ENOENT)
		return vps_err_say(err, -VPS_ENOENT, "%.300s: %s", path, strerror(ENOENT));
	if (r < 0)
		*err = why;
	else if (strlen(*ret_text) != len)
		r = vps_err_say(err, -EINVAL, "%.300s: holds a NUL byte", path);
	return r;
}

int operands_sort(int count, char **args)
{
	int names = 0, i;

	for (i = 0; i < count; i++) {
		char *word = args[i];

		if (strchr(word, '='))
			continue;
		memmove(args + names + 1, args + names, (size_t)(i - names) * sizeof(*args));
		args[names++] = word;
	}
	return names;
}

const char *operands_limit(size_t i)
{
	return i < RESOURCES ? resources[i].name : NULL;
}
