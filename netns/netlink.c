// SPDX-License-Identifier: LGPL-2.1-or-later
/* Builds, sends and checks rtnetlink requests; called by bridge.c, link.c and veth.c. */
#include "netns/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/own.h"

/* The kernel's answers to one request: an acknowledgement a message, or one link. */
#define REPLY_SIZE	16384

static int open_here(void)
{
	const int on = 1;
	OWN_FD fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	/* The reason in words behind an error, and not a copy of our request. */
	if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) < 0)
		return -errno;
	return fd_take(&fd);
}

int nl_open(struct vps_err *err)
{
	int fd = open_here();

	return fd < 0 ? vps_err_set(err, fd, "cannot open a netlink socket") : fd;
}

int nl_open_in(int netns_fd, struct vps_err *err)
{
	OWN_FD own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int fd;

	if (own < 0)
		return vps_err_set(err, -errno, "cannot open our own network namespace");
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return vps_err_set(err, -errno, "cannot enter the network namespace");
	fd = open_here();
	if (setns(own, CLONE_NEWNET) < 0)
		abort();
	return fd < 0 ? vps_err_set(err, fd, "cannot open a netlink socket") : fd;
}

void nl_begin(struct nl_request *rq)
{
	rq->message = NULL;
	rq->count = 0;
	rq->overflowed = false;
}

/* Where the next message starts. */
static unsigned char *end_of(struct nl_request *rq)
{
	return rq->message ? mnl_nlmsg_get_payload_tail(rq->message) : rq->room;
}

static size_t room_left(struct nl_request *rq)
{
	return sizeof(rq->room) - (size_t)(end_of(rq) - rq->room);
}

/*
 * How large a buffer libmnl's checked puts may assume to be behind the latest
 * message's own start.
 */
static size_t message_room(struct nl_request *rq)
{
	return sizeof(rq->room) - (size_t)((unsigned char *)rq->message - rq->room);
}

void nl_message(struct nl_request *rq, uint16_t type, uint16_t flags, const void *family,
		size_t family_size, const char *fmt, ...)
{
	va_list ap;

	if (rq->overflowed || rq->count == NL_MESSAGES ||
	    room_left(rq) < NLMSG_SPACE(family_size)) {
		rq->overflowed = true;
		return;
	}
	rq->message = mnl_nlmsg_put_header(end_of(rq));
	rq->message->nlmsg_type = type;
	rq->message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	rq->message->nlmsg_seq = rq->count + 1;
	memcpy(mnl_nlmsg_put_extra_header(rq->message, family_size), family, family_size);

	va_start(ap, fmt);
	(void)vsnprintf(rq->what[rq->count], NL_TEXT_SIZE, fmt, ap);
	va_end(ap);
	rq->tolerated[rq->count] = 0;
	rq->count++;
}

void nl_tolerate(struct nl_request *rq, int error)
{
	if (rq->count)
		rq->tolerated[rq->count - 1] = error;
}

void nl_put(struct nl_request *rq, uint16_t type, const void *data, size_t size)
{
	if (rq->overflowed || !rq->message ||
	    !mnl_attr_put_check(rq->message, message_room(rq), type, size, data))
		rq->overflowed = true;
}

void nl_put_u8(struct nl_request *rq, uint16_t type, uint8_t value)
{
	nl_put(rq, type, &value, sizeof(value));
}

void nl_put_u32(struct nl_request *rq, uint16_t type, uint32_t value)
{
	nl_put(rq, type, &value, sizeof(value));
}

void nl_put_text(struct nl_request *rq, uint16_t type, const char *text)
{
	nl_put(rq, type, text, strlen(text) + 1);
}

void nl_put_raw(struct nl_request *rq, const void *data, size_t size)
{
	if (rq->overflowed || !rq->message || room_left(rq) < NLMSG_ALIGN(size)) {
		rq->overflowed = true;
		return;
	}
	memcpy(mnl_nlmsg_put_extra_header(rq->message, size), data, size);
}

struct nlattr *nl_nest(struct nl_request *rq, uint16_t type)
{
	struct nlattr *nest = NULL;

	if (!rq->overflowed && rq->message)
		nest = mnl_attr_nest_start_check(rq->message, message_room(rq), type);
	if (!nest)
		rq->overflowed = true;
	return nest;
}

void nl_nest_end(struct nl_request *rq, struct nlattr *nest)
{
	if (nest && !rq->overflowed)
		mnl_attr_nest_end(rq->message, nest);
}

static int send_all(int fd, struct nl_request *rq, struct vps_err *err)
{
	size_t size;
	ssize_t sent;

	if (rq->overflowed || !rq->message)
		return vps_err_set(err, -EMSGSIZE, "netlink request");
	size = (size_t)(end_of(rq) - rq->room);
	do
		sent = send(fd, rq->room, size, 0);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return vps_err_set(err, -errno, "cannot send to the kernel");
	return 0;
}

/* One datagram, not longer than buf. Returns its length, or -errno with err set. */
static ssize_t receive(int fd, void *buf, size_t size, struct vps_err *err)
{
	ssize_t len;

	do
		len = recv(fd, buf, size, MSG_TRUNC);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return vps_err_set(err, -errno, "cannot read the kernel's answer");
	if ((size_t)len > size)
		return vps_err_set(err, -EMSGSIZE, "the kernel's answer has %zd bytes", len);
	return len;
}

static int find_words(const struct nlattr *attr, void *data)
{
	const char **ret_words = data;

	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
		*ret_words = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

/* What the kernel says in words about an error, or NULL. */
static const char *ack_words(const struct nlmsghdr *reply)
{
	const char *words = NULL;

	if (reply->nlmsg_flags & NLM_F_ACK_TLVS)
		(void)mnl_attr_parse(reply, sizeof(struct nlmsgerr), find_words, &words);
	return words && *words ? words : NULL;
}

/* Judge one acknowledgement; the first refusal stays in err. */
static void take_ack(const struct nl_request *rq, const struct nlmsghdr *reply,
		     struct vps_err *err)
{
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(reply);
	unsigned int i = reply->nlmsg_seq - 1;
	const char *words;

	if (ack->error == 0 || -ack->error == rq->tolerated[i])
		return;
	words = ack_words(reply);
	if (words)
		(void)vps_err_set(err, ack->error, "%s: %s", rq->what[i], words);
	else
		(void)vps_err_set(err, ack->error, "%s", rq->what[i]);
}

/*
 * Read until every message is acknowledged. The kernel acknowledges in order,
 * so the last sequence number ends it.
 */
static int collect(int fd, struct nl_request *rq, nl_reply_fn *reply_fn, void *data,
		   struct vps_err *err)
{
	_Alignas(struct nlmsghdr) unsigned char buf[REPLY_SIZE];
	struct vps_err refused = { 0 };
	const struct nlmsghdr *reply;
	uint32_t last = 0;
	ssize_t received;
	int len, r = 0;

	while (last < rq->count) {
		received = receive(fd, buf, sizeof(buf), err);
		if (received < 0)
			return (int)received;
		len = (int)received;
		for (reply = (void *)buf; mnl_nlmsg_ok(reply, len);
		     reply = mnl_nlmsg_next(reply, &len)) {
			if (reply->nlmsg_seq == 0 || reply->nlmsg_seq > rq->count)
				continue;
			if (reply->nlmsg_type == NLMSG_ERROR) {
				if (mnl_nlmsg_get_payload_len(reply) < sizeof(struct nlmsgerr))
					return vps_err_set(err, -EBADMSG, "the kernel's answer");
				take_ack(rq, reply, &refused);
				last = reply->nlmsg_seq;
			} else if (reply_fn && r == 0) {
				r = reply_fn(reply, data);
			}
		}
	}
	if (refused.code)
		return vps_err_set(err, refused.code, "%s", refused.text);
	return r < 0 ? vps_err_set(err, r, "%s", rq->what[0]) : 0;
}

int nl_send(int fd, struct nl_request *rq, struct vps_err *err)
{
	int r = send_all(fd, rq, err);

	return r < 0 ? r : collect(fd, rq, NULL, NULL, err);
}

int nl_ask(int fd, struct nl_request *rq, nl_reply_fn *reply, void *data, struct vps_err *err)
{
	int r = send_all(fd, rq, err);

	return r < 0 ? r : collect(fd, rq, reply, data, err);
}
