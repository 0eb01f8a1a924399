/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON on stdout, written as it is known. A key of NULL is an element of an array. */
#ifndef CLI_EMIT_H
#define CLI_EMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Start with { 0 }. */
struct emit {
	unsigned depth;
	bool     is_filled;	/* the innermost object or array has a member */
	bool     is_compact;	/* all on one line; set by the caller */
};

void emit_object(struct emit *emit, const char *key);
void emit_array(struct emit *emit, const char *key);
/* bracket is '}' or ']'; the outermost one also ends the line. */
void emit_end(struct emit *emit, char bracket);

void emit_text(struct emit *emit, const char *key, const char *text);	/* NULL: null */
void emit_number(struct emit *emit, const char *key, int64_t number);
void emit_unsigned(struct emit *emit, const char *key, uint64_t number);
/* A number that is text already, such as 0.25: digits and a dot. */
void emit_digits(struct emit *emit, const char *key, const char *digits);
void emit_bool(struct emit *emit, const char *key, bool is_true);
void emit_null(struct emit *emit, const char *key);
/* An array of strings that ends with NULL; NULL: an empty one. */
void emit_texts(struct emit *emit, const char *key, const char *const *texts);

#endif
