// SPDX-License-Identifier: GPL-2.0-or-later
/* Walks over the containers below --root; called by list, and by kill and delete with --regex. */
#include "cli/oci_each.h"

#include <dirent.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cli/oci_box.h"

/* Directories that can be containers: our own "~cache" cannot. */
static int is_container(const struct dirent *entry)
{
	return (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) && entry->d_name[0] != '~' &&
	       strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int walk(const struct oci_cli *cli, const regex_t *regex, oci_each_fn *fn, void *arg,
		struct vps_err *err)
{
	char path[PATH_MAX];
	OWN_FD root_fd = oci_box_root(cli, path, err);
	struct dirent **entries;
	int i, count, code = 0;

	if (root_fd < 0)
		return root_fd;
	count = scandirat(root_fd, ".", &entries, is_container, alphasort);
	if (count < 0)
		return vps_err_set(err, -errno, "cannot list %s", path);
	for (i = 0; i < count; i++) {
		struct vps_err why = { 0 };
		int r = 0;

		if (!regex || regexec(regex, entries[i]->d_name, 0, NULL, 0) == 0)
			r = fn(cli, entries[i]->d_name, arg, &why);
		if (r < 0 && code == 0) {
			*err = why;
			code = r;
		}
		free(entries[i]);
	}
	free(entries);
	return code;
}

int oci_each(const struct oci_cli *cli, const char *pattern, oci_each_fn *fn, void *arg,
	     struct vps_err *err)
{
	regex_t regex;
	int r;

	if (!pattern)
		return walk(cli, NULL, fn, arg, err);
	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return vps_err_say(err, -EINVAL, "\"%.100s\" is not a regular expression", pattern);
	r = walk(cli, &regex, fn, arg, err);
	regfree(&regex);
	return r;
}
