/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that make the next start faster; without them it only takes longer. */
#ifndef ISOLATION_CACHE_H
#define ISOLATION_CACHE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Read what cache_put() wrote, if nobody else can have written it: whoever
 * writes there decides what containers may do. It can be from before the last
 * boot, cut by a power failure, or another program's of the same name.
 *
 * cache_fd   directory, borrowed; FD_NONE: there is no cache
 * name       no slash
 * max        most bytes accepted
 * ret_bytes  malloc()ed, a NUL behind the last; the caller frees it
 *
 * Returns whether there is such a file; if not, the outputs are untouched.
 */
bool cache_get(int cache_fd, const char *name, size_t max, char **ret_bytes, size_t *ret_len);

/* Replace it in one step. Best effort, and not durable. */
void cache_put(int cache_fd, const char *name, const void *bytes, size_t len);

#endif
