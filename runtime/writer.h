/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON put together with one sticky flag: each put takes its value and may
 * fail silently, and writer_text() at the end says whether all went well.
 */
#ifndef RUNTIME_WRITER_H
#define RUNTIME_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct json_t;

struct writer {
	bool has_failed;	/* memory ran out somewhere */
};

void own_json(struct json_t **value);

#define OWN_JSON	__attribute__((cleanup(own_json))) struct json_t

/* A member of an object. value is taken, also on failure; NULL is a failure of before. */
void writer_put(struct writer *w, struct json_t *object, const char *key, struct json_t *value);

/* The same with a string (NULL: leave the member out), a number, true (false: leave it out). */
void writer_string(struct writer *w, struct json_t *object, const char *key, const char *text);
void writer_number(struct writer *w, struct json_t *object, const char *key, int64_t number);
void writer_true(struct writer *w, struct json_t *object, const char *key, bool value);

/* An array of strings that ends with NULL; left out when there are none. */
void writer_strings(struct writer *w, struct json_t *object, const char *key,
		    const char *const *texts);

/* A section: an object or array, left out when it is empty. */
void writer_section(struct writer *w, struct json_t *object, const char *key,
		    struct json_t *section);

/* An element of an array. value is taken. */
void writer_append(struct writer *w, struct json_t *array, struct json_t *value);

/*
 * The document as text: two spaces a level, a line break at the end.
 *
 * ret_text  malloc()ed; the caller frees it
 * Returns 0, or -ENOMEM with err set, also for a put that failed.
 */
int writer_text(const struct writer *w, const struct json_t *root, char **ret_text,
		struct vps_err *err);

#endif
