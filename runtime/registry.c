// SPDX-License-Identifier: LGPL-2.1-or-later
/* What no two VPSs may share, in one SQLite file; called by create, destroy, rename, start. */
#include "runtime/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/own.h"
#include "runtime/db.h"
#include "runtime/pool.h"
#include "runtime/subids.h"

/*
 * Version N + 1 from version N; never edited once released. Addresses are
 * numbers so that free ones are found by an index. The default pool is none of
 * those that docker, podman, lxc, libvirt or Kubernetes start with.
 */
static const char *const steps[] = {
	"CREATE TABLE networks ("
	"  name    TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 15),"
	"  gateway INTEGER NOT NULL CHECK (gateway BETWEEN 1 AND 4294967294),"
	"  prefix  INTEGER NOT NULL CHECK (prefix BETWEEN 8 AND 30),"
	"  next    INTEGER NOT NULL"	/* where to look for a free address first */
	");"
	"INSERT INTO networks VALUES ('vps0', 0x0aad0001, 16, 0);"	/* 10.173.0.1/16 */
	"CREATE TABLE vps ("
	"  name     TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 127),"
	"  uuid     TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),"
	"  link     TEXT NOT NULL UNIQUE CHECK (length(link) BETWEEN 1 AND 15),"
	"  id_start INTEGER NOT NULL UNIQUE"
	"    CHECK (id_start % 65536 = 0 AND id_start BETWEEN 0x24000000 AND 0x7ffe0000)"
	");"
	"CREATE TABLE addresses ("
	"  network TEXT NOT NULL REFERENCES networks (name),"
	"  address INTEGER NOT NULL CHECK (address BETWEEN 1 AND 4294967294),"
	"  mac     TEXT NOT NULL UNIQUE CHECK (length(mac) = 17),"
	"  vps     TEXT NOT NULL UNIQUE REFERENCES vps (name)"
	"    ON UPDATE CASCADE ON DELETE CASCADE,"
	"  PRIMARY KEY (network, address)"
	") WITHOUT ROWID;"
	"CREATE TABLE id_ranges_next (next INTEGER NOT NULL);"	/* where to look first */
	"INSERT INTO id_ranges_next VALUES (0x24000000);",
};

static const struct db_schema schema = {
	.file		= "registry.db",
	.application_id	= 0x76707372,	/* "vpsr" */
	.steps		= steps,
	.version	= ARRAY_LEN(steps),
};

struct registry {
	struct db	*db;
	int		etc_fd;		/* borrowed; FD_NONE: /etc */
};

/* One allocation on its way, shared by the steps of its transaction. */
struct wish {
	const char		*name;
	const char		*network;	/* or NULL */
	const struct addr	*wanted;	/* or NULL */
	struct subids		foreign;
	struct allocation	got;
};

int registry_open(int root_fd, struct registry **ret_registry, struct vps_err *err)
{
	OWN_MEM struct registry *registry = calloc(1, sizeof(*registry));
	int r;

	if (!registry)
		return vps_err_set(err, -ENOMEM, "registry");
	registry->etc_fd = FD_NONE;
	r = db_open(root_fd, &schema, &registry->db, err);
	if (r < 0)
		return r;
	*ret_registry = mem_take(&registry);
	return 0;
}

void registry_close(struct registry *registry)
{
	if (!registry)
		return;
	db_close(registry->db);
	free(registry);
}

void registry_use_etc(struct registry *registry, int etc_fd)
{
	registry->etc_fd = etc_fd;
}

static int check_name(const char *name, struct vps_err *err)
{
	size_t len = strlen(name);

	if (len == 0 || len >= REGISTRY_NAME_SIZE)
		return vps_err_say(err, -VPS_EMISUSE,
				   "the name of a VPS has 1 to %d bytes, not %zu",
				   REGISTRY_NAME_SIZE - 1, len);
	return 0;
}

/* Reading */

#define SELECT_ALLOCATIONS \
	"SELECT v.name, v.uuid, v.link, v.id_start, a.network, a.mac, a.address, n.gateway, n.prefix" \
	" FROM vps v LEFT JOIN addresses a ON a.vps = v.name" \
	" LEFT JOIN networks n ON n.name = a.network "

/* A row of the statement above. */
static int read_allocation(struct db_query *row, struct allocation *ret, struct vps_err *err)
{
	struct allocation got = { .id_start = (uint32_t)db_int(row, 3) };
	uint8_t prefix = (uint8_t)db_int(row, 8);
	char mac[MAC_TEXT_SIZE];

	(void)db_text(row, 0, got.name, sizeof(got.name));
	(void)db_text(row, 1, got.uuid, sizeof(got.uuid));
	(void)db_text(row, 2, got.link_name, sizeof(got.link_name));
	(void)db_text(row, 4, got.network, sizeof(got.network));
	if (got.network[0]) {
		if (mac_parse(db_text(row, 5, mac, sizeof(mac)), &got.mac, err) < 0)
			return vps_err_in(err, "registry: VPS \"%s\"", got.name);
		got.address = addr_from_ipv4((uint32_t)db_int(row, 6), prefix);
		got.gateway = addr_from_ipv4((uint32_t)db_int(row, 7), prefix);
	}
	*ret = got;
	return 0;
}

int registry_find(struct registry *registry, const char *name, struct allocation *ret,
		  struct vps_err *err)
{
	OWN_QUERY *query = NULL;
	int r;

	r = db_query(registry->db, &query, err, SELECT_ALLOCATIONS "WHERE v.name = ?", "s", name);
	if (r == 0)
		r = db_next(query, err);
	if (r < 0)
		return r;
	if (r == 0)
		return vps_err_say(err, -VPS_ENOENT, "no VPS \"%s\" in the registry", name);
	return read_allocation(query, ret, err);
}

struct allocations {
	struct allocation	*rows;
	size_t			count;
};

static int add_allocation(struct allocations *all, struct db_query *row, struct vps_err *err)
{
	/* Room doubles whenever count is a power of two. */
	if ((all->count & (all->count - 1)) == 0) {
		struct allocation *grown = reallocarray(all->rows, all->count ? 2 * all->count : 1,
							sizeof(*grown));

		if (!grown)
			return vps_err_set(err, -ENOMEM, "registry");
		all->rows = grown;
	}
	if (read_allocation(row, &all->rows[all->count], err) < 0)
		return err->code;
	all->count++;
	return 0;
}

static int read_all(struct db *db, struct allocations *all, struct vps_err *err)
{
	OWN_QUERY *query = NULL;
	int r;

	r = db_query(db, &query, err, SELECT_ALLOCATIONS "ORDER BY v.name", "");
	if (r < 0)
		return r;
	while ((r = db_next(query, err)) > 0)
		if (add_allocation(all, query, err) < 0)
			return err->code;
	return r;
}

int registry_each(struct registry *registry, registry_fn *fn, void *data, struct vps_err *err)
{
	struct allocations all = { 0 };
	size_t i;
	int r;

	r = read_all(registry->db, &all, err);
	for (i = 0; r == 0 && i < all.count; i++)
		r = fn(&all.rows[i], data, err);
	free(all.rows);
	return r;
}

/* Allocating: what is free, from where the last allocation ended, and round once. */

/* The lowest free range at or behind from, REGISTRY_ID_END when there is none. */
static int free_ids(struct db *db, const struct subids *foreign, int64_t from, int64_t *ret_free,
		    struct vps_err *err)
{
	int64_t found = from;
	uint64_t end;

	for (;;) {
		int64_t start = found;

		if (db_ask(db, &found, err,
			   "SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM vps WHERE id_start = ?1)"
			   " UNION ALL SELECT * FROM (SELECT a.id_start + 65536 FROM vps a"
			   " WHERE a.id_start >= ?1 AND NOT EXISTS (SELECT 1 FROM vps b"
			   "  WHERE b.id_start = a.id_start + 65536)"
			   " ORDER BY a.id_start LIMIT 1) LIMIT 1", "i", start) < 0)
			return err->code;
		end = subids_overlap(foreign, (uint64_t)found, REGISTRY_IDS);
		if (!end || found >= REGISTRY_ID_END)
			break;
		found = (int64_t)((end + REGISTRY_IDS - 1) / REGISTRY_IDS * REGISTRY_IDS);
	}
	*ret_free = found < REGISTRY_ID_END ? found : REGISTRY_ID_END;
	return 0;
}

static int next_ids(struct db *db, const struct subids *foreign, uint32_t *ret_start,
		    struct vps_err *err)
{
	int64_t from = REGISTRY_ID_FIRST, found = 0;

	if (db_ask(db, &from, err, "SELECT next FROM id_ranges_next", "") < 0)
		return err->code;
	if (from < REGISTRY_ID_FIRST || from >= REGISTRY_ID_END)
		from = REGISTRY_ID_FIRST;
	if (free_ids(db, foreign, from, &found, err) < 0)
		return err->code;
	if (found == REGISTRY_ID_END &&
	    free_ids(db, foreign, REGISTRY_ID_FIRST, &found, err) < 0)
		return err->code;
	if (found == REGISTRY_ID_END)
		return vps_err_say(err, -VPS_EREFUSED,
				   "all ranges of %u ids between %u and %u are in use by VPSs or given to users by /etc/subuid or /etc/subgid: destroy a VPS that nobody needs",
				   REGISTRY_IDS, REGISTRY_ID_FIRST, REGISTRY_ID_END);
	if (db_run(db, err, "UPDATE id_ranges_next SET next = ?", "i",
		   found + (int64_t)REGISTRY_IDS) < 0)
		return err->code;
	*ret_start = (uint32_t)found;
	return 0;
}

static int random_bytes(uint8_t *bytes, size_t size, struct vps_err *err)
{
	if (getrandom(bytes, size, 0) != (ssize_t)size)
		return vps_err_set(err, -EIO, "cannot get random numbers");
	return 0;
}

/*
 * A random (version 4) uuid, and a link name of 48 of its bits: names of VPSs
 * are too long for a link, and change.
 */
static int next_uuid(struct db *db, struct allocation *got, struct vps_err *err)
{
	int64_t taken = 0;
	uint8_t b[16];

	do {
		if (random_bytes(b, sizeof(b), err) < 0)
			return err->code;
		b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
		b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
		(void)snprintf(got->uuid, sizeof(got->uuid),
			       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			       b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
			       b[11], b[12], b[13], b[14], b[15]);
		(void)snprintf(got->link_name, sizeof(got->link_name),
			       "vps%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
		if (db_ask(db, &taken, err, "SELECT count(*) FROM vps WHERE link = ? OR uuid = ?",
			   "ss", got->link_name, got->uuid) < 0)
			return err->code;
	} while (taken);
	return 0;
}

/* Random rather than derived from the address: a VPS may move to another host with both. */
static int next_mac(struct db *db, struct mac *ret_mac, struct vps_err *err)
{
	char text[MAC_TEXT_SIZE];
	int64_t taken = 0;
	uint8_t bytes[6];

	do {
		if (random_bytes(bytes, sizeof(bytes), err) < 0)
			return err->code;
		*ret_mac = mac_from_bytes(bytes);
		if (db_ask(db, &taken, err, "SELECT count(*) FROM addresses WHERE mac = ?", "s",
			   mac_format(ret_mac, text)) < 0)
			return err->code;
	} while (taken);
	return 0;
}

static int allocate_address(struct db *db, struct wish *wish, struct vps_err *err)
{
	struct allocation *got = &wish->got;
	char mac[MAC_TEXT_SIZE];
	struct pool pool = { 0 };
	uint32_t number = 0;

	if (pool_find(db, wish->network, &pool, err) < 0)
		return err->code;
	if (wish->wanted) {
		if (pool_check(db, &pool, wish->wanted, err) < 0)
			return err->code;
		number = addr_to_ipv4(wish->wanted);
	} else if (pool_take_next(db, &pool, &number, err) < 0) {
		return err->code;
	}
	if (next_mac(db, &got->mac, err) < 0)
		return err->code;
	memcpy(got->network, pool.name, sizeof(got->network));
	got->address = addr_from_ipv4(number, pool.prefix);
	got->gateway = addr_from_ipv4(pool.gateway, pool.prefix);
	if (db_run(db, err, "INSERT INTO addresses (network, address, mac, vps) VALUES (?, ?, ?, ?)",
		   "siss", got->network, (int64_t)number, mac_format(&got->mac, mac),
		   wish->name) < 0)
		return err->code;
	return 0;
}

static int allocate(struct db *db, void *data, struct vps_err *err)
{
	struct wish *wish = data;
	int64_t taken = 0;

	if (db_ask(db, &taken, err, "SELECT count(*) FROM vps WHERE name = ?", "s",
		   wish->name) < 0)
		return err->code;
	if (taken)
		return vps_err_say(err, -VPS_EEXIST, "VPS \"%s\" is in the registry already",
				   wish->name);
	(void)snprintf(wish->got.name, sizeof(wish->got.name), "%s", wish->name);
	if (next_uuid(db, &wish->got, err) < 0 ||
	    next_ids(db, &wish->foreign, &wish->got.id_start, err) < 0 ||
	    db_run(db, err, "INSERT INTO vps (name, uuid, link, id_start) VALUES (?, ?, ?, ?)",
		   "sssi", wish->name, wish->got.uuid, wish->got.link_name,
		   (int64_t)wish->got.id_start) < 0)
		return err->code;
	return wish->network ? allocate_address(db, wish, err) : 0;
}

static int read_foreign(const struct registry *registry, struct subids *ret, struct vps_err *err)
{
	OWN_FD etc_fd = FD_NONE;

	if (registry->etc_fd >= 0)
		return subids_read(registry->etc_fd, ret, err);
	etc_fd = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (etc_fd < 0)
		return vps_err_set(err, -errno, "cannot open /etc");
	return subids_read(etc_fd, ret, err);
}

int registry_allocate(struct registry *registry, const char *name, const char *network,
		      const struct addr *wanted, struct allocation *ret, struct vps_err *err)
{
	struct wish wish = { .name = name, .network = network, .wanted = wanted };
	int r;

	if (check_name(name, err) < 0)
		return err->code;
	r = read_foreign(registry, &wish.foreign, err);
	if (r == 0)
		r = db_transaction(registry->db, allocate, &wish, err);
	if (r == 0)
		*ret = wish.got;
	subids_free(&wish.foreign);
	return r;
}

struct mac_wish {
	const char	 *name;
	const struct mac *wanted;	/* or NULL */
};

static int set_mac(struct db *db, void *data, struct vps_err *err)
{
	const struct mac_wish *wish = data;
	char text[MAC_TEXT_SIZE], owner[REGISTRY_NAME_SIZE];
	OWN_QUERY *query = NULL;
	struct mac mac;
	int r, changed;

	if (wish->wanted)
		mac = *wish->wanted;
	else if (next_mac(db, &mac, err) < 0)
		return err->code;
	r = db_query(db, &query, err, "SELECT vps FROM addresses WHERE mac = ? AND vps <> ?", "ss",
		     mac_format(&mac, text), wish->name);
	if (r == 0)
		r = db_next(query, err);
	if (r > 0)
		return vps_err_say(err, -VPS_EEXIST, "%s belongs to VPS \"%s\"", text,
				   db_text(query, 0, owner, sizeof(owner)));
	if (r < 0)
		return r;
	changed = db_run(db, err, "UPDATE addresses SET mac = ? WHERE vps = ?", "ss", text,
			 wish->name);
	if (changed == 0)
		return vps_err_say(err, -VPS_ENOENT, "VPS \"%s\" has no address", wish->name);
	return changed < 0 ? changed : 0;
}

int registry_set_mac(struct registry *registry, const char *name, const struct mac *mac,
		     struct vps_err *err)
{
	struct mac_wish wish = { .name = name, .wanted = mac };

	return db_transaction(registry->db, set_mac, &wish, err);
}

/* Giving back, renaming */

int registry_release(struct registry *registry, const char *name, struct vps_err *err)
{
	int r = db_run(registry->db, err, "DELETE FROM vps WHERE name = ?", "s", name);

	return r < 0 ? r : 0;
}

struct names {
	const char *from, *to;
};

static int rename_row(struct db *db, void *data, struct vps_err *err)
{
	const struct names *names = data;
	int64_t taken = 0;
	int changed;

	if (db_ask(db, &taken, err, "SELECT count(*) FROM vps WHERE name = ?", "s",
		   names->to) < 0)
		return err->code;
	if (taken)
		return vps_err_say(err, -VPS_EEXIST, "VPS \"%s\" is in the registry already",
				   names->to);
	changed = db_run(db, err, "UPDATE vps SET name = ? WHERE name = ?", "ss", names->to,
			 names->from);
	if (changed == 0)
		return vps_err_say(err, -VPS_ENOENT, "no VPS \"%s\" in the registry", names->from);
	return changed < 0 ? changed : 0;
}

int registry_rename(struct registry *registry, const char *old_name, const char *new_name,
		    struct vps_err *err)
{
	struct names names = { old_name, new_name };

	if (check_name(new_name, err) < 0)
		return err->code;
	return db_transaction(registry->db, rename_row, &names, err);
}

struct reconcile {
	struct registry	*registry;
	bool		(*is_gone)(const char *name, void *data);
	void		*data;
	unsigned int	released;
};

static int release_if_gone(const struct allocation *allocation, void *data, struct vps_err *err)
{
	struct reconcile *job = data;

	if (!job->is_gone(allocation->name, job->data))
		return 0;
	if (registry_release(job->registry, allocation->name, err) < 0)
		return err->code;
	job->released++;
	return 0;
}

int registry_reconcile(struct registry *registry, bool (*is_gone)(const char *name, void *data),
		       void *data, unsigned int *ret_released, struct vps_err *err)
{
	struct reconcile job = { .registry = registry, .is_gone = is_gone, .data = data };
	int r;

	r = registry_each(registry, release_if_gone, &job, err);
	if (r == 0 && ret_released)
		*ret_released = job.released;
	return r;
}

/* Networks */

int registry_network_find(struct registry *registry, const char *name,
			  struct registry_network *ret, struct vps_err *err)
{
	struct pool pool;
	int r = pool_find(registry->db, name, &pool, err);

	if (r < 0)
		return r;
	memcpy(ret->name, pool.name, sizeof(ret->name));
	ret->gateway = addr_from_ipv4(pool.gateway, pool.prefix);
	return 0;
}

/* Two bridges with one subnet: the host would send to the wrong one. */
static int check_overlap(struct db *db, const struct pool *pool, struct vps_err *err)
{
	char text[ADDR_TEXT_SIZE], other_text[ADDR_TEXT_SIZE];
	OWN_QUERY *query = NULL;
	struct pool other;
	char name[16];
	int r;

	r = db_query(db, &query, err, "SELECT name, gateway, prefix FROM networks WHERE name <> ?",
		     "s", pool->name);
	while (r >= 0 && (r = db_next(query, err)) > 0) {
		other = pool_make(db_text(query, 0, name, sizeof(name)),
				  (uint32_t)db_int(query, 1), (uint8_t)db_int(query, 2));
		if (pool->first <= other.last && other.first <= pool->last)
			return vps_err_say(err, -VPS_EEXIST,
					   "pool %s of network \"%s\" overlaps %s of network \"%s\"",
					   pool_format(pool, text), pool->name,
					   pool_format(&other, other_text), other.name);
	}
	return r;
}

static int set_network(struct db *db, void *data, struct vps_err *err)
{
	const struct pool *pool = data;
	int64_t used = 0;
	int r;

	r = db_ask(db, &used, err, "SELECT count(*) FROM addresses WHERE network = ?", "s",
		   pool->name);
	if (r < 0)
		return r;
	if (used)
		return vps_err_say(err, -VPS_ESTATE,
				   "network \"%s\": %" PRId64 " VPSs have addresses of its pool: destroy or move them first",
				   pool->name, used);
	if (check_overlap(db, pool, err) < 0)
		return err->code;
	r = db_run(db, err,
		   "INSERT INTO networks (name, gateway, prefix, next) VALUES (?1, ?2, ?3, 0)"
		   " ON CONFLICT (name) DO UPDATE SET gateway = ?2, prefix = ?3, next = 0",
		   "sii", pool->name, (int64_t)pool->gateway, (int64_t)pool->prefix);
	return r < 0 ? r : 0;
}

int registry_network_set(struct registry *registry, const char *name, const struct addr *gateway,
			 struct vps_err *err)
{
	char text[ADDR_TEXT_SIZE];
	struct pool pool;

	if (strlen(name) == 0 || strlen(name) >= sizeof(pool.name))
		return vps_err_say(err, -VPS_EMISUSE,
				   "the name of a network has 1 to %zu bytes, not %zu",
				   sizeof(pool.name) - 1, strlen(name));
	if (gateway->family != AF_INET || gateway->prefix < 8 || gateway->prefix > 30)
		return vps_err_say(err, -VPS_EMISUSE,
				   "\"%s\" is no gateway: write an IPv4 address with a prefix of 8 to 30, such as 10.173.0.1/16",
				   addr_format(gateway, text));
	pool = pool_make(name, addr_to_ipv4(gateway), gateway->prefix);
	if (pool.gateway < pool.first || pool.gateway > pool.last)
		return vps_err_say(err, -VPS_EMISUSE,
				   "gateway %s is the first or the last address of its network",
				   addr_format(gateway, text));
	return db_transaction(registry->db, set_network, &pool, err);
}
