// SPDX-License-Identifier: GPL-2.0-or-later
/* rtnetlink messages of floor.c, in the fewest sends. */
#include "floor_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOPBACK_INDEX	1

struct request {
	_Alignas(struct nlmsghdr) unsigned char room[1024];
	size_t		size;
	struct nlmsghdr	*message;
	uint32_t	count;
	bool		overflowed;
};

/* Room for size bytes, aligned and zeroed; the message that it belongs to grows. */
static void *grow(struct request *rq, size_t size)
{
	static unsigned char nowhere[256];
	unsigned char *at = rq->room + rq->size;

	if (size > sizeof(nowhere) || rq->size + NLMSG_ALIGN(size) > sizeof(rq->room)) {
		rq->overflowed = true;
		return nowhere;
	}
	memset(at, 0, NLMSG_ALIGN(size));
	rq->size += NLMSG_ALIGN(size);
	if (rq->message)
		rq->message->nlmsg_len = (uint32_t)(rq->room + rq->size -
						    (unsigned char *)rq->message);
	return at;
}

static void message(struct request *rq, uint16_t type, uint16_t flags, const void *family,
		    size_t size)
{
	struct nlmsghdr *header;

	rq->message = NULL;
	header = grow(rq, sizeof(*header));
	rq->message = header;
	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	header->nlmsg_seq = ++rq->count;
	memcpy(grow(rq, size), family, size);
}

static struct nlattr *put(struct request *rq, uint16_t type, const void *data, size_t size)
{
	struct nlattr *attr = grow(rq, NLA_HDRLEN + size);

	attr->nla_type = type;
	attr->nla_len = (uint16_t)(NLA_HDRLEN + size);
	if (size && !rq->overflowed)
		memcpy((unsigned char *)attr + NLA_HDRLEN, data, size);
	return attr;
}

static void put_text(struct request *rq, uint16_t type, const char *text)
{
	(void)put(rq, type, text, strlen(text) + 1);
}

static void put_u32(struct request *rq, uint16_t type, uint32_t value)
{
	(void)put(rq, type, &value, sizeof(value));
}

static void nest_end(struct request *rq, struct nlattr *nest)
{
	if (!rq->overflowed)
		nest->nla_len = (uint16_t)(rq->room + rq->size - (unsigned char *)nest);
}

static int open_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		error(1, errno, "netlink socket");
	return fd;
}

/* One write, one acknowledgement a message. */
static void send_all(int fd, const struct request *rq, const char *what)
{
	_Alignas(struct nlmsghdr) unsigned char buf[4096];
	const struct nlmsghdr *reply = (void *)buf;
	const struct nlmsgerr *ack = NLMSG_DATA(reply);
	uint32_t i;

	if (rq->overflowed)
		error(1, EMSGSIZE, "%s", what);
	if (send(fd, rq->room, rq->size, 0) < 0)
		error(1, errno, "%s", what);
	for (i = 1; i <= rq->count; i++) {
		if (recv(fd, buf, sizeof(buf), 0) < (ssize_t)NLMSG_LENGTH(sizeof(*ack)))
			error(1, EBADMSG, "%s", what);
		if (reply->nlmsg_type != NLMSG_ERROR || ack->error)
			error(1, -ack->error, "%s, message %u", what, i);
	}
}

static void put_up(struct request *rq, int index)
{
	const struct ifinfomsg up = { .ifi_index = index, .ifi_flags = IFF_UP,
				      .ifi_change = IFF_UP };

	message(rq, RTM_SETLINK, 0, &up, sizeof(up));
}

static void put_address(struct request *rq, int index, const char *text)
{
	const struct ifaddrmsg header = { .ifa_family = AF_INET, .ifa_prefixlen = FLOOR_PREFIX,
					  .ifa_index = (uint32_t)index };
	in_addr_t address = inet_addr(text);

	message(rq, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	put_u32(rq, IFA_LOCAL, address);
	put_u32(rq, IFA_ADDRESS, address);
}

static void put_default_route(struct request *rq, int index, const char *gateway)
{
	const struct rtmsg header = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN,
				      .rtm_protocol = RTPROT_BOOT,
				      .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNICAST };

	message(rq, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	put_u32(rq, RTA_GATEWAY, inet_addr(gateway));
	put_u32(rq, RTA_OIF, (uint32_t)index);
}

void floor_bridge(const char *name)
{
	const struct ifinfomsg down = { 0 };
	struct request link = { 0 }, config = { 0 };
	int fd = open_socket(), index;
	struct nlattr *info;

	message(&link, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &down, sizeof(down));
	put_text(&link, IFLA_IFNAME, name);
	info = put(&link, IFLA_LINKINFO, NULL, 0);
	put_text(&link, IFLA_INFO_KIND, "bridge");
	nest_end(&link, info);
	send_all(fd, &link, "bridge");

	index = (int)if_nametoindex(name);
	put_up(&config, index);
	put_address(&config, index, FLOOR_GATEWAY);
	send_all(fd, &config, "bridge's address");
	close(fd);
}

void floor_veth(const char *host_name, const char *bridge, int netns_fd)
{
	const struct ifinfomsg up = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	const struct ifinfomsg down = { 0 };
	struct nlattr *info, *data, *peer;
	struct request rq = { 0 };
	int fd = open_socket();

	message(&rq, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof(up));
	put_text(&rq, IFLA_IFNAME, host_name);
	put_u32(&rq, IFLA_NUM_TX_QUEUES, 1);
	put_u32(&rq, IFLA_NUM_RX_QUEUES, 1);
	put_u32(&rq, IFLA_MASTER, if_nametoindex(bridge));
	info = put(&rq, IFLA_LINKINFO, NULL, 0);
	put_text(&rq, IFLA_INFO_KIND, "veth");
	data = put(&rq, IFLA_INFO_DATA, NULL, 0);
	peer = put(&rq, VETH_INFO_PEER, &down, sizeof(down));
	put_text(&rq, IFLA_IFNAME, "eth0");
	put_u32(&rq, IFLA_NUM_TX_QUEUES, 1);
	put_u32(&rq, IFLA_NUM_RX_QUEUES, 1);
	put_u32(&rq, IFLA_NET_NS_FD, (uint32_t)netns_fd);
	nest_end(&rq, peer);
	nest_end(&rq, data);
	nest_end(&rq, info);
	send_all(fd, &rq, "veth");
	close(fd);
}

void floor_configure(int netns_fd)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd, index;
	struct request rq = { 0 };

	if (own < 0 || setns(netns_fd, CLONE_NEWNET) < 0)
		error(1, errno, "cannot enter the network namespace");
	fd = open_socket();
	index = (int)if_nametoindex("eth0");
	if (setns(own, CLONE_NEWNET) < 0)
		error(1, errno, "cannot leave the network namespace");
	put_up(&rq, LOOPBACK_INDEX);
	put_up(&rq, index);
	put_address(&rq, index, FLOOR_GUEST);
	put_default_route(&rq, index, FLOOR_GATEWAY);
	send_all(fd, &rq, "address and route");
	close(fd);
	close(own);
}
