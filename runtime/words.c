// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tests on strings; called by the parsers of specs and OCI configs. */
#include "words.h"

#include <net/if.h>
#include <stddef.h>
#include <string.h>

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
