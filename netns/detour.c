// SPDX-License-Identifier: LGPL-2.1-or-later
/* Makes and removes the detour of what a VPS sends; called by shape.c. */
#include "netns/detour.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/veth.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "netns/netlink.h"
#include "netns/port.h"
#include "netns/tbf.h"

#define PREFIX		3		/* of host_name: "vps" */
#define INGRESS		TC_H_MAKE(TC_H_INGRESS, 0)
#define PRIORITY	(1 << 16)	/* of the one filter */

/*
 * Group addresses that a bridge hands to its host instead of forwarding them;
 * MAC pause frames are dropped by all. A port that is to forward them all
 * hands none over, and being locked it forwards none.
 */
#define ALL_GROUPS	0xfffd

/* The links of one detour. */
struct detour {
	char		out_name[IFNAMSIZ], via_name[IFNAMSIZ];
	struct link	out, via;
};

static const char *name_with(const char *prefix, const char *host_name, char name[IFNAMSIZ])
{
	(void)snprintf(name, IFNAMSIZ, "%s%s", prefix,
		       strlen(host_name) > PREFIX ? host_name + PREFIX : host_name);
	return name;
}

const char *detour_name(const char *host_name, char name[IFNAMSIZ])
{
	return name_with("out", host_name, name);
}

static void name_links(struct detour *detour, const char *host_name)
{
	(void)detour_name(host_name, detour->out_name);
	(void)name_with("via", host_name, detour->via_name);
}

/* Both ends down, viaXXXX in the bridge. What fits through the VPS's own link fits through this. */
static int make_pair(int fd, const struct detour *detour, const struct link *host,
		     struct vps_err *err)
{
	const struct ifinfomsg down = { .ifi_family = AF_UNSPEC };
	struct nlattr *info, *data, *peer;
	struct nl_request rq;

	nl_begin(&rq);
	nl_message(&rq, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &down, sizeof(down),
		   "cannot make veth \"%s\"", detour->via_name);
	nl_put_text(&rq, IFLA_IFNAME, detour->via_name);
	link_put_one_queue(&rq);
	nl_put_u32(&rq, IFLA_MTU, host->mtu_bytes);
	nl_put_u32(&rq, IFLA_MASTER, (uint32_t)host->master);
	info = nl_nest(&rq, IFLA_LINKINFO);
	nl_put_text(&rq, IFLA_INFO_KIND, "veth");
	data = nl_nest(&rq, IFLA_INFO_DATA);
	peer = nl_nest(&rq, VETH_INFO_PEER);
	nl_put_raw(&rq, &down, sizeof(down));
	nl_put_text(&rq, IFLA_IFNAME, detour->out_name);
	link_put_one_queue(&rq);
	nl_put_u32(&rq, IFLA_MTU, host->mtu_bytes);
	nl_nest_end(&rq, peer);
	nl_nest_end(&rq, data);
	nl_nest_end(&rq, info);
	return nl_send(fd, &rq, err);
}

/* ---- what arrives at one link leaves by another ---- */

static struct tcmsg ingress_of(const struct link *link)
{
	return (struct tcmsg){ .tcm_family = AF_UNSPEC, .tcm_ifindex = link->index,
			       .tcm_parent = TC_H_INGRESS };
}

static void put_action(struct nl_request *rq, const struct link *to)
{
	const struct tc_mirred redirect = { .action = TC_ACT_STOLEN,
					    .eaction = TCA_EGRESS_REDIR,
					    .ifindex = (uint32_t)to->index };
	struct nlattr *actions = nl_nest(rq, TCA_U32_ACT), *action = nl_nest(rq, 1), *options;

	nl_put_text(rq, TCA_ACT_KIND, "mirred");
	options = nl_nest(rq, TCA_ACT_OPTIONS);
	nl_put(rq, TCA_MIRRED_PARMS, &redirect, sizeof(redirect));
	nl_nest_end(rq, options);
	nl_nest_end(rq, action);
	nl_nest_end(rq, actions);
}

static void put_redirect(struct nl_request *rq, const struct link *from, const char *name,
			 const struct link *to)
{
	/* Without a key: one that compares four bytes lets frames pass that are shorter. */
	const struct tc_u32_sel all = { .flags = TC_U32_TERMINAL };
	struct tcmsg header = ingress_of(from);
	struct nlattr *nest;

	header.tcm_handle = INGRESS;
	nl_message(rq, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header),
		   "cannot catch what arrives at \"%s\"", name);
	nl_put_text(rq, TCA_KIND, "ingress");
	header.tcm_parent = INGRESS;
	header.tcm_handle = 0;
	header.tcm_info = TC_H_MAKE(PRIORITY, htons(ETH_P_ALL));
	nl_message(rq, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header),
		   "cannot redirect what arrives at \"%s\"", name);
	nl_put_text(rq, TCA_KIND, "u32");
	nest = nl_nest(rq, TCA_OPTIONS);
	put_action(rq, to);
	nl_put(rq, TCA_U32_SEL, &all, sizeof(all));
	nl_nest_end(rq, nest);
}

static void put_no_redirect(struct nl_request *rq, const struct link *from, const char *name)
{
	const struct tcmsg header = ingress_of(from);

	nl_message(rq, RTM_DELQDISC, 0, &header, sizeof(header),
		   "cannot let go what arrives at \"%s\"", name);
	nl_tolerate(rq, ENOENT);
}

static int see_qdisc(const struct nlmsghdr *reply, void *data)
{
	*(bool *)data = reply->nlmsg_type == RTM_NEWQDISC;
	return 0;
}

static int has_redirect(int fd, const struct link *link, const char *name, bool *ret_has,
			struct vps_err *err)
{
	const struct tcmsg header = ingress_of(link);
	struct nl_request rq;

	*ret_has = false;
	nl_begin(&rq);
	/* ECHO: else only those who listen are answered. */
	nl_message(&rq, RTM_GETQDISC, NLM_F_ECHO, &header, sizeof(header), "ingress of \"%s\"", name);
	nl_tolerate(&rq, ENOENT);
	return nl_ask(fd, &rq, see_qdisc, ret_has, err);
}

/* ---- the VPS's own port ---- */

/* Whether the bridge floods frames to a port, and takes those to groups for its host. */
static void put_floods(struct nl_request *rq, const struct link *port, const char *name,
		       bool is_open)
{
	const struct ifinfomsg header = { .ifi_family = AF_BRIDGE, .ifi_index = port->index };
	const uint16_t groups = is_open ? 0 : ALL_GROUPS;
	struct nlattr *nest;

	nl_message(rq, RTM_SETLINK, 0, &header, sizeof(header), "cannot %s port \"%s\"",
		   is_open ? "open" : "lock", name);
	nest = nl_nest(rq, IFLA_PROTINFO);
	nl_put_u8(rq, IFLA_BRPORT_UNICAST_FLOOD, is_open);
	nl_put_u8(rq, IFLA_BRPORT_MCAST_FLOOD, is_open);
	nl_put_u8(rq, IFLA_BRPORT_BCAST_FLOOD, is_open);
	nl_put(rq, IFLA_BRPORT_GROUP_FWD_MASK, &groups, sizeof(groups));
	if (!is_open)	/* what it has learned would let a frame pass */
		nl_put(rq, IFLA_BRPORT_FLUSH, NULL, 0);
	nl_nest_end(rq, nest);
}

/* mac  whose frames it takes then; NULL: anybody's */
static void put_open(struct nl_request *rq, const struct link *port, const char *name,
		     const struct mac *mac)
{
	put_floods(rq, port, name, true);
	if (mac)
		port_put_guard(rq, port->index, name, mac);
	else
		port_put_lock(rq, port->index, name, false);
}

/* ---- all of it ---- */

/* 1 with *ret_out, 0 when there is none, or -errno with err set. */
static int seek_out(int fd, const char *host_name, struct link *ret_out, struct vps_err *err)
{
	char name[IFNAMSIZ];
	int r = link_seek(fd, detour_name(host_name, name), ret_out, err);

	if (r > 0 && strcmp(ret_out->kind, "veth") != 0)
		return vps_err_say(err, -VPS_EEXIST, "link \"%s\" is no veth, and is left alone",
				   name);
	return r;
}

/* In one send: a process that is killed has made all of it or nothing. */
static int join(int fd, const struct detour *detour, const struct detour_port *vps,
		const struct shape *shape, struct vps_err *err)
{
	struct nl_request rq;

	nl_begin(&rq);
	link_put_quiet(&rq, detour->via.index, detour->via_name);
	link_put_quiet(&rq, detour->out.index, detour->out_name);
	link_put_up(&rq, detour->out.index, detour->out_name);
	link_put_up(&rq, detour->via.index, detour->via_name);
	tbf_put(&rq, detour->out.index, detour->out_name, shape);
	put_redirect(&rq, &detour->out, detour->out_name, vps->link);
	put_redirect(&rq, vps->link, vps->name, &detour->out);
	port_put_lock(&rq, vps->link->index, vps->name, true);
	put_floods(&rq, vps->link, vps->name, false);
	if (vps->mac)
		port_put_guard(&rq, detour->via.index, detour->via_name, vps->mac);
	return nl_send(fd, &rq, err);
}

static int build(int fd, const struct detour_port *vps, const struct shape *shape,
		 struct vps_err *err)
{
	struct vps_err ignored = { 0 };
	struct detour detour;
	int r;

	if (!vps->link->master)
		return vps_err_say(err, -ENOTCONN, "link \"%s\" is no port of a bridge", vps->name);
	name_links(&detour, vps->name);
	r = make_pair(fd, &detour, vps->link, err);
	if (r < 0)
		return r;
	r = link_find(fd, detour.out_name, &detour.out, err);
	if (r == 0)
		r = link_find(fd, detour.via_name, &detour.via, err);
	if (r == 0)
		r = join(fd, &detour, vps, shape, err);
	if (r < 0)	/* what is left is found by the next one */
		(void)detour_down(fd, vps, &ignored);
	return r;
}

int detour_up(int fd, const struct detour_port *vps, const struct shape *shape,
	      struct vps_err *err)
{
	char name[IFNAMSIZ];
	struct link out;
	bool has_part;
	int found = seek_out(fd, vps->name, &out, err), r;

	if (found < 0)
		return found;
	r = has_redirect(fd, vps->link, vps->name, &has_part, err);
	if (r == 0 && found && has_part)
		return tbf_set(fd, out.index, detour_name(vps->name, name), shape, err);
	if (r == 0 && (found || has_part))	/* of a killed one, or another run's */
		r = detour_down(fd, vps, err);
	return r < 0 ? r : build(fd, vps, shape, err);
}

int detour_down(int fd, const struct detour_port *vps, struct vps_err *err)
{
	struct nl_request rq;
	char name[IFNAMSIZ];
	struct link out;
	int r = seek_out(fd, vps->name, &out, err);

	if (r < 0)
		return r;
	nl_begin(&rq);
	if (vps->link) {	/* first, so that there is a way all the time */
		put_open(&rq, vps->link, vps->name, vps->mac);
		put_no_redirect(&rq, vps->link, vps->name);
	}
	if (r > 0)
		link_put_delete(&rq, out.index, detour_name(vps->name, name));
	return rq.message ? nl_send(fd, &rq, err) : 0;
}
