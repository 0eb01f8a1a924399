// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the limits that a command is given, for cmd_create.c, cmd_set.c and cmd_capacity.c. */
#include "cli/plan_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"

#define PLAN_MAX	(1u << 20)	/* bytes of a plan */

int plan_file_read(const char *path, char **ret_text, struct vps_err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	size_t len = 0;
	int r = is_stdin ? file_read_fd(STDIN_FILENO, "standard input", PLAN_MAX, ret_text, &len, err) :
			   file_read(AT_FDCWD, path, PLAN_MAX, ret_text, &len, err);

	if (r == 0 && strlen(*ret_text) != len)
		r = vps_err_say(err, -EINVAL, "%s: holds a NUL byte", path);
	return r;
}

int plan_sort_operands(int count, char **args)
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
