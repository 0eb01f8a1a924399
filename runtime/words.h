/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What makes a string a path, a name or an address: tests that the parsers share. */
#ifndef RUNTIME_WORDS_H
#define RUNTIME_WORDS_H

#include <stdbool.h>

/* Absolute, and every part of it a name: no "//", ".", "..", trailing slash. "/" itself is. */
bool word_is_clean_path(const char *text);

/* Whether one of the parts between slashes is "..". */
bool word_has_dotdot(const char *text);

/* Whether path is dir or lies below it; both clean. */
bool word_is_within(const char *path, const char *dir);

/* A network interface's name: 1..15 bytes without slash, colon, space, control; not "." or "..". */
bool word_is_interface(const char *text);

/* "KEY=VALUE" with a key. */
bool word_is_assignment(const char *text);

/* Whether it holds a character below space, or DEL. */
bool word_has_control(const char *text);

/* Whether it is UTF-8 as JSON takes it: no overlong form, no surrogate, nothing above U+10FFFF. */
bool word_is_utf8(const char *text);

#endif
