// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lays a resources document over the one that a container has; called by `vps-oci update`. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "doc.h"
#include "oci.h"
#include "oci_parts.h"
#include "writer.h"

/* Where a number of 0 is a wish, and not the lack of one. */
static bool is_wish(const char *key, const json_t *value)
{
	if (json_is_null(value))
		return false;
	return !json_is_integer(value) || json_integer_value(value) || !strcmp(key, "idle") ||
	       !strcmp(key, "burst") || !strncmp(key, "hca", 3);
}

static bool same_member(const json_t *a, const json_t *b, const char *key)
{
	const json_t *left = json_object_get(a, key), *right = json_object_get(b, key);

	return left == right || (left && right && json_equal(left, right));
}

/* Two elements of an array that speak of the same device, or the same size of page. */
static bool is_same_thing(const json_t *a, const json_t *b)
{
	return same_member(a, b, "pageSize") && same_member(a, b, "major") &&
	       same_member(a, b, "minor");
}

static int merge_array(json_t *base, const json_t *over)
{
	size_t i, j;
	json_t *added, *there;

	json_array_foreach(over, i, added) {
		json_array_foreach(base, j, there)
			if (is_same_thing(there, added))
				break;
		if (j < json_array_size(base) ? json_array_set(base, j, added) < 0
					      : json_array_append(base, added) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Depth is bounded by doc_open(). */
static int merge_object(json_t *base, json_t *over)
{
	const char *key;
	json_t *value;
	int r = 0;

	json_object_foreach(over, key, value) {
		json_t *there = json_object_get(base, key);

		if (!is_wish(key, value))
			continue;
		if (json_is_object(there) && json_is_object(value))
			r = merge_object(there, value);
		else if (json_is_array(there) && json_is_array(value) && strcmp(key, "devices"))
			r = merge_array(there, value);
		else
			r = json_object_set(base, key, value) < 0 ? -ENOMEM : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Integers above INT64_MAX, which doc_open() keeps as strings with a mark, as integers again. */
static void unquote_big_integers(char *text)
{
	static const char mark[] = "\"\\u0001";
	const char *from = text;
	char *to = text;

	while (*from) {
		size_t digits = strncmp(from, mark, sizeof(mark) - 1) ? 0 :
				strspn(from + sizeof(mark) - 1, "0123456789");

		if (!digits) {
			*to++ = *from++;
			continue;
		}
		memmove(to, from + sizeof(mark) - 1, digits);
		to += digits;
		from += sizeof(mark) - 1 + digits + 1;
	}
	*to = '\0';
}

/* A copy of a document, or of its linux.resources, that outlives it. NULL with err set. */
static json_t *copy_of(const char *text, size_t len, bool is_config, bool *has_big,
		       struct vps_err *err)
{
	struct arena arena = { 0 };
	struct doc doc = { .arena = &arena, .err = err, .is_lenient = true };
	struct doc_node root;
	json_t *copy = NULL, *from;

	if (doc_open(&doc, text, len, OCI_SIZE_MAX, &root) < 0)
		return NULL;
	from = root.value;
	if (is_config)
		from = json_object_get(json_object_get(from, "linux"), "resources");
	if (!is_config && !json_is_object(from))
		(void)vps_err_say(err, -EINVAL, "the document is no object");
	else if (!(copy = json_is_object(from) ? json_deep_copy(from) : json_object()))
		(void)vps_err_set(err, -ENOMEM, "cannot keep the resources");
	*has_big |= doc.has_big;
	doc_close(&doc);
	arena_free(&arena);
	return copy;
}

int oci_merge_resources(const char *base, size_t base_len, bool is_config, const char *over,
			size_t over_len, char **ret_text, struct vps_err *err)
{
	struct writer w = { 0 };
	bool has_big = false;
	OWN_JSON *from = copy_of(base, base_len, is_config, &has_big, err);
	OWN_JSON *added = from ? copy_of(over, over_len, false, &has_big, err) : NULL;
	int r;

	if (!added)
		return err->code;
	w.has_failed = merge_object(from, added) < 0;
	r = writer_text(&w, from, ret_text, err);
	if (r == 0 && has_big)
		unquote_big_integers(*ret_text);
	return r;
}
