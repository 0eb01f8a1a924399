/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The addresses of one network that its VPSs can have. All but pool_make() and
 * pool_format() read the registry's database, inside of its transaction.
 */
#ifndef RUNTIME_POOL_H
#define RUNTIME_POOL_H

#include <stdint.h>

#include "base/err.h"
#include "netns/addr.h"
#include "runtime/db.h"

/* IPv4 in host order: first..last without the gateway. */
struct pool {
	char		name[16];	/* of the network */
	uint32_t	gateway, first, last;
	uint32_t	next;		/* where to look for a free one first */
	uint8_t		prefix;
};

/* The pool around a gateway; prefix 1 to 30. */
struct pool pool_make(const char *name, uint32_t gateway, uint8_t prefix);

/* "10.173.0.0/16" into buf. Returns buf. */
const char *pool_format(const struct pool *pool, char buf[ADDR_TEXT_SIZE]);

/* Look a network's up. Returns 0, -VPS_ENOENT, or another -errno; err is set on failure. */
int pool_find(struct db *db, const char *name, struct pool *ret_pool, struct vps_err *err)
	__attribute__((nonnull));

/*
 * Choose the next free address, starting where the last choice ended and going
 * round once. The caller inserts its row.
 *
 * Returns 0; -VPS_EREFUSED when all are in use; or another -errno with err set.
 */
int pool_take_next(struct db *db, const struct pool *pool, uint32_t *ret_address,
		   struct vps_err *err) __attribute__((nonnull));

/*
 * Whether a VPS can have the wanted address: 0; -VPS_EMISUSE when it is not
 * one of the pool; -VPS_EEXIST when another has it, who is named; or -errno.
 */
int pool_check(struct db *db, const struct pool *pool, const struct addr *wanted,
	       struct vps_err *err) __attribute__((nonnull));

#endif
