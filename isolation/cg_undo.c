// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads what a write will overwrite; called before limits of a running cgroup change. */
#include "cg_undo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileio.h"
#include "base/own.h"

#define FILE_MAX	(64u << 10)

/* Files of one line a key, and what their kernel documentation calls no limit. */
static const struct {
	const char *file, *unset;
} keyed[] = {
	{ "io.max",    "rbps=max wbps=max riops=max wiops=max" },
	{ "io.weight", "default" },
	{ "rdma.max",  "hca_handle=max hca_object=max" },
	{ "misc.max",  "max" },
};

static const char *unset_of(const char *file)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(keyed); i++)
		if (strcmp(keyed[i].file, file) == 0)
			return keyed[i].unset;
	return NULL;
}

/* The line of a key ("8:0", "default") as it is now, or what makes it as if it were not there. */
static const char *keyed_line(const char *text, const char *line, const char *unset,
			      struct arena *arena)
{
	size_t len = strcspn(line, " \n");

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strncmp(text, line, len) == 0 && text[len] == ' ')
			return arena_printf(arena, "%.*s", (int)strcspn(text, "\n"), text);
	return arena_printf(arena, "%.*s %s", (int)len, line, unset);
}

/* The same for each line of a value. */
static const char *keyed_lines(const char *text, const char *value, const char *unset,
			       struct arena *arena)
{
	const char *lines = keyed_line(text, value, unset, arena);

	while (lines && (value = strchr(value, '\n')) && *++value) {
		const char *next = keyed_line(text, value, unset, arena);

		lines = next ? arena_printf(arena, "%s\n%s", lines, next) : NULL;
	}
	return lines;
}

static int remember(int cg_fd, const struct cg_value *value, struct arena *arena,
		    struct cg_value *ret_value, struct vps_err *err)
{
	const char *unset = unset_of(value->file);
	struct vps_err cause = { 0 };
	OWN_MEM char *text = NULL;
	int r = file_read(cg_fd, value->file, FILE_MAX, &text, NULL, &cause);

	if (r < 0 && r != -ENOENT) {
		*err = cause;
		return r;
	}
	ret_value->file = NULL;
	if (r < 0)
		return 0;
	if (!unset)
		text[strcspn(text, "\n")] = '\0';
	ret_value->value = unset ? keyed_lines(text, value->value, unset, arena) :
				   arena_strdup(arena, text);
	if (!ret_value->value)
		return vps_err_set(err, -ENOMEM, "cannot remember %s", value->file);
	ret_value->file = value->file;
	return 0;
}

int cg_remember(int cg_fd, const struct cg_value *values, size_t count, struct arena *arena,
		const struct cg_value **ret_values, size_t *ret_count, struct vps_err *err)
{
	struct cg_value *before = arena_array(arena, count + 1, sizeof(*before));
	size_t i, n = 0;

	if (!before)
		return vps_err_set(err, -ENOMEM, "cannot remember the limits");
	for (i = count; i-- > 0;) {
		int r = remember(cg_fd, &values[i], arena, &before[n], err);

		if (r < 0)
			return r;
		n += before[n].file != NULL;
	}
	*ret_values = before;
	*ret_count = n;
	return 0;
}
