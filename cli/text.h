/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that a stranger may have written, made safe for a terminal and for JSON. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The UTF-8 character at the start of a NUL-terminated text.
 * Returns its length in bytes, or 0 when the bytes there are not UTF-8.
 */
size_t text_decode(const char *text, uint32_t *ret_code) __attribute__((nonnull));

/* Whether a terminal would act on this character instead of showing it. */
int text_is_control(uint32_t code);

/*
 * A copy in which control characters and bytes that are not UTF-8 read \xNN.
 * malloc()ed; NULL when there is no memory left.
 */
char *text_escape(const char *text) __attribute__((nonnull));

/* How many columns an escaped text takes: its characters. */
size_t text_width(const char *escaped) __attribute__((nonnull));

#endif
