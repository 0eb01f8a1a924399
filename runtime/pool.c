// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finds free addresses of a network in the registry's database; called by registry.c. */
#include "runtime/pool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>

#include "runtime/registry.h"

struct pool pool_make(const char *name, uint32_t gateway, uint8_t prefix)
{
	uint32_t hosts = UINT32_MAX >> prefix;
	struct pool pool = { .gateway = gateway, .first = (gateway & ~hosts) + 1,
			     .last = (gateway | hosts) - 1, .prefix = prefix };

	(void)snprintf(pool.name, sizeof(pool.name), "%s", name);
	return pool;
}

const char *pool_format(const struct pool *pool, char buf[ADDR_TEXT_SIZE])
{
	struct addr net = addr_from_ipv4(pool->first - 1, pool->prefix);

	return addr_format(&net, buf);
}

int pool_find(struct db *db, const char *name, struct pool *ret_pool, struct vps_err *err)
{
	OWN_QUERY *query = NULL;
	int r;

	r = db_query(db, &query, err, "SELECT gateway, prefix, next FROM networks WHERE name = ?",
		     "s", name);
	if (r == 0)
		r = db_next(query, err);
	if (r < 0)
		return r;
	if (r == 0)
		return vps_err_say(err, -VPS_ENOENT, "no network \"%s\"; leave network.bridge out for \"vps0\"", name);
	*ret_pool = pool_make(name, (uint32_t)db_int(query, 0), (uint8_t)db_int(query, 1));
	ret_pool->next = (uint32_t)db_int(query, 2);
	return 0;
}

/*
 * The lowest free address at or behind from, last + 1 when there is none. One
 * is free if it has no row and is not the gateway.
 */
static int free_address(struct db *db, const struct pool *pool, uint32_t from, uint32_t *ret_free,
			struct vps_err *err)
{
	int64_t found = from;
	int r;

	for (;;) {
		int64_t start = found;

		r = db_ask(db, &found, err,
			   "SELECT ?2 WHERE NOT EXISTS"
			   " (SELECT 1 FROM addresses WHERE network = ?1 AND address = ?2)"
			   " UNION ALL SELECT * FROM (SELECT a.address + 1 FROM addresses a"
			   " WHERE a.network = ?1 AND a.address >= ?2 AND NOT EXISTS (SELECT 1"
			   "  FROM addresses b WHERE b.network = ?1 AND b.address = a.address + 1)"
			   " ORDER BY a.address LIMIT 1) LIMIT 1", "si", pool->name, start);
		if (r < 0)
			return r;
		if (found != pool->gateway)
			break;
		found++;
	}
	*ret_free = found > pool->last ? pool->last + 1 : (uint32_t)found;
	return 0;
}

static int say_exhausted(struct db *db, const struct pool *pool, struct vps_err *err)
{
	char text[ADDR_TEXT_SIZE];
	int64_t used = 0;

	if (db_ask(db, &used, err, "SELECT count(*) FROM addresses WHERE network = ?", "s",
		   pool->name) < 0)
		return err->code;
	return vps_err_say(err, -VPS_EREFUSED,
			   "network \"%s\": all %" PRId64 " addresses of its pool %s are in use: destroy a VPS that nobody needs, or use another network",
			   pool->name, used, pool_format(pool, text));
}

int pool_take_next(struct db *db, const struct pool *pool, uint32_t *ret_address,
			struct vps_err *err)
{
	uint32_t from = pool->next, found = 0;

	if (from < pool->first || from > pool->last)
		from = pool->first;
	if (free_address(db, pool, from, &found, err) < 0)
		return err->code;
	if (found > pool->last && free_address(db, pool, pool->first, &found, err) < 0)
		return err->code;
	if (found > pool->last)
		return say_exhausted(db, pool, err);
	if (db_run(db, err, "UPDATE networks SET next = ? WHERE name = ?", "is",
		   (int64_t)found + 1, pool->name) < 0)
		return err->code;
	*ret_address = found;
	return 0;
}

int pool_check(struct db *db, const struct pool *pool, const struct addr *wanted,
			struct vps_err *err)
{
	char text[ADDR_TEXT_SIZE], pool_text[ADDR_TEXT_SIZE], owner[REGISTRY_NAME_SIZE];
	uint32_t number = wanted->family == AF_INET ? addr_to_ipv4(wanted) : 0;
	OWN_QUERY *query = NULL;
	int r;

	(void)addr_format_host(wanted, text);
	(void)pool_format(pool, pool_text);
	if (number < pool->first - 1 || number > pool->last + 1)
		return vps_err_say(err, -VPS_EMISUSE,
				   "address %s is outside of the pool %s of network \"%s\"", text,
				   pool_text, pool->name);
	if (number < pool->first || number > pool->last || number == pool->gateway)
		return vps_err_say(err, -VPS_EMISUSE,
				   "address %s is the %s of network \"%s\" (%s), and no VPS can have it",
				   text, number == pool->gateway ? "gateway" :
				   number < pool->first ? "first address" : "broadcast address",
				   pool->name, pool_text);
	r = db_query(db, &query, err, "SELECT vps FROM addresses WHERE network = ? AND address = ?",
		     "si", pool->name, (int64_t)number);
	if (r == 0)
		r = db_next(query, err);
	if (r > 0)
		return vps_err_say(err, -VPS_EEXIST, "address %s belongs to VPS \"%s\"", text,
				   db_text(query, 0, owner, sizeof(owner)));
	return r;
}
