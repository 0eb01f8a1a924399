// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Moves links between network namespaces; called by the engine for
 * linux.netDevices. Without libmnl, and so without netlink.c: vps-oci is linked
 * statically, and no distribution's libmnl is there for that.
 */
#include "netns/move.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/own.h"
#include "netns/addr.h"

#define ADDRESSES_MAX	64
#define ANSWER_SIZE	32768	/* the kernel fills no datagram of a dump further */

/* The addresses of one link that are to come along. */
struct addresses {
	int         index;
	struct addr all[ADDRESSES_MAX];
	size_t      count;
	bool        are_more;
};

/* A namespace seen from outside: a socket in it, and what names it. */
struct side {
	int socket_fd, netns_fd;
};

/* One message: a family header and a few short attributes behind it. */
struct request {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
	} family;
	_Alignas(NLMSG_ALIGNTO) unsigned char attributes[128];
};

static void put(struct request *rq, uint16_t type, const void *data, size_t size)
{
	struct rtattr attr = { .rta_type = type, .rta_len = (unsigned short)RTA_LENGTH(size) };
	unsigned char *at = (unsigned char *)rq + NLMSG_ALIGN(rq->head.nlmsg_len);

	memcpy(at, &attr, sizeof(attr));
	memcpy(at + RTA_LENGTH(0), data, size);
	rq->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(rq->head.nlmsg_len) + RTA_ALIGN(attr.rta_len));
}

static int open_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

/* In another namespace: this thread is there for the moment in which the socket is made. */
static int open_socket_in(int here_fd, int netns_fd, struct vps_err *err)
{
	int fd;

	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return vps_err_set(err, -errno, "cannot enter the network namespace");
	fd = open_socket();
	if (setns(here_fd, CLONE_NEWNET) < 0)
		abort();	/* going on in a tenant's namespace would be worse */
	return fd < 0 ? vps_err_set(err, fd, "cannot open a netlink socket") : fd;
}

/* Send a request and wait for its acknowledgement. 0 or -errno. */
static int ask(int fd, struct request *rq)
{
	union {
		struct nlmsghdr head;
		unsigned char   room[1024];
	} answer;
	struct nlmsgerr error;
	ssize_t len;

	rq->head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (send(fd, rq, rq->head.nlmsg_len, 0) < 0)
		return -errno;
	do
		len = recv(fd, &answer, sizeof(answer), 0);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	if ((size_t)len < NLMSG_LENGTH(sizeof(error)) || answer.head.nlmsg_type != NLMSG_ERROR)
		return -EBADMSG;
	memcpy(&error, answer.room + NLMSG_HDRLEN, sizeof(error));
	return error.error;
}

/* Of a link in the namespace of the socket, or -errno. */
static int index_of(int fd, const char *name)
{
	struct ifreq request = { 0 };

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFINDEX, &request) < 0 ? -errno : request.ifr_ifindex;
}

static void take_address(const struct nlmsghdr *message, struct addresses *addresses)
{
	const struct ifaddrmsg *header = NLMSG_DATA(message);
	struct addr addr = { .family = header->ifa_family, .prefix = header->ifa_prefixlen };
	const struct rtattr *attr = IFA_RTA(header);
	int rest = (int)IFA_PAYLOAD(message);
	bool is_found = false;

	if ((int)header->ifa_index != addresses->index || header->ifa_scope != RT_SCOPE_UNIVERSE ||
	    !(header->ifa_flags & IFA_F_PERMANENT) || !addr_size(&addr))
		return;
	/* IFA_LOCAL is the link's own; where there is none, as with IPv6, IFA_ADDRESS is. */
	for (; RTA_OK(attr, rest); attr = RTA_NEXT(attr, rest)) {
		if (RTA_PAYLOAD(attr) != addr_size(&addr) ||
		    (attr->rta_type != IFA_LOCAL && (attr->rta_type != IFA_ADDRESS || is_found)))
			continue;
		memcpy(addr.bytes, RTA_DATA(attr), addr_size(&addr));
		is_found = true;
	}
	if (addresses->count == ADDRESSES_MAX)
		addresses->are_more = true;
	else if (is_found)
		addresses->all[addresses->count++] = addr;
}

/* One datagram of a dump. 1: more will come, 0: it was the last, or -errno. */
static int take_datagram(const struct nlmsghdr *message, unsigned rest, struct addresses *addresses)
{
	for (; NLMSG_OK(message, rest); message = NLMSG_NEXT(message, rest)) {
		if (message->nlmsg_type == NLMSG_DONE)
			return 0;
		if (message->nlmsg_type == NLMSG_ERROR)
			return -EBADMSG;
		if (message->nlmsg_type == RTM_NEWADDR &&
		    message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifaddrmsg)))
			take_address(message, addresses);
	}
	return 1;
}

/* Ask for all addresses of the namespace and keep those of one link. */
static int read_addresses(int fd, struct addresses *addresses)
{
	struct request rq = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
			  .nlmsg_type = RTM_GETADDR, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
	};
	_Alignas(struct nlmsghdr) unsigned char answer[ANSWER_SIZE];
	int r;

	if (send(fd, &rq, rq.head.nlmsg_len, 0) < 0)
		return -errno;
	do {
		ssize_t len = recv(fd, answer, sizeof(answer), 0);

		if (len < 0 && errno != EINTR)
			return -errno;
		r = len < 0 ? 1 : take_datagram((const void *)answer, (unsigned)len, addresses);
	} while (r > 0);
	return r == 0 && addresses->are_more ? -E2BIG : r;
}

static struct request link_request(int index)
{
	return (struct request){
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			  .nlmsg_type = RTM_SETLINK },
		.family.link = { .ifi_family = AF_UNSPEC, .ifi_index = index },
	};
}

static int send_away(int socket_fd, int index, const char *new_name, int netns_fd)
{
	struct request rq = link_request(index);

	put(&rq, IFLA_NET_NS_FD, &netns_fd, sizeof(netns_fd));
	put(&rq, IFLA_IFNAME, new_name, strlen(new_name) + 1);
	return ask(socket_fd, &rq);
}

static int add_address(int fd, int index, const struct addr *addr, struct vps_err *err)
{
	struct request rq = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
			  .nlmsg_type = RTM_NEWADDR, .nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE },
		.family.address = { .ifa_family = (uint8_t)addr->family,
				    .ifa_prefixlen = addr->prefix, .ifa_index = (uint32_t)index },
	};
	char text[ADDR_TEXT_SIZE];
	int r;

	put(&rq, IFA_LOCAL, addr->bytes, addr_size(addr));
	put(&rq, IFA_ADDRESS, addr->bytes, addr_size(addr));
	r = ask(fd, &rq);
	return r < 0 ? vps_err_set(err, r, "cannot set address %s", addr_format(addr, text)) : 0;
}

/* Up first: IPv6 is not there before. */
static int configure(int fd, int index, const char *name, const struct addresses *addresses,
		     struct vps_err *err)
{
	struct request rq = link_request(index);
	size_t i;
	int r;

	rq.family.link.ifi_flags = rq.family.link.ifi_change = IFF_UP;
	r = ask(fd, &rq);
	if (r < 0)
		return vps_err_set(err, r, "cannot bring up \"%s\"", name);
	for (i = 0; r == 0 && i < addresses->count; i++)
		r = add_address(fd, index, &addresses->all[i], err);
	return r;
}

static int carry(const struct side *from, const struct side *to, const char *name,
		 const char *new_name, struct vps_err *err)
{
	struct addresses addresses = { .index = index_of(from->socket_fd, name) };
	int r, index;

	if (addresses.index < 0)
		return vps_err_set(err, addresses.index, "link \"%s\"", name);
	if (index_of(to->socket_fd, new_name) >= 0)
		return vps_err_say(err, -EEXIST, "\"%s\" is taken there", new_name);
	r = read_addresses(from->socket_fd, &addresses);
	if (r < 0)
		return vps_err_set(err, r, "cannot read the addresses of \"%s\"", name);
	r = send_away(from->socket_fd, addresses.index, new_name, to->netns_fd);
	if (r < 0)
		return vps_err_set(err, r, "cannot move \"%s\"", name);
	index = index_of(to->socket_fd, new_name);	/* it may be another there */
	r = index < 0 ? vps_err_set(err, index, "link \"%s\"", new_name) :
			configure(to->socket_fd, index, new_name, &addresses, err);
	if (r < 0 && index >= 0)	/* best effort: its namespace's end returns what is left */
		(void)send_away(to->socket_fd, index, name, from->netns_fd);
	return r;
}

/* Sockets on both sides, and from which to which. */
static int between(const char *name, const char *new_name, int netns_fd, bool is_inward,
		   struct vps_err *err)
{
	OWN_FD here_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	OWN_FD here_socket = FD_NONE, there_socket = FD_NONE;
	struct side here, there;

	if (strlen(name) >= IFNAMSIZ || strlen(new_name) >= IFNAMSIZ)
		return vps_err_set(err, -ENAMETOOLONG, "link \"%.30s\"", name);
	if (here_fd < 0)
		return vps_err_set(err, -errno, "cannot open our own network namespace");
	here_socket = open_socket();
	if (here_socket < 0)
		return vps_err_set(err, here_socket, "cannot open a netlink socket");
	there_socket = open_socket_in(here_fd, netns_fd, err);
	if (there_socket < 0)
		return there_socket;
	here = (struct side){ here_socket, here_fd };
	there = (struct side){ there_socket, netns_fd };
	return is_inward ? carry(&here, &there, name, new_name, err) :
			   carry(&there, &here, name, new_name, err);
}

int move_in(const char *name, const char *new_name, int netns_fd, struct vps_err *err)
{
	return between(name, new_name, netns_fd, true, err);
}

int move_out(const char *name, const char *new_name, int netns_fd, struct vps_err *err)
{
	return between(name, new_name, netns_fd, false, err);
}
