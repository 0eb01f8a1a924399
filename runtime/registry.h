/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ROOT/registry.db: what no two VPSs of a host may share. Rows hold only what
 * must be unique; everything else about a VPS is in its spec.json.
 */
#ifndef RUNTIME_REGISTRY_H
#define RUNTIME_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "netns/addr.h"

#define REGISTRY_NETWORK	"vps0"		/* the default network, and its bridge */
#define REGISTRY_NAME_SIZE	128		/* longest name of a VPS, with its NUL */
#define REGISTRY_IDS		65536U		/* ids in the range of one VPS */

/*
 * Ranges start at a multiple of REGISTRY_IDS between these two. useradd(8)
 * hands out subordinate ids below 600100000, so what it does tomorrow cannot
 * collide; the end keeps clear of ids that are negative as an int.
 */
#define REGISTRY_ID_FIRST	0x24000000U
#define REGISTRY_ID_END		0x7fff0000U

/* An open registry. Not to be used in a child after fork(): open it again. */
struct registry;

struct allocation {
	char		name[REGISTRY_NAME_SIZE];
	char		uuid[37];	/* stays through renames; dashed lower-case hex */
	uint32_t	id_start;	/* first uid and gid on the host, REGISTRY_IDS of them */
	char		link_name[16];	/* host end of its veth; stays through renames */
	char		network[16];	/* also the name of its bridge; "" without a network */
	struct addr	address;	/* with the network's prefix; family 0 without */
	struct addr	gateway;	/* of that network, with its prefix: for bridge_ensure() */
	struct mac	mac;		/* of the guest's end; locally administered */
};

struct registry_network {
	char		name[16];
	struct addr	gateway;	/* with the prefix of the pool */
};

/*
 * Open the registry of a root directory, making it when it is missing and
 * bringing one of an older version up to date.
 *
 * root_fd       directory of the store, borrowed
 * ret_registry  owned by the caller: registry_close()
 *
 * Returns 0; -VPS_ELOCKED when other commands kept it locked for 30 s; or
 * another -errno. On failure err is set, and a damaged file, a newer one or
 * one that is not ours is left byte for byte as it was.
 */
int registry_open(int root_fd, struct registry **ret_registry, struct vps_err *err)
	__attribute__((nonnull));

/* Close; NULL is fine. */
void registry_close(struct registry *registry);

static inline void own_registry(struct registry **registry)
{
	registry_close(*registry);
	*registry = (void *)0;
}

#define OWN_REGISTRY __attribute__((cleanup(own_registry))) struct registry

/*
 * Read subuid and subgid of this directory instead of those of /etc.
 *
 * etc_fd  borrowed, and open as long as the registry
 */
void registry_use_etc(struct registry *registry, int etc_fd) __attribute__((nonnull));

/*
 * Give a name its unique things, all or none of them.
 *
 * name     of the VPS, copied
 * network  from which pool the address comes; NULL: no network, no address
 * wanted   that address and no other (its prefix is ignored); NULL: the next
 *          free one, not soon one that was just released: neighbours and
 *          people's known_hosts remember it
 *
 * Returns 0; -VPS_EEXIST when the name has an allocation, or the address
 * belongs to another, who is named; -VPS_ENOENT for an unknown network;
 * -VPS_EMISUSE for an address outside of the pool; -VPS_EREFUSED when the pool
 * or the ids are used up; or another -errno. On failure err is set, nothing is
 * allocated, and *ret is untouched.
 */
int registry_allocate(struct registry *registry, const char *name, const char *network,
		      const struct addr *wanted, struct allocation *ret, struct vps_err *err)
	__attribute__((nonnull(1, 2, 5, 6)));

/*
 * Give a name that has an address another MAC.
 *
 * mac  which; NULL: one that is chosen
 *
 * Returns 0, also when it has that one; -VPS_EEXIST when another has it, who is named;
 * -VPS_ENOENT when the name has no address; or another -errno. On failure err is set, and
 * nothing is changed.
 */
int registry_set_mac(struct registry *registry, const char *name, const struct mac *mac,
		     struct vps_err *err) __attribute__((nonnull(1, 2, 4)));

/* Look a name up. Returns 0, -VPS_ENOENT, or another -errno; err is set on failure. */
int registry_find(struct registry *registry, const char *name, struct allocation *ret,
		  struct vps_err *err) __attribute__((nonnull));

/* Give back all that name has. Nothing to give back is success. */
int registry_release(struct registry *registry, const char *name, struct vps_err *err)
	__attribute__((nonnull));

/*
 * Rename; address, ids, MAC, uuid and link stay.
 * Returns 0, -VPS_ENOENT for old_name, -VPS_EEXIST for new_name, or another
 * -errno with err set and nothing changed.
 */
int registry_rename(struct registry *registry, const char *old_name, const char *new_name,
		    struct vps_err *err) __attribute__((nonnull));

/* Called with each allocation, which it borrows. Returns 0 to go on, or -errno with err set. */
typedef int registry_fn(const struct allocation *allocation, void *data, struct vps_err *err);

/*
 * Call fn with every allocation in the order of names. They are read before
 * the first call, so fn may change the registry.
 * Returns 0, or -errno with err set: a failure to read, or what fn returned.
 */
int registry_each(struct registry *registry, registry_fn *fn, void *data, struct vps_err *err)
	__attribute__((nonnull(1, 2, 4)));

/*
 * Release the allocations of VPSs that are gone: a command was killed between
 * its allocation and the VPS's directory, or after deleting the directory.
 *
 * is_gone       decides; to tell a killed `create` from a running one it must
 *               look while holding that VPS's lock
 * ret_released  how many; may be NULL
 *
 * Returns 0, or -errno with err set and some possibly released.
 */
int registry_reconcile(struct registry *registry, bool (*is_gone)(const char *name, void *data),
		       void *data, unsigned int *ret_released, struct vps_err *err)
	__attribute__((nonnull(1, 2, 5)));

/* Look a network up. Returns 0, -VPS_ENOENT, or another -errno; err is set on failure. */
int registry_network_find(struct registry *registry, const char *name,
			  struct registry_network *ret, struct vps_err *err)
	__attribute__((nonnull));

/*
 * Add a network, or change the pool of one from which nothing is allocated.
 *
 * name     at most 15 bytes: its bridge will have it
 * gateway  IPv4, with a prefix of 8 to 30; the pool is every other host
 *          address of that prefix
 *
 * Returns 0; -VPS_EMISUSE for a gateway that cannot be one; -VPS_ESTATE while
 * addresses are allocated from the old pool; -VPS_EEXIST when the pool
 * overlaps that of another network; or another -errno. err is set on failure,
 * and nothing is changed.
 */
int registry_network_set(struct registry *registry, const char *name, const struct addr *gateway,
			 struct vps_err *err) __attribute__((nonnull));

#endif
