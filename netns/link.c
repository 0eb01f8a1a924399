// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names and kinds of links, and what is told to any of them; called by the other files of netns/. */
#include "netns/link.h"

#include <ctype.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "netns/netlink.h"

int link_check_name(const char *name, struct vps_err *err)
{
	size_t len = strlen(name);
	const char *c;

	for (c = name; *c; c++)
		if (*c == '/' || *c == ':' || *c == '%' || isspace((unsigned char)*c))
			break;
	if (len == 0 || len >= IFNAMSIZ || *c || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return vps_err_say(err, -VPS_EMISUSE,
				   "\"%s\" cannot name a link: 1 to %d bytes without '/', ':', '%%' or space",
				   name, IFNAMSIZ - 1);
	return 0;
}

static int find_kind(const struct nlattr *attr, void *data)
{
	struct link *link = data;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND &&
	    mnl_attr_validate(attr, MNL_TYPE_STRING) == 0)
		(void)snprintf(link->kind, sizeof(link->kind), "%.*s",
			       (int)mnl_attr_get_payload_len(attr), mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

static int find_info(const struct nlattr *attr, void *data)
{
	bool is_number = mnl_attr_validate(attr, MNL_TYPE_U32) == 0;
	struct link *link = data;

	if (mnl_attr_get_type(attr) == IFLA_LINKINFO)
		(void)mnl_attr_parse_nested(attr, find_kind, data);
	else if (mnl_attr_get_type(attr) == IFLA_MASTER && is_number)
		link->master = (int)mnl_attr_get_u32(attr);
	else if (mnl_attr_get_type(attr) == IFLA_MTU && is_number)
		link->mtu_bytes = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int read_link(const struct nlmsghdr *reply, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(reply);
	struct link *link = data;

	if (reply->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(reply) < sizeof(*info))
		return -EBADMSG;
	link->index = info->ifi_index;
	link->flags = info->ifi_flags;
	(void)mnl_attr_parse(reply, sizeof(*info), find_info, link);
	return 0;
}

int link_find(int fd, const char *name, struct link *ret_link, struct vps_err *err)
{
	const struct ifinfomsg any = { .ifi_family = AF_UNSPEC };
	struct link link = { 0 };
	struct nl_request rq;
	int r;

	nl_begin(&rq);
	nl_message(&rq, RTM_GETLINK, 0, &any, sizeof(any), "link \"%s\"", name);
	nl_put_text(&rq, IFLA_IFNAME, name);
	/* Counters of every processor are not worth a tenth of a millisecond here. */
	nl_put_u32(&rq, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = nl_ask(fd, &rq, read_link, &link, err);
	if (r == 0)
		*ret_link = link;
	return r;
}

int link_seek(int fd, const char *name, struct link *ret_link, struct vps_err *err)
{
	struct vps_err missing = { 0 };
	int r = link_find(fd, name, ret_link, &missing);

	if (r == 0)
		return 1;
	if (r != -ENODEV)
		*err = missing;
	return r == -ENODEV ? 0 : r;
}

void link_put_one_queue(struct nl_request *rq)
{
	nl_put_u32(rq, IFLA_NUM_TX_QUEUES, 1);
	nl_put_u32(rq, IFLA_NUM_RX_QUEUES, 1);
}

void link_put_up(struct nl_request *rq, int index, const char *name)
{
	const struct ifinfomsg up = { .ifi_family = AF_UNSPEC, .ifi_index = index,
				      .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	nl_message(rq, RTM_SETLINK, 0, &up, sizeof(up), "cannot bring up \"%s\"", name);
}

void link_put_quiet(struct nl_request *rq, int index, const char *name)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = index };
	struct nlattr *spec, *inet6;

	nl_message(rq, RTM_SETLINK, 0, &info, sizeof(info), "cannot keep IPv6 quiet on \"%s\"", name);
	spec = nl_nest(rq, IFLA_AF_SPEC);
	inet6 = nl_nest(rq, AF_INET6);
	nl_put_u8(rq, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nl_nest_end(rq, inet6);
	nl_nest_end(rq, spec);
	nl_tolerate(rq, EAFNOSUPPORT);
}

void link_put_delete(struct nl_request *rq, int index, const char *name)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = index };

	nl_message(rq, RTM_DELLINK, 0, &info, sizeof(info), "cannot delete \"%s\"", name);
	nl_tolerate(rq, ENODEV);
}
