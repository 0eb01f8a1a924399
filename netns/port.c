// SPDX-License-Identifier: LGPL-2.1-or-later
/* Locks a port of a bridge to one MAC address; called when a VPS gets its link or a detour. */
#include "netns/port.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "netns/netlink.h"

void port_put_lock(struct nl_request *rq, int index, const char *name, bool is_locked)
{
	const struct ifinfomsg info = { .ifi_family = AF_BRIDGE, .ifi_index = index };
	struct nlattr *options;

	nl_message(rq, RTM_SETLINK, 0, &info, sizeof(info), "cannot %s port \"%s\"",
		   is_locked ? "lock" : "open", name);
	options = nl_nest(rq, IFLA_PROTINFO);
	nl_put_u8(rq, IFLA_BRPORT_LEARNING, !is_locked);
	nl_put_u8(rq, IFLA_BRPORT_LOCKED, is_locked);
	nl_nest_end(rq, options);
}

/* As "bridge fdb add … master static": it goes with the port. */
static void put_entry(struct nl_request *rq, int index, const char *name, const struct mac *mac)
{
	const struct ndmsg entry = { .ndm_family = AF_BRIDGE, .ndm_ifindex = index,
				     .ndm_state = NUD_NOARP, .ndm_flags = NTF_MASTER };

	nl_message(rq, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &entry, sizeof(entry),
		   "cannot tell the bridge who is behind \"%s\"", name);
	nl_put(rq, NDA_LLADDR, mac, sizeof(*mac));
}

void port_put_guard(struct nl_request *rq, int index, const char *name, const struct mac *mac)
{
	port_put_lock(rq, index, name, true);
	put_entry(rq, index, name, mac);
}
