// SPDX-License-Identifier: LGPL-2.1-or-later
/* Makes, configures and deletes the link of one VPS; called by the network stage. */
#include "netns/veth.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "netns/link.h"
#include "netns/netlink.h"
#include "netns/port.h"

/* Every network namespace is born with loopback as its first link. */
#define LOOPBACK_INDEX	1

static const char *guest_name(const struct veth *spec)
{
	return spec->guest_name ? spec->guest_name : VETH_GUEST_NAME;
}

static bool has_mac(const struct veth *spec)
{
	static const struct mac none;

	return memcmp(&spec->mac, &none, sizeof(none)) != 0;
}

/*
 * The guest's end, inside the kind's own data. Not IFF_UP: the kernel would
 * open it before it has tied the two ends together, and answer ENOTCONN.
 */
static void put_peer(struct nl_request *rq, const struct veth *spec, int netns_fd)
{
	const struct ifinfomsg down = { .ifi_family = AF_UNSPEC };
	struct nlattr *peer = nl_nest(rq, VETH_INFO_PEER);

	/* A struct ifinfomsg without an attribute header of its own comes first. */
	nl_put_raw(rq, &down, sizeof(down));
	nl_put_text(rq, IFLA_IFNAME, guest_name(spec));
	link_put_one_queue(rq);
	nl_put_u32(rq, IFLA_NET_NS_FD, (uint32_t)netns_fd);
	if (has_mac(spec))
		nl_put(rq, IFLA_ADDRESS, &spec->mac, sizeof(spec->mac));
	if (spec->mtu_bytes)
		nl_put_u32(rq, IFLA_MTU, spec->mtu_bytes);
	nl_nest_end(rq, peer);
}

/* Both ends in one message: the host's up and in its bridge, the guest's in its namespace. */
static int create(int fd, const struct veth *spec, int netns_fd, struct vps_err *err)
{
	const struct ifinfomsg up = { .ifi_family = AF_UNSPEC, .ifi_flags = IFF_UP,
				      .ifi_change = IFF_UP };
	struct nlattr *info, *data;
	struct nl_request rq;

	nl_begin(&rq);
	nl_message(&rq, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof(up),
		   "cannot make veth \"%s\"", spec->host_name);
	nl_put_text(&rq, IFLA_IFNAME, spec->host_name);
	link_put_one_queue(&rq);
	if (spec->mtu_bytes)
		nl_put_u32(&rq, IFLA_MTU, spec->mtu_bytes);
	if (spec->bridge_ifindex)
		nl_put_u32(&rq, IFLA_MASTER, (uint32_t)spec->bridge_ifindex);
	info = nl_nest(&rq, IFLA_LINKINFO);
	nl_put_text(&rq, IFLA_INFO_KIND, "veth");
	data = nl_nest(&rq, IFLA_INFO_DATA);
	put_peer(&rq, spec, netns_fd);
	nl_nest_end(&rq, data);
	nl_nest_end(&rq, info);
	return nl_send(fd, &rq, err);
}

/* The bridge takes nothing from the host's end but what the VPS's own address sends. */
static int guard(int fd, const struct veth *spec, struct vps_err *err)
{
	struct nl_request rq;
	struct link host;
	int r = link_find(fd, spec->host_name, &host, err);

	if (r < 0)
		return r;
	nl_begin(&rq);
	port_put_guard(&rq, host.index, spec->host_name, &spec->mac);
	return nl_send(fd, &rq, err);
}

static int say_not_veth(const char *name, struct vps_err *err)
{
	return vps_err_say(err, -VPS_EEXIST, "link \"%s\" is no veth, and is left alone", name);
}

/*
 * IPv6 without duplicate address detection: the registry knows that nobody
 * else has the address, and one under detection cannot be bound for a second.
 */
static void put_address(struct nl_request *rq, int index, const struct addr *addr)
{
	const struct ifaddrmsg header = { .ifa_family = (uint8_t)addr->family,
					  .ifa_prefixlen = addr->prefix,
					  .ifa_flags = addr->family == AF_INET6 ? IFA_F_NODAD : 0,
					  .ifa_index = (uint32_t)index };
	char text[ADDR_TEXT_SIZE];

	if (!addr->family)
		return;
	nl_message(rq, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header),
		   "cannot set address %s", addr_format(addr, text));
	nl_put(rq, IFA_LOCAL, addr->bytes, addr_size(addr));
	nl_put(rq, IFA_ADDRESS, addr->bytes, addr_size(addr));
}

static void put_default_route(struct nl_request *rq, int index, const struct addr *gateway)
{
	const struct rtmsg header = { .rtm_family = (uint8_t)gateway->family,
				      .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT,
				      .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNICAST };
	char text[ADDR_TEXT_SIZE];

	if (!gateway->family)
		return;
	nl_message(rq, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header),
		   "cannot set the default route by %s", addr_format_host(gateway, text));
	nl_put(rq, RTA_GATEWAY, gateway->bytes, addr_size(gateway));
	nl_put_u32(rq, RTA_OIF, (uint32_t)index);
}

/*
 * A route wants its link up and the gateway's network known, so the order
 * below is the only one.
 */
static int configure(const struct veth *spec, int netns_fd, struct vps_err *err)
{
	OWN_FD fd = nl_open_in(netns_fd, err);
	struct nl_request rq;
	struct link guest;
	int r;

	if (fd < 0)
		return fd;
	r = link_find(fd, guest_name(spec), &guest, err);
	if (r < 0)
		return r;
	nl_begin(&rq);
	link_put_up(&rq, LOOPBACK_INDEX, "lo");
	link_put_up(&rq, guest.index, guest_name(spec));
	put_address(&rq, guest.index, &spec->address);
	put_address(&rq, guest.index, &spec->address6);
	put_default_route(&rq, guest.index, &spec->gateway);
	put_default_route(&rq, guest.index, &spec->gateway6);
	return nl_send(fd, &rq, err);
}

/*
 * Take a link down and its name away from it, in one send. Down first: before
 * 6.2 the kernel renames no link that is up, and nothing that is still in the
 * old namespace can answer for the address any more.
 */
static int put_aside(int fd, const struct link *old, const char *name, struct vps_err *err)
{
	const struct ifinfomsg down = { .ifi_family = AF_UNSPEC, .ifi_index = old->index,
					.ifi_change = IFF_UP };
	char aside[IFNAMSIZ];
	struct nl_request rq;

	(void)snprintf(aside, sizeof(aside), "old%x", (unsigned int)old->index);
	nl_begin(&rq);
	nl_message(&rq, RTM_SETLINK, 0, &down, sizeof(down),
		   "cannot take down the old veth \"%s\"", name);
	nl_tolerate(&rq, ENODEV);
	nl_message(&rq, RTM_SETLINK, 0, &down, sizeof(down),
		   "cannot rename the old veth \"%s\"", name);
	nl_put_text(&rq, IFLA_IFNAME, aside);
	nl_tolerate(&rq, ENODEV);
	return nl_send(fd, &rq, err);
}

/*
 * The pair of an earlier run has the name: its namespace is dead, and the
 * kernel gets round to its links some 50 ms later.
 */
static int free_name(int fd, const char *name, struct vps_err *err)
{
	struct link old;
	int r = link_seek(fd, name, &old, err);

	if (r <= 0)
		return r;
	if (strcmp(old.kind, "veth") != 0)
		return say_not_veth(name, err);
	return put_aside(fd, &old, name, err);
}

int veth_up(const struct veth *spec, int netns_fd, struct vps_err *err)
{
	struct vps_err ignored = { 0 }, refused = { 0 };
	OWN_FD fd = FD_NONE;
	int r;

	if (link_check_name(spec->host_name, err) < 0 ||
	    link_check_name(guest_name(spec), err) < 0)
		return err->code;
	fd = nl_open(err);
	if (fd < 0)
		return fd;
	r = create(fd, spec, netns_fd, &refused);
	if (r == -EEXIST) {
		r = free_name(fd, spec->host_name, err);
		if (r == 0)
			r = create(fd, spec, netns_fd, err);
	} else if (r < 0) {
		*err = refused;
	}
	if (r < 0)
		return r;
	if (spec->bridge_ifindex && has_mac(spec))
		r = guard(fd, spec, err);
	if (r == 0)
		r = configure(spec, netns_fd, err);
	if (r < 0)
		/* The reason for failing is in err; what is left dies with the namespace. */
		(void)veth_down(spec->host_name, &ignored);
	return r;
}

int veth_down(const char *host_name, struct vps_err *err)
{
	struct nl_request rq;
	OWN_FD fd = FD_NONE;
	struct link link;
	int r;

	if (link_check_name(host_name, err) < 0)
		return err->code;
	fd = nl_open(err);
	if (fd < 0)
		return fd;
	r = link_seek(fd, host_name, &link, err);
	if (r <= 0)
		return r;
	if (strcmp(link.kind, "veth") != 0)
		return say_not_veth(host_name, err);
	nl_begin(&rq);
	link_put_delete(&rq, link.index, host_name);
	return nl_send(fd, &rq, err);
}

int loopback_up(int netns_fd, struct vps_err *err)
{
	OWN_FD fd = nl_open_in(netns_fd, err);
	struct nl_request rq;

	if (fd < 0)
		return fd;
	nl_begin(&rq);
	link_put_up(&rq, LOOPBACK_INDEX, "lo");
	return nl_send(fd, &rq, err);
}
