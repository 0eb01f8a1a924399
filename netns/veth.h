/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link of one VPS: a veth pair from a bridge of the host into its namespace. */
#ifndef NETNS_VETH_H
#define NETNS_VETH_H

#include "base/err.h"
#include "netns/addr.h"

#define VETH_GUEST_NAME	"eth0"

/* All strings borrowed. Zeroed members mean "none". */
struct veth {
	const char	*host_name;	/* at most 15 bytes, unique on the host */
	const char	*guest_name;	/* NULL: VETH_GUEST_NAME */
	int		bridge_ifindex;	/* from bridge_ensure(); 0: not a port */
	struct mac	mac;		/* of the guest's end, and all that a bridge takes from it;
					   zeroed: the kernel chooses, and the bridge takes any */
	struct addr	address;	/* of the guest, with the network's prefix */
	struct addr	gateway;	/* default route; must be in address's network */
	struct addr	address6;	/* the second family, or none */
	struct addr	gateway6;
	unsigned int	mtu_bytes;	/* of both ends; 0: the kernel's 1500 */
};

/*
 * Make the pair, and in the guest's namespace bring up loopback and the link
 * with its addresses and default routes.
 *
 * spec      borrowed
 * netns_fd  the VPS's network namespace, borrowed; it may belong to another
 *           user namespace
 *
 * The caller needs CAP_NET_ADMIN in its own network namespace, and
 * CAP_SYS_ADMIN over its own and the target: a socket is opened in there, and
 * the calling thread is back in its own namespace before this returns.
 *
 * host_name may still belong to the pair of an earlier run: the kernel deletes
 * the links of a dead namespace some 50 ms after its last process. That pair is
 * taken down and renamed, so that a restart need not wait for its end. So the
 * caller must know, by the VPS's lock, that the earlier run is over.
 *
 * Returns 0; -VPS_EEXIST when host_name belongs to a link that is no veth; or
 * another -errno. On failure err is set, and the pair is gone again; loopback
 * may be up.
 */
int veth_up(const struct veth *spec, int netns_fd, struct vps_err *err) __attribute__((nonnull));

/*
 * Delete a pair by the name of its host end. Missing is success.
 *
 * The kernel waits for an RCU grace period (10 to 30 ms on an idle machine).
 * Nobody needs to call this when a VPS stops: its namespace takes the pair
 * along, without anybody waiting. This is for cleaning up after a crash.
 *
 * Returns 0; -VPS_EEXIST, with nothing deleted, when the name belongs to a
 * link that is no veth; or another -errno. err is set on failure.
 */
int veth_down(const char *host_name, struct vps_err *err) __attribute__((nonnull));

/*
 * Bring up loopback, for a namespace that gets no other link.
 *
 * netns_fd  as for veth_up(), borrowed
 *
 * Returns 0, or -errno with err set and loopback as it was.
 */
int loopback_up(int netns_fd, struct vps_err *err) __attribute__((nonnull));

#endif
