/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of ordinary documents around jansson's lexer; doc_load.c takes it first. */
#ifndef RUNTIME_DOC_PLAIN_H
#define RUNTIME_DOC_PLAIN_H

#include <stddef.h>

struct json_t;

/*
 * The tree of a document that holds nothing but what engines write: no
 * escapes, no bytes beyond ASCII, no fractions, no integers of 19 digits, no
 * duplicate keys.
 *
 * text   len bytes, nested no deeper than the stack bears
 * Returns a new reference, the same tree that jansson would make; or NULL:
 * there is something else in it, perhaps a mistake. Only jansson says what.
 */
struct json_t *doc_plain_load(const char *text, size_t len);

#endif
