// SPDX-License-Identifier: GPL-2.0-or-later
/* Escapes what tenants and files supplied, for say.c, table.c and emit.c. */
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

size_t text_decode(const char *text, uint32_t *ret_code)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	uint32_t code;
	size_t len, i;

	if (p[0] < 0x80)
		len = 1, code = p[0];
	else if ((p[0] & 0xe0) == 0xc0)
		len = 2, code = p[0] & 0x1f;
	else if ((p[0] & 0xf0) == 0xe0)
		len = 3, code = p[0] & 0x0f;
	else if ((p[0] & 0xf8) == 0xf0)
		len = 4, code = p[0] & 0x07;
	else
		return 0;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < lowest[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return len;
}

int text_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) ||
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

char *text_escape(const char *text)
{
	char *copy = malloc(4 * strlen(text) + 1);
	char *out = copy;

	if (!copy)
		return NULL;
	while (*text) {
		uint32_t code = 0;
		size_t len = text_decode(text, &code);
		size_t i;

		if (len && !text_is_control(code)) {
			out = mempcpy(out, text, len);
			text += len;
			continue;
		}
		for (i = 0; i < (len ? len : 1); i++)
			out += sprintf(out, "\\x%02x", (unsigned char)*text++);
	}
	*out = '\0';
	return copy;
}

size_t text_width(const char *escaped)
{
	size_t width = 0;

	for (; *escaped; escaped++)
		width += (*escaped & 0xc0) != 0x80;	/* not a continuation byte */
	return width;
}
