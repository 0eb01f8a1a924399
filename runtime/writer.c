// SPDX-License-Identifier: LGPL-2.1-or-later
/* Builds and prints JSON documents; called by whatever saves or compiles one. */
#include "writer.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

#define REAL_DIGITS	12	/* 0.1 prints as 0.1, and thousandths come back exactly */

void own_json(json_t **value)
{
	int saved = errno;

	json_decref(*value);
	*value = NULL;
	errno = saved;
}

void writer_put(struct writer *w, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		w->has_failed = true;
}

void writer_string(struct writer *w, json_t *object, const char *key, const char *text)
{
	if (text)
		writer_put(w, object, key, json_string(text));
}

void writer_number(struct writer *w, json_t *object, const char *key, int64_t number)
{
	writer_put(w, object, key, json_integer(number));
}

void writer_true(struct writer *w, json_t *object, const char *key, bool value)
{
	if (value)
		writer_put(w, object, key, json_true());
}

void writer_append(struct writer *w, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) < 0)
		w->has_failed = true;
}

void writer_strings(struct writer *w, json_t *object, const char *key, const char *const *texts)
{
	json_t *array;

	if (!texts || !*texts)
		return;
	array = json_array();
	for (; *texts; texts++)
		writer_append(w, array, json_string(*texts));
	writer_put(w, object, key, array);
}

void writer_section(struct writer *w, json_t *object, const char *key, json_t *section)
{
	if (!section || json_object_size(section) + json_array_size(section) > 0)
		writer_put(w, object, key, section);
	else
		json_decref(section);
}

int writer_text(const struct writer *w, const json_t *root, char **ret_text, struct vps_err *err)
{
	const size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_DIGITS);
	size_t len = w->has_failed || !root ? 0 : json_dumpb(root, NULL, 0, flags);
	OWN_MEM char *text = len ? malloc(len + 2) : NULL;

	if (!text || json_dumpb(root, text, len, flags) != len)
		return vps_err_set(err, -ENOMEM, "cannot print the document");
	memcpy(text + len, "\n", 2);
	*ret_text = mem_take(&text);
	return 0;
}
