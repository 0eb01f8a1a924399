// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads the counters of a VPS's link; called by the statistics. */
#include "netns/traffic.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/own.h"
#include "netns/detour.h"
#include "netns/link.h"
#include "netns/netlink.h"
#include "netns/tbf.h"

static int find_counters(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == IFLA_STATS64 &&
	    mnl_attr_get_payload_len(attr) >= sizeof(struct rtnl_link_stats64))
		memcpy(data, mnl_attr_get_payload(attr), sizeof(struct rtnl_link_stats64));
	return MNL_CB_OK;
}

static int read_counters(const struct nlmsghdr *reply, void *data)
{
	if (reply->nlmsg_type != RTM_NEWLINK)
		return -EBADMSG;
	(void)mnl_attr_parse(reply, sizeof(struct ifinfomsg), find_counters, data);
	return 0;
}

static int ask_counters(int fd, const struct link *link, const char *name,
			struct rtnl_link_stats64 *ret_counters, struct vps_err *err)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = link->index };
	struct nl_request rq;

	nl_begin(&rq);
	nl_message(&rq, RTM_GETLINK, 0, &info, sizeof(info), "counters of \"%s\"", name);
	return nl_ask(fd, &rq, read_counters, ret_counters, err);
}

/* What had no room in the queue of a limit. A link without one has dropped nothing there. */
static int ask_drops(int fd, const char *name, uint64_t *ret_dropped, struct vps_err *err)
{
	struct tbf tbf = { 0 };
	struct link link;
	int r = link_seek(fd, name, &link, err);

	if (r > 0)
		r = tbf_ask(fd, link.index, name, &tbf, err);
	*ret_dropped = tbf.dropped;
	return r;
}

int traffic_read(const char *host_name, struct traffic *ret_traffic, struct vps_err *err)
{
	struct rtnl_link_stats64 host = { 0 };
	uint64_t in_dropped = 0, out_dropped = 0;
	char out_name[IFNAMSIZ];
	OWN_FD fd = FD_NONE;
	struct link link;
	int r;

	if (link_check_name(host_name, err) < 0)
		return err->code;
	fd = nl_open(err);
	r = fd < 0 ? fd : link_find(fd, host_name, &link, err);
	if (r == 0)
		r = ask_counters(fd, &link, host_name, &host, err);
	if (r == 0)
		r = ask_drops(fd, host_name, &in_dropped, err);
	if (r == 0)
		r = ask_drops(fd, detour_name(host_name, out_name), &out_dropped, err);
	if (r < 0)
		return r;
	/* What the host's end sends, the VPS receives. */
	*ret_traffic = (struct traffic){
		.in_bytes = host.tx_bytes,
		.in_packets = host.tx_packets,
		.in_dropped = host.tx_dropped + in_dropped,
		.out_bytes = host.rx_bytes,
		.out_packets = host.rx_packets,
		.out_dropped = host.rx_dropped + out_dropped,
	};
	return 0;
}
