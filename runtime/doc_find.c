// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finds a value in the text of a document without parsing it; called before doc_open(). */
#include <string.h>

#include "doc.h"

/* Where reading has come to; at the end of the text nothing more is found. */
struct cursor {
	const char *at, *end;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct cursor *c)
{
	while (c->at < c->end && is_space(*c->at))
		c->at++;
}

/* The next character that means something is that one: go past it. */
static bool take(struct cursor *c, char wanted)
{
	skip_space(c);
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

/* Past the quote that ends the string whose first character is next. */
static bool skip_string(struct cursor *c)
{
	for (; c->at < c->end; c->at++) {
		if (*c->at == '"') {
			c->at++;
			return true;
		}
		if (*c->at == '\\' && ++c->at == c->end)
			return false;
	}
	return false;
}

/* Up to the comma or bracket behind the value that is next. */
static bool skip_value(struct cursor *c)
{
	int depth = 0;

	while (c->at < c->end) {
		char next = *c->at;

		if (depth == 0 && (next == ',' || next == '}' || next == ']'))
			return true;
		c->at++;
		if (next == '{' || next == '[')
			depth++;
		else if (next == '}' || next == ']')
			depth--;
		else if (next == '"' && !skip_string(c))
			return false;
	}
	return false;
}

/* Go to the value of that member of the object that is next. */
static bool enter(struct cursor *c, const char *key)
{
	bool is_first = true;

	if (!take(c, '{'))
		return false;
	for (;; is_first = false) {
		const char *name;

		if ((!is_first && !take(c, ',')) || !take(c, '"'))
			return false;
		name = c->at;
		if (!skip_string(c))
			return false;
		if ((size_t)(c->at - 1 - name) == strlen(key) &&
		    memcmp(name, key, strlen(key)) == 0)
			return take(c, ':');
		if (!take(c, ':') || !skip_value(c))
			return false;
	}
}

bool doc_find(const char *text, size_t len, const char *const *keys, const char **ret_value,
	      size_t *ret_len)
{
	struct cursor c = { text, text + len };

	for (; *keys; keys++)
		if (!enter(&c, *keys))
			return false;
	skip_space(&c);
	*ret_value = c.at;
	if (!skip_value(&c))
		return false;
	while (c.at > *ret_value && is_space(c.at[-1]))
		c.at--;
	*ret_len = (size_t)(c.at - *ret_value);
	return *ret_len > 0;
}
