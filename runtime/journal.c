// SPDX-License-Identifier: LGPL-2.1-or-later
/* Writes and reads set.json of a run; called by resize.c. */
#include "journal.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "runtime/writer.h"

#define JOURNAL_FILE	"set.json"
#define JOURNAL_MAX	(4u << 20)	/* bytes: a spec of 1 MiB, escaped, and the limits */

int journal_write(int run_fd, const struct journal_step *steps, size_t count, const char *spec,
		  struct vps_err *err)
{
	OWN_JSON *root = json_object();
	OWN_MEM char *text = NULL;
	json_t *array = json_array();
	struct writer w = { 0 };
	size_t i;
	int r;

	for (i = 0; i < count; i++)
		writer_append(&w, array,
			      json_pack("{ss, ss, ss}", "limit", resources[steps[i].id].name,
					"before", steps[i].before, "after", steps[i].after));
	writer_put(&w, root, "steps", array);
	writer_string(&w, root, "spec", spec);
	r = writer_text(&w, root, &text, err);
	if (r == 0)
		r = file_replace(run_fd, JOURNAL_FILE, text, strlen(text), 0600, false, err);
	return r;
}

/* False when it is none of ours. */
static bool read_steps(struct journal *journal)
{
	json_t *steps = json_object_get(journal->root, "steps"), *step;
	size_t i;

	if (json_array_size(steps) > ARRAY_LEN(journal->steps))
		return false;
	json_array_foreach(steps, i, step) {
		const char *name = json_string_value(json_object_get(step, "limit"));
		struct journal_step *read = &journal->steps[journal->count++];

		read->id = name ? resource_find(name) : RESOURCES;
		read->before = json_string_value(json_object_get(step, "before"));
		read->after = json_string_value(json_object_get(step, "after"));
		if (read->id == RESOURCES || !read->before || !read->after)
			return false;
	}
	return true;
}

int journal_read(int run_fd, struct journal *journal, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	struct vps_err why = { 0 };
	size_t len;
	int r = file_read(run_fd, JOURNAL_FILE, JOURNAL_MAX, &text, &len, &why);

	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		*err = why;
		return r;
	}
	journal->root = json_loadb(text, len, 0, NULL);
	if (!journal->root || !read_steps(journal)) {
		journal_free(journal);
		return vps_err_say(err, -EBADMSG,
				   JOURNAL_FILE " is damaged; remove it to go on with the limits as they are");
	}
	journal->spec = json_string_value(json_object_get(journal->root, "spec"));
	return 1;
}

void journal_free(struct journal *journal)
{
	json_decref(journal->root);
	*journal = (struct journal){ 0 };
}

int journal_remove(int run_fd, struct vps_err *err)
{
	if (unlinkat(run_fd, JOURNAL_FILE, 0) < 0 && errno != ENOENT)
		return vps_err_set(err, -errno, "cannot remove " JOURNAL_FILE);
	return 0;
}
