// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads ordinary JSON documents; called by doc_load.c.
 *
 * Jansson's lexer takes each byte through three functions: 0.13 ms for the
 * config of an engine, a twentieth of a whole start. This reads what such a
 * config consists of and makes jansson's own values of it. Whatever else it
 * meets, it gives up, and jansson reads all of it: so this needs neither
 * messages nor the rare parts of the grammar, and may be wrong only by giving up.
 */
#include "doc_plain.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#define DIGITS_MAX	18	/* of an integer that fits into 64 bits, whichever it is */

struct reader {
	const char *at, *end;
};

static json_t *read_value(struct reader *in);

/* The next byte that is no white space, or NUL at the end; it stays. */
static char peek(struct reader *in)
{
	while (in->at < in->end && (*in->at == ' ' || *in->at == '\n' || *in->at == '\t' ||
				    *in->at == '\r'))
		in->at++;
	return in->at < in->end ? *in->at : '\0';
}

static bool take(struct reader *in, char wanted)
{
	if (peek(in) != wanted)
		return false;
	in->at++;
	return true;
}

/* A string without its quotes, where it stands. */
static const char *read_text(struct reader *in, size_t *ret_len)
{
	const char *start;

	if (!take(in, '"'))
		return NULL;
	for (start = in->at; in->at < in->end && *in->at != '"'; in->at++)
		if (*in->at < ' ' || *in->at > '~' || *in->at == '\\')
			return NULL;	/* where char has a sign, below ' ' is beyond ASCII, too */
	if (in->at == in->end)
		return NULL;
	*ret_len = (size_t)(in->at++ - start);
	return start;
}

static json_t *read_string(struct reader *in)
{
	size_t len;
	const char *text = read_text(in, &len);

	return text ? json_stringn_nocheck(text, len) : NULL;
}

static json_t *read_integer(struct reader *in)
{
	bool is_negative = take(in, '-');
	const char *start = in->at;
	json_int_t value = 0;

	for (; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++) {
		if (in->at - start == DIGITS_MAX)
			return NULL;
		value = value * 10 + (*in->at - '0');
	}
	if (in->at == start || (*start == '0' && (is_negative || in->at - start > 1)))
		return NULL;
	if (in->at < in->end && strchr(".eE", *in->at))
		return NULL;	/* NUL is among these, too */
	return json_integer(is_negative ? -value : value);
}

static json_t *read_word(struct reader *in, const char *word, json_t *value)
{
	size_t len = strlen(word);

	if ((size_t)(in->end - in->at) < len || memcmp(in->at, word, len) != 0)
		return NULL;
	in->at += len;
	return value;
}

/* From behind the "[". The array is given back, or released. */
static json_t *read_items(struct reader *in, json_t *array)
{
	if (take(in, ']'))
		return array;
	while (array && json_array_append_new(array, read_value(in)) == 0) {
		if (take(in, ']'))
			return array;
		if (!take(in, ','))
			break;
	}
	json_decref(array);
	return NULL;
}

/* One "key": value. False: something else, or a key that was there before. */
static bool read_member(struct reader *in, json_t *object)
{
	const size_t count = json_object_size(object);
	size_t len;
	const char *key = read_text(in, &len);

	return key && take(in, ':') &&
	       json_object_setn_new_nocheck(object, key, len, read_value(in)) == 0 &&
	       json_object_size(object) == count + 1;
}

/* From behind the "{". */
static json_t *read_members(struct reader *in, json_t *object)
{
	if (take(in, '}'))
		return object;
	while (object && read_member(in, object)) {
		if (take(in, '}'))
			return object;
		if (!take(in, ','))
			break;
	}
	json_decref(object);
	return NULL;
}

static json_t *read_value(struct reader *in)
{
	switch (peek(in)) {
	case '{':
		in->at++;
		return read_members(in, json_object());
	case '[':
		in->at++;
		return read_items(in, json_array());
	case '"':
		return read_string(in);
	case 't':
		return read_word(in, "true", json_true());
	case 'f':
		return read_word(in, "false", json_false());
	case 'n':
		return read_word(in, "null", json_null());
	default:
		return read_integer(in);
	}
}

json_t *doc_plain_load(const char *text, size_t len)
{
	struct reader in = { .at = text, .end = text + len };
	char first = peek(&in);
	json_t *root = first == '{' || first == '[' ? read_value(&in) : NULL;

	if (root && peek(&in) == '\0' && in.at == in.end)
		return root;
	json_decref(root);
	return NULL;
}
