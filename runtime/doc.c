// SPDX-License-Identifier: LGPL-2.1-or-later
/* Walks a JSON document by tables of keys; called by the parsers of specs and OCI configs. */
#include "doc.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KEY_SHOWN	64	/* bytes of a key that a message shows */

/* What a value is called in messages. */
static const char *type_name(const json_t *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",	[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",	[JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number",	[JSON_TRUE] = "a boolean",
		[JSON_FALSE] = "a boolean",	[JSON_NULL] = "null",
	};

	return names[json_typeof(value)];
}

static const char *const type_examples[] = {
	[DOC_BOOL] = "true or false",	   [DOC_INTEGER] = "a whole number",
	[DOC_STRING] = "a string",	   [DOC_STRINGS] = "an array of strings",
	[DOC_OBJECT] = "an object",	   [DOC_ARRAY] = "an array",
	[DOC_ANY] = "a value",
};

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* Copy at most size - 1 bytes of text, each control character as '?', "..." where cut. */
static void show_text(const char *text, char *buf, size_t size)
{
	size_t at;

	for (at = 0; text[at] && at < size - 1; at++)
		buf[at] = is_control(text[at]) ? '?' : text[at];
	if (text[at] && size > 4) {
		at = size - 4;
		while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
			at--;	/* a character of UTF-8 is shown whole or not at all */
		memcpy(buf + at, "...", 3);
		at += 3;
	}
	buf[at] = '\0';
}

/* An integer that quote_big_integers() found. */
static bool is_big(const struct doc_node *node)
{
	return node->doc->has_big && json_is_string(node->value) &&
	       *json_string_value(node->value) == 1;
}

const char *doc_printable(const char *text, char buf[DOC_SHOWN])
{
	show_text(text, buf, DOC_SHOWN);
	return buf;
}

const char *doc_quote(const char *text, char buf[DOC_SHOWN])
{
	buf[0] = '"';
	show_text(text, buf + 1, DOC_SHOWN - 2);
	memcpy(buf + strlen(buf), "\"", 2);
	return buf;
}

const char *doc_show(const struct doc_node *node, char buf[DOC_SHOWN])
{
	const json_t *value = node->value;

	if (is_big(node))
		show_text(json_string_value(value) + 1, buf, DOC_SHOWN);
	else if (json_is_string(value))
		(void)doc_quote(json_string_value(value), buf);
	else if (json_is_integer(value))
		(void)snprintf(buf, DOC_SHOWN, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		(void)snprintf(buf, DOC_SHOWN, "%g", json_real_value(value));
	else if (json_is_boolean(value))
		(void)snprintf(buf, DOC_SHOWN, "%s", json_is_true(value) ? "true" : "false");
	else
		(void)snprintf(buf, DOC_SHOWN, "%s", type_name(value));
	return buf;
}

/* "mounts[3].options[1]"; what does not fit is cut. Returns the length so far. */
static size_t put_path(const struct doc_node *node, char *buf, size_t size)
{
	size_t len = node->up ? put_path(node->up, buf, size) : 0;
	char key[KEY_SHOWN];
	int added;

	if (!node->up || len >= size)
		return len;
	if (node->key) {
		show_text(node->key, key, sizeof(key));
		added = snprintf(buf + len, size - len, "%s%s", len ? "." : "", key);
	} else {
		added = snprintf(buf + len, size - len, "[%zu]", node->index);
	}
	return added < 0 ? len : len + (size_t)added;
}

static int fail(const struct doc_node *node, int code, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static int fail(const struct doc_node *node, int code, const char *fmt, va_list ap)
{
	struct vps_err *err = node->doc->err;
	char sentence[sizeof(err->text)];
	char path[256] = "";

	(void)vsnprintf(sentence, sizeof(sentence), fmt, ap);
	(void)put_path(node, path, sizeof(path));
	if (*path)
		return vps_err_say(err, code, "%s: %s", path, sentence);
	return vps_err_say(err, code, "%s", sentence);
}

int doc_fail(const struct doc_node *node, const char *fmt, ...)
{
	va_list ap;
	int code;

	va_start(ap, fmt);
	code = fail(node, -EINVAL, fmt, ap);
	va_end(ap);
	return code;
}

int doc_fail_code(const struct doc_node *node, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	code = fail(node, code, fmt, ap);
	va_end(ap);
	return code;
}

int doc_no_memory(const struct doc_node *node)
{
	return vps_err_set(node->doc->err, -ENOMEM, "cannot keep the document");
}

bool doc_is(const struct doc_node *node, enum doc_type type)
{
	const json_t *value = node->value;

	switch (type) {
	case DOC_BOOL:
		return json_is_boolean(value);
	case DOC_INTEGER:
		return json_is_integer(value) || is_big(node);
	case DOC_STRING:
		return json_is_string(value) && !is_big(node);
	case DOC_OBJECT:
		return json_is_object(value);
	case DOC_STRINGS:
	case DOC_ARRAY:
		return json_is_array(value);
	case DOC_ANY:
		return true;
	}
	return false;
}

int doc_expect(const struct doc_node *node, enum doc_type type, const char *example)
{
	char shown[DOC_SHOWN];

	if (doc_is(node, type))
		return 0;
	if (json_is_real(node->value) && type == DOC_INTEGER)
		return doc_fail(node, "expected %s, got %s",
				example ? example : type_examples[type], doc_show(node, shown));
	return doc_fail(node, "expected %s, got %s", example ? example : type_examples[type],
			type_name(node->value));
}

size_t doc_count(const struct doc_node *node)
{
	return json_is_object(node->value) ? json_object_size(node->value) :
					     json_array_size(node->value);
}

bool doc_member(const struct doc_node *node, const char *key, struct doc_node *ret_node)
{
	json_t *value = json_object_get(node->value, key);

	if (!value || (node->doc->is_lenient && json_is_null(value)))
		return false;
	*ret_node = (struct doc_node){ .doc = node->doc, .up = node, .key = key, .value = value };
	return true;
}

const char *doc_string(const struct doc_node *node)
{
	char *copy;

	if (doc_expect(node, DOC_STRING, NULL) < 0)
		return NULL;
	copy = arena_strdup(node->doc->arena, json_string_value(node->value));
	if (!copy)
		(void)doc_no_memory(node);
	return copy;
}

/* The value of a JSON integer, those beyond 64 bits with a sign included. */
static bool integer_in(const json_t *value, int64_t lowest, uint64_t highest, uint64_t *ret_value)
{
	uint64_t number = 0;
	const char *digit;
	bool is_negative;

	if (json_is_integer(value)) {
		json_int_t given = json_integer_value(value);

		*ret_value = (uint64_t)given;
		return given >= lowest && (given < 0 || (uint64_t)given <= highest);
	}
	digit = json_string_value(value) + 1;
	is_negative = *digit == '-';
	for (digit += is_negative; *digit; digit++)
		if (*digit < '0' || *digit > '9' || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*digit - '0'), &number))
			return false;
	*ret_value = is_negative ? 0 - number : number;
	if (is_negative)
		return lowest < 0 && number <= 0 - (uint64_t)lowest;
	return number <= highest && (lowest <= 0 || number >= (uint64_t)lowest);
}

int doc_integer(const struct doc_node *node, int64_t lowest, uint64_t highest, uint64_t *ret_value)
{
	char shown[DOC_SHOWN];
	uint64_t value;

	if (doc_expect(node, DOC_INTEGER, NULL) < 0)
		return node->doc->err->code;
	if (!integer_in(node->value, lowest, highest, &value))
		return doc_fail(node, "%s is not within %jd to %ju", doc_show(node, shown),
				(intmax_t)lowest, (uintmax_t)highest);
	*ret_value = value;
	return 0;
}

static int read_string(const struct doc_node *node, void *item)
{
	const char **string = item;

	*string = doc_string(node);
	return *string ? 0 : node->doc->err->code;
}

int doc_each(const struct doc_node *node, size_t item_size,
	     int (*read)(const struct doc_node *node, void *item), void *ret_items,
	     size_t *ret_count)
{
	struct doc_node child = { .doc = node->doc, .up = node };
	size_t count = doc_count(node);
	char *items = arena_array(node->doc->arena, count + 1, item_size);
	const char *key;
	int r;

	if (!items)
		return doc_no_memory(node);
	if (json_is_array(node->value)) {
		json_array_foreach(node->value, child.index, child.value) {
			r = read(&child, items + child.index * item_size);
			if (r < 0)
				return r;
		}
	} else {
		json_object_foreach(node->value, key, child.value) {
			child.key = key;
			r = read(&child, items + child.index++ * item_size);
			if (r < 0)
				return r;
		}
	}
	memcpy(ret_items, &items, sizeof(items));
	if (ret_count)
		*ret_count = count;
	return 0;
}

/* Store an integer in a field of 1, 2, 4 or 8 bytes; its range was checked. */
static void store(void *field, size_t size, uint64_t value)
{
	switch (size) {
	case sizeof(uint8_t):
		*(uint8_t *)field = (uint8_t)value;
		break;
	case sizeof(uint16_t):
		*(uint16_t *)field = (uint16_t)value;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)field = (uint32_t)value;
		break;
	default:
		*(uint64_t *)field = value;
	}
}

/* What becomes of a value whose row has no read(). */
static int read_plain(const struct doc_node *node, const struct doc_key *key, void *field)
{
	uint64_t number;
	int r;

	switch (key->type) {
	case DOC_BOOL:
		*(bool *)field = json_is_true(node->value);
		return 0;
	case DOC_INTEGER:
		r = doc_integer(node, key->lowest, key->highest, &number);
		if (r == 0)
			store(field, key->size, number);
		return r;
	case DOC_STRING:
		return read_string(node, field);
	default:
		return doc_each(node, sizeof(const char *), read_string, field, NULL);
	}
}

int doc_value(const struct doc_node *node, const struct doc_key *key, void *into)
{
	void *field = (char *)into + key->offset;
	int r = doc_expect(node, key->type, NULL);

	if (r == 0)
		r = key->read ? key->read(node, field) : read_plain(node, key, field);
	if (r == 0 && key->has_offset)
		*((bool *)into + key->has_offset) = true;
	return r;
}

static int unknown_key(const struct doc_node *node, const struct doc_key *keys, const char *name)
{
	const struct doc_node child = { .doc = node->doc, .up = node, .key = name };
	char allowed[300] = "";
	size_t len = 0;

	for (; keys->name && len < sizeof(allowed); keys++) {
		int added = snprintf(allowed + len, sizeof(allowed) - len, "%s%s", len ? ", " : "",
				     keys->name);

		len += added > 0 ? (size_t)added : 0;
	}
	return doc_fail(&child, "unknown key; allowed are %s", allowed);
}

static bool is_key(const struct doc_key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (strcmp(keys->name, name) == 0)
			return true;
	return false;
}

int doc_object(const struct doc_node *node, const struct doc_key *keys, void *into)
{
	const struct doc_key *key;
	struct doc_node child;
	const char *name;
	json_t *value;
	int r = doc_expect(node, DOC_OBJECT, NULL);

	if (r < 0)
		return r;
	if (!node->doc->is_lenient)
		json_object_foreach(node->value, name, value)
			if (!is_key(keys, name))
				return unknown_key(node, keys, name);
	for (key = keys; key->name; key++) {
		if (!doc_member(node, key->name, &child)) {
			child = (struct doc_node){ .doc = node->doc, .up = node, .key = key->name };
			if (key->is_required)
				return doc_fail(&child, "missing; it is required");
			continue;
		}
		r = doc_value(&child, key, into);
		if (r < 0)
			return r;
	}
	return 0;
}
