// SPDX-License-Identifier: LGPL-2.1-or-later
/* Makes the bridge of a network on first use; called by the network stage. */
#include "netns/bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "base/fileio.h"
#include "base/own.h"
#include "netns/link.h"
#include "netns/netlink.h"

/* The same for the same name and gateway (FNV-1a over both), on every host and boot. */
static struct mac derive_mac(const char *name, const struct addr *gateway)
{
	uint64_t hash = 0xcbf29ce484222325U;
	uint8_t bytes[6];
	size_t i;

	for (i = 0; name[i]; i++)
		hash = (hash ^ (uint8_t)name[i]) * 0x100000001b3U;
	for (i = 0; i < addr_size(gateway); i++)
		hash = (hash ^ gateway->bytes[i]) * 0x100000001b3U;
	memcpy(bytes, &hash, sizeof(bytes));
	return mac_from_bytes(bytes);
}

/* Created down: it comes up without IPv6 addresses of its own. */
static int create(int fd, const char *name, const struct addr *gateway, struct vps_err *err)
{
	const struct ifinfomsg down = { .ifi_family = AF_UNSPEC };
	struct mac mac = derive_mac(name, gateway);
	struct nl_request rq;
	struct nlattr *info;

	nl_begin(&rq);
	nl_message(&rq, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &down, sizeof(down),
		   "cannot make bridge \"%s\"", name);
	nl_put_text(&rq, IFLA_IFNAME, name);
	nl_put(&rq, IFLA_ADDRESS, &mac, sizeof(mac));
	info = nl_nest(&rq, IFLA_LINKINFO);
	nl_put_text(&rq, IFLA_INFO_KIND, "bridge");
	nl_nest_end(&rq, info);
	/* Another command was faster. Whether it made a bridge is looked at next. */
	nl_tolerate(&rq, EEXIST);
	return nl_send(fd, &rq, err);
}

/*
 * Who advertises himself as a router there is a VPS, and would become the
 * host's own way out: RFC 4861 knows no other proof than being heard.
 */
static int ignore_routers(const char *name, struct vps_err *err)
{
	struct vps_err why = { 0 };
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_ra", name);
	r = file_write(AT_FDCWD, path, "0", &why);
	if (r == 0 || r == -ENOENT)	/* a kernel without IPv6 */
		return 0;
	*err = why;
	return r;
}

static void put_gateway(struct nl_request *rq, const struct link *bridge, const char *name,
			const struct addr *gateway)
{
	const struct ifaddrmsg header = { .ifa_family = (uint8_t)gateway->family,
					  .ifa_prefixlen = gateway->prefix,
					  .ifa_index = (uint32_t)bridge->index };
	char text[ADDR_TEXT_SIZE];

	nl_message(rq, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header),
		   "cannot give %s to bridge \"%s\"", addr_format(gateway, text), name);
	nl_put(rq, IFA_LOCAL, gateway->bytes, addr_size(gateway));
	nl_put(rq, IFA_ADDRESS, gateway->bytes, addr_size(gateway));
	nl_tolerate(rq, EEXIST);
}

/* Everything that is not there yet, in one send; each part is harmless when repeated. */
static int configure(int fd, const struct link *bridge, const char *name,
		     const struct addr *gateway, struct vps_err *err)
{
	struct nl_request rq;

	if (!(bridge->flags & IFF_UP) && ignore_routers(name, err) < 0)
		return err->code;
	nl_begin(&rq);
	if (!(bridge->flags & IFF_UP)) {
		link_put_quiet(&rq, bridge->index, name);
		link_put_up(&rq, bridge->index, name);
	}
	if (gateway->family)
		put_gateway(&rq, bridge, name, gateway);
	return rq.message ? nl_send(fd, &rq, err) : 0;
}

int bridge_ensure(const char *name, const struct addr *gateway, int *ret_ifindex,
		  struct vps_err *err)
{
	struct link bridge;
	OWN_FD fd = FD_NONE;
	int r;

	r = link_check_name(name, err);
	if (r < 0)
		return r;
	fd = nl_open(err);
	if (fd < 0)
		return fd;
	r = link_seek(fd, name, &bridge, err);
	if (r == 0) {
		r = create(fd, name, gateway, err);
		if (r == 0)
			r = link_find(fd, name, &bridge, err);
	}
	if (r < 0)
		return r;
	if (strcmp(bridge.kind, "bridge") != 0)
		return vps_err_say(err, -VPS_EEXIST,
				   "\"%s\" is no bridge but a %s link: rename it, or give the network another name",
				   name, bridge.kind[0] ? bridge.kind : "hardware");
	r = configure(fd, &bridge, name, gateway, err);
	if (r < 0)
		return r;
	*ret_ifindex = bridge.index;
	return 0;
}
