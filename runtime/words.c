// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tests on strings; called by the parsers of specs and OCI configs. */
#include "words.h"

#include <net/if.h>
#include <stddef.h>
#include <string.h>

#include "base/own.h"

bool word_is_clean_path(const char *text)
{
	if (text[0] != '/')
		return false;
	if (text[1] == '\0')
		return true;
	while (*text) {
		size_t len = strcspn(++text, "/");

		if (len == 0 || (len == 1 && text[0] == '.') || (len == 2 && !memcmp(text, "..", 2)))
			return false;
		text += len;
	}
	return true;
}

bool word_has_dotdot(const char *text)
{
	for (;;) {
		size_t len = strcspn(text, "/");

		if (len == 2 && !memcmp(text, "..", 2))
			return true;
		if (!text[len])
			return false;
		text += len + 1;
	}
}

bool word_is_within(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

bool word_has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

bool word_is_interface(const char *text)
{
	return *text && strlen(text) < IF_NAMESIZE && !strpbrk(text, "/: %") &&
	       !word_has_control(text) && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

bool word_is_assignment(const char *text)
{
	return *text != '=' && strchr(text, '=');
}

/* Length of the character at the start of text, or 0. */
static size_t character(const unsigned char *text)
{
	static const struct {
		unsigned char first, last;	/* leading byte */
		unsigned char low, high;	/* the one behind it; the others are 80..bf */
		size_t        len;
	} rows[] = {	/* Unicode, table 3-7: well-formed UTF-8 byte sequences */
		{ 0x01, 0x7f, 0, 0xff, 1 },    { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t row, at;

	for (row = 0; row < ARRAY_LEN(rows); row++)
		if (*text >= rows[row].first && *text <= rows[row].last)
			break;
	if (row == ARRAY_LEN(rows) ||
	    (rows[row].len > 1 && (text[1] < rows[row].low || text[1] > rows[row].high)))
		return 0;
	for (at = 2; at < rows[row].len; at++)
		if (text[at] < 0x80 || text[at] > 0xbf)
			return 0;
	return rows[row].len;
}

bool word_is_utf8(const char *text)
{
	while (*text) {
		size_t len = character((const unsigned char *)text);

		if (len == 0)
			return false;
		text += len;
	}
	return true;
}
