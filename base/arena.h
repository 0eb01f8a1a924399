/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that is freed all at once: what a parsed document owns. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

/* Start with { 0 }. */
struct arena {
	struct arena_block *blocks;
};

/* Zeroed memory that lives until arena_free(), or NULL when there is none left. */
void *arena_alloc(struct arena *arena, size_t size);

/* The same for an array of count elements; NULL also when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A copy of text in the arena, or NULL. */
char *arena_strdup(struct arena *arena, const char *text);

/* A formatted string in the arena, or NULL. */
char *arena_printf(struct arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Free everything; the arena is empty and usable again. */
void arena_free(struct arena *arena);

#endif
