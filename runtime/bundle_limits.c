// SPDX-License-Identifier: LGPL-2.1-or-later
/* Changes limits in the config.json of a run; called by resize.c. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileio.h"
#include "runtime/host.h"
#include "runtime/journal.h"
#include "runtime/writer.h"

#define CONFIG_FILE	"config.json"
#define CONFIG_MAX	(4u << 20)	/* as bundle_load() */

/* Copy the lines that do not set this key. Returns where the copy ends. */
static char *copy_others(char *to, const char *lines, const char *key)
{
	char word[40];

	(void)snprintf(word, sizeof(word), " %s=", key);
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		if (!memmem(lines, len, word, strlen(word))) {
			memcpy(to, lines, len);
			to += len;
			*to++ = '\n';
		}
		lines += len + (lines[len] == '\n');
	}
	return to;
}

/* A file that several limits share keeps the lines of the others. */
static void put(struct writer *w, json_t *files, const struct resource *row, const char *file,
		const char *lines)
{
	const char *before = json_string_value(json_object_get(files, file));
	OWN_MEM char *all = NULL;

	if (row->key && before) {
		all = malloc(strlen(before) + strlen(lines) + 2);
		if (all)
			(void)strcpy(copy_others(all, before, row->key), lines);
		else
			w->has_failed = true;
	}
	writer_string(w, files, file, all ? all : lines);
}

static json_t *member(struct writer *w, json_t *object, const char *key)
{
	if (!json_object_get(object, key))
		writer_put(w, object, key, json_object());
	return json_object_get(object, key);
}

int bundle_set_limits(int run_fd, const struct journal_step *steps, size_t count, bool is_before,
		      struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	OWN_JSON *root = NULL;
	struct writer w = { 0 };
	struct vps_err why = { 0 };
	json_t *files, *annotations;
	size_t len, i;
	int r = file_read(run_fd, CONFIG_FILE, CONFIG_MAX, &text, &len, &why);

	if (r == -ENOENT)
		return 0;
	root = r == 0 ? json_loadb(text, len, 0, NULL) : NULL;
	if (!root)
		return vps_err_set(err, r < 0 ? r : -EBADMSG, "cannot read " CONFIG_FILE);
	files = member(&w, member(&w, member(&w, root, "linux"), "resources"), "unified");
	annotations = member(&w, root, "annotations");
	for (i = 0; i < count; i++) {
		const struct resource *row = &resources[steps[i].id];
		const char *lines = is_before ? steps[i].before : steps[i].after;

		if (steps[i].id == RES_CPU_DEDICATED) {
			writer_string(&w, files, "cpuset.cpus", lines);
			writer_string(&w, files, row->file, *lines ? "root" : "member");
			continue;
		}
		if (!row->file)
			continue;	/* nothing of the engine's */
		put(&w, row->place == PLACE_LINK ? annotations : files, row, row->file, lines);
		if (row->second_file)
			put(&w, files, row, row->second_file, lines);
	}
	own_free(&text);
	r = writer_text(&w, root, &text, err);
	if (r == 0)
		r = file_replace(run_fd, CONFIG_FILE, text, strlen(text), 0600, false, err);
	return r;
}
