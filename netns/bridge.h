/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bridge that the host's ends of all links of one network are ports of. */
#ifndef NETNS_BRIDGE_H
#define NETNS_BRIDGE_H

#include "base/err.h"
#include "netns/addr.h"

#define BRIDGE_DEFAULT	"vps0"

/*
 * Make sure that a bridge exists in the caller's network namespace, is up and
 * has an address: the gateway of its VPSs. Calling it again, or from several
 * commands at once, is harmless.
 *
 * name         at most 15 bytes, copied
 * gateway      address with the prefix of the network; family 0 for none
 * ret_ifindex  index of the bridge, for struct veth
 *
 * Its MAC is derived from name and gateway: a bridge that was not given one
 * takes the lowest of its ports, and would change it under the neighbours' ARP
 * caches whenever a VPS comes or goes. One that is made here takes no router's
 * word for anything (accept_ra).
 *
 * Returns 0; -VPS_EEXIST when the name belongs to a link that is no bridge;
 * another -errno. On failure err is set, *ret_ifindex is untouched, and a
 * bridge that was made may be left: the next call completes it.
 */
int bridge_ensure(const char *name, const struct addr *gateway, int *ret_ifindex,
		  struct vps_err *err) __attribute__((nonnull));

#endif
