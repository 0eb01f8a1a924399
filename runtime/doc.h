/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A JSON document read into plain structs by tables: one row per key. Every
 * failure is one sentence that starts with the JSON path of the culprit.
 */
#ifndef RUNTIME_DOC_H
#define RUNTIME_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

#define DOC_DEPTH_MAX	32	/* arrays and objects inside each other */

struct json_t;

/* A document that is being read. Release with doc_close(). */
struct doc {
	struct arena   *arena;		/* what is read is copied into it; borrowed */
	struct vps_err *err;		/* borrowed */
	bool            is_lenient;	/* unknown keys are ignored, null is as if absent (OCI) */
	bool            has_big;	/* set when an integer above INT64_MAX was found */
	struct json_t  *root;		/* lives until doc_close(); json_deep_copy() outlives it */
	void           *room;		/* what it lives in */
	size_t          room_size;
};

/* One value and where it stands. Lives on the stack of whoever reads it. */
struct doc_node {
	struct doc            *doc;
	const struct doc_node *up;	/* NULL: the whole document */
	const char            *key;	/* NULL: an element of an array */
	size_t                 index;
	struct json_t         *value;
};

/* What a key's value must be, and what becomes of it where the row has no read(). */
enum doc_type {
	DOC_BOOL,	/* bool */
	DOC_INTEGER,	/* an integer of the row's size, lowest..highest */
	DOC_STRING,	/* const char * */
	DOC_STRINGS,	/* const char *const *, NULL-terminated */
	DOC_OBJECT,	/* needs read() */
	DOC_ARRAY,	/* needs read() */
	DOC_ANY,	/* needs read() */
};

/* One key of an object. A table ends with a row whose name is NULL. */
struct doc_key {
	const char   *name;
	enum doc_type type;
	size_t        offset, size;	/* of the field: DOC_FIELD() */
	int64_t       lowest;		/* of an integer */
	uint64_t      highest;
	size_t        has_offset;	/* of a bool that becomes true; 0: none */
	bool          is_required;
	/* Reads the value (its type is checked already) into the field. 0 or -errno with err set. */
	int         (*read)(const struct doc_node *node, void *field);
};

#define DOC_FIELD(type, field) \
	.offset = offsetof(type, field), .size = sizeof(((type *)0)->field)

/*
 * Parse text. Keys that occur twice, anything behind the document, nesting
 * deeper than DOC_DEPTH_MAX and text above max bytes are refused.
 *
 * doc       arena, err and is_lenient are set by the caller
 * ret_root  the node of the whole document
 *
 * Returns 0, or -errno with doc->err set and nothing to close.
 */
int doc_open(struct doc *doc, const char *text, size_t len, size_t max, struct doc_node *ret_root);

void doc_close(struct doc *doc);

/*
 * Find the text of a value without parsing the document. It is that of the first member of
 * that name, as doc_open() finds out: it refuses a second one. In what is no JSON it is anything.
 *
 * keys  of members, from the whole document down; NULL-terminated
 * Returns whether there is one; it lies in text.
 */
bool doc_find(const char *text, size_t len, const char *const *keys, const char **ret_value,
	      size_t *ret_len);

/*
 * Read an object by its table into a struct.
 *
 * Returns 0, or -errno with err set; the struct is then half-filled.
 */
int doc_object(const struct doc_node *node, const struct doc_key *keys, void *into);

/* Read one value as the row says. What doc_object() does with each key. */
int doc_value(const struct doc_node *node, const struct doc_key *key, void *into);

/*
 * Read each element of an array, or each member of an object, into an array of
 * structs. It has one zeroed struct more than ret_count says.
 *
 * ret_items  points to a pointer; gets an array in the arena
 */
int doc_each(const struct doc_node *node, size_t item_size,
	     int (*read)(const struct doc_node *node, void *item), void *ret_items,
	     size_t *ret_count);

/* The string of a DOC_STRING, copied to the arena, or NULL with err set. */
const char *doc_string(const struct doc_node *node);

/* An integer within lowest..highest, or -errno with err set. */
int doc_integer(const struct doc_node *node, int64_t lowest, uint64_t highest, uint64_t *ret_value);

/* The number of a value of that type, or an error that says what it is instead. */
int doc_expect(const struct doc_node *node, enum doc_type type, const char *example);

/* The node of a member; false when it is not there. */
bool doc_member(const struct doc_node *node, const char *key, struct doc_node *ret_node);

size_t doc_count(const struct doc_node *node);	/* elements or members */
bool doc_is(const struct doc_node *node, enum doc_type type);

/* The value as a person would recognise it, short and on one line, into buf. Returns buf. */
#define DOC_SHOWN	80
const char *doc_show(const struct doc_node *node, char buf[DOC_SHOWN]);

/* The same of a string: quoted, cut, control characters replaced. */
const char *doc_quote(const char *text, char buf[DOC_SHOWN]);

/* The same without the quotes. */
const char *doc_printable(const char *text, char buf[DOC_SHOWN]);

/* A place below a node, for a message: a member, or with key NULL an element. */
static inline struct doc_node doc_below(const struct doc_node *up, const char *key, size_t index)
{
	return (struct doc_node){ .doc = up->doc, .up = up, .key = key, .index = index };
}

/* Record "PATH: sentence" with -EINVAL, or with code. Returns the code. */
int doc_fail(const struct doc_node *node, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int doc_fail_code(const struct doc_node *node, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Record that memory ran out. Returns -ENOMEM. */
int doc_no_memory(const struct doc_node *node);

#endif
