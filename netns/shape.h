/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast packets may reach a VPS and leave it: limits of its link that its own root cannot touch. */
#ifndef NETNS_SHAPE_H
#define NETNS_SHAPE_H

#include <stdint.h>

#include "base/err.h"
#include "netns/addr.h"

/* Both are counted in whole frames, as they are on an Ethernet. */
struct shape {
	uint64_t	rate_bits;	/* a second, a multiple of 8; UINT64_MAX: no limit */
	uint64_t	burst_bytes;	/* a multiple of 1024; 0 where there is no limit */
};

/* A rate and a burst that the kernel takes, and gives back as they were. */
#define SHAPE_RATE_LOWEST	UINT64_C(100000)
#define SHAPE_RATE_HIGHEST	UINT64_C(100000000000)
#define SHAPE_BURST_LOWEST	(UINT64_C(16) << 10)
#define SHAPE_BURST_HIGHEST	(UINT64_C(1) << 30)
#define SHAPE_BURST_SEC		60	/* at the rate; more is no burst, and overflows the kernel's clock */

/* What does not fit in a burst is cut to frames of the MTU first, and a frame that does not is lost. */
#define SHAPE_MTU_HIGHEST	(SHAPE_BURST_LOWEST - 22)	/* less an Ethernet header with two tags */

enum shape_way { SHAPE_IN, SHAPE_OUT };	/* towards the VPS, from it */

/*
 * Limit one way of a link, change its limit, or lift it.
 *
 * host_name   of the host's end, as struct veth has it; a port of a bridge
 * mac         the one that the bridge takes from there, as in struct veth; NULL: it takes any
 *
 * A change disturbs nothing, but that a smaller burst drops what is queued:
 * see tbf_set(). SHAPE_OUT's first limit, and the lifting of it, lead the
 * packets over other links, see detour.h: some milliseconds' worth may be lost.
 *
 * Returns 0; -VPS_EHOST when the kernel lacks a part of it; or another -errno. On failure err is
 * set, and the limit is the earlier one or none: the caller sets the earlier one again.
 */
int shape_set(const char *host_name, const struct mac *mac, enum shape_way way,
	      const struct shape *shape, struct vps_err *err) __attribute__((nonnull(1, 4, 5)));

/* What limit there is. 0, or -errno with err set and *ret_shape untouched. */
int shape_get(const char *host_name, enum shape_way way, struct shape *ret_shape,
	      struct vps_err *err) __attribute__((nonnull));

/*
 * Remove what a limit has made beside the link of a VPS, and what does not go
 * with its namespace. For a link that has gone, or is about to be made: a
 * namespace that lives loses its way out. Nothing there is success.
 */
int shape_clear(const char *host_name, struct vps_err *err) __attribute__((nonnull));

/*
 * Try both ways, once a process, on links in a network namespace of its own,
 * which takes some milliseconds. The calling thread is back in its own before
 * this returns.
 * Returns as shape_set().
 */
int shape_probe(struct vps_err *err) __attribute__((nonnull));

#endif
