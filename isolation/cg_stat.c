// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads cpu.stat, memory.stat, io.stat, *.events and *.pressure; called for statistics. */
#include "cg_stat.h"

#include <stdlib.h>
#include <string.h>

#include "base/fileio.h"
#include "base/units.h"

#define FILE_MAX	(256u << 10)	/* io.stat has a line for each device */

bool cg_stat_open(struct cg_stat *stat, int cg_fd, const char *file)
{
	struct vps_err ignored = { 0 };

	if (file_read(cg_fd, file, FILE_MAX, &stat->text, NULL, &ignored) < 0)
		return false;
	stat->next = stat->text;
	return true;
}

bool cg_stat_next(struct cg_stat *stat, const char **ret_key, char **ret_rest)
{
	char *line = stat->next ? strsep(&stat->next, "\n") : NULL;

	if (!line || !*line)
		return false;
	*ret_key = strsep(&line, " ");
	*ret_rest = line ? line : stat->text + strlen(stat->text);
	return true;
}

uint64_t cg_stat_number(int cg_fd, const char *file, const char *key)
{
	OWN_CG_STAT stat = { 0 };
	const char *found;
	uint64_t value = 0;
	char *rest;

	(void)cg_stat_open(&stat, cg_fd, file);
	while (cg_stat_next(&stat, &found, &rest))
		if (strcmp(found, key) == 0 && number_parse(rest, 0, UINT64_MAX, &value) == 0)
			return value;
	return 0;
}

void cg_stat_close(struct cg_stat *stat)
{
	free(stat->text);
	*stat = (struct cg_stat){ 0 };
}
