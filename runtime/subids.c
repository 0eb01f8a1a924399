// SPDX-License-Identifier: LGPL-2.1-or-later
/* Parses subordinate ids (subuid(5)); called by the registry when it chooses a range. */
#include "runtime/subids.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/units.h"

#define FILE_MAX	(4U << 20)
#define ID_MAX		(UINT64_C(1) << 32)

/* "user:first:count" without its newline; other lines give false. */
static bool parse_line(const char *line, size_t len, struct subid_range *ret_range)
{
	const char *first = memchr(line, ':', len);
	const char *count = first ? memchr(first + 1, ':', len - (size_t)(first + 1 - line)) : NULL;
	char first_text[24] = "", count_text[24] = "";
	uint64_t from, ids;

	if (!count || count - first > (ptrdiff_t)sizeof(first_text) ||
	    line + len - count > (ptrdiff_t)sizeof(count_text))
		return false;
	memcpy(first_text, first + 1, (size_t)(count - first - 1));
	memcpy(count_text, count + 1, (size_t)(line + len - count - 1));
	if (number_parse(first_text, 0, ID_MAX, &from) < 0 ||
	    number_parse(count_text, 1, ID_MAX, &ids) < 0)
		return false;
	*ret_range = (struct subid_range){ .first = from, .end = from + ids };
	return true;
}

static int add(struct subids *subids, const struct subid_range *range)
{
	struct subid_range *grown = reallocarray(subids->ranges, subids->count + 1,
						 sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	subids->ranges = grown;
	subids->ranges[subids->count++] = *range;
	return 0;
}

int subids_parse(struct subids *subids, const char *text)
{
	struct subid_range range;
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (parse_line(text, len, &range) && add(subids, &range) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_file(struct subids *subids, int etc_fd, const char *name, struct vps_err *err)
{
	struct vps_err failed = { 0 };
	OWN_MEM char *text = NULL;
	int r;

	r = file_read(etc_fd, name, FILE_MAX, &text, NULL, &failed);
	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		*err = failed;
		return r;
	}
	r = subids_parse(subids, text);
	return r < 0 ? vps_err_set(err, r, "%s", name) : 0;
}

int subids_read(int etc_fd, struct subids *ret_subids, struct vps_err *err)
{
	struct subids subids = { 0 };

	if (read_file(&subids, etc_fd, "subuid", err) < 0 ||
	    read_file(&subids, etc_fd, "subgid", err) < 0) {
		subids_free(&subids);
		return err->code;
	}
	*ret_subids = subids;
	return 0;
}

uint64_t subids_overlap(const struct subids *subids, uint64_t first, uint64_t count)
{
	size_t i;

	for (i = 0; i < subids->count; i++)
		if (first < subids->ranges[i].end && subids->ranges[i].first < first + count)
			return subids->ranges[i].end;
	return 0;
}

void subids_free(struct subids *subids)
{
	free(subids->ranges);
	*subids = (struct subids){ 0 };
}
