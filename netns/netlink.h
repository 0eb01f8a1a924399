/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rtnetlink requests: several messages built into one fixed buffer, sent at
 * once, each acknowledged; used by the other files of netns/ only.
 */
#ifndef NETNS_NETLINK_H
#define NETNS_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define NL_MESSAGES	16	/* most messages in one request */
#define NL_TEXT_SIZE	80	/* what a message does, for the error sentence */

/*
 * Messages are added in order, attributes go to the latest one. What does not
 * fit sets overflowed and changes nothing else; nl_send() and nl_ask() test it.
 */
struct nl_request {
	_Alignas(struct nlmsghdr) unsigned char room[4096];
	struct nlmsghdr	*message;	/* the latest, NULL before the first */
	unsigned int	count;
	bool		overflowed;
	int		tolerated[NL_MESSAGES];	/* an errno that is success, or 0 */
	char		what[NL_MESSAGES][NL_TEXT_SIZE];
};

/* A message and what it carries, valid during the callback. Return 0 or -errno. */
typedef int nl_reply_fn(const struct nlmsghdr *reply, void *data);

/*
 * Open an rtnetlink socket, in the caller's network namespace or in another.
 *
 * netns_fd  borrowed; the calling thread enters it for the moment in which the
 *           socket is made, and is back in its own before this returns
 *
 * Returns a descriptor that the caller owns, or -errno with err set. If the
 * way back fails, which takes a kernel out of memory, the process is
 * abort()ed: going on in a tenant's namespace would be worse.
 */
int nl_open(struct vps_err *err) __attribute__((nonnull));
int nl_open_in(int netns_fd, struct vps_err *err) __attribute__((nonnull));

/* Make a request empty. It need not have been initialised. */
void nl_begin(struct nl_request *rq) __attribute__((nonnull));

/*
 * Start the next message.
 *
 * type         RTM_*
 * flags        NLM_F_* besides NLM_F_REQUEST and NLM_F_ACK
 * family       struct ifinfomsg, ifaddrmsg, rtmsg, …: copied
 * fmt          names the object, for the sentence when the kernel refuses
 */
void nl_message(struct nl_request *rq, uint16_t type, uint16_t flags, const void *family,
		size_t family_size, const char *fmt, ...)
	__attribute__((nonnull, format(printf, 6, 7)));

/* The kernel may refuse the latest message with this (positive) errno: success. */
void nl_tolerate(struct nl_request *rq, int error) __attribute__((nonnull));

/* Add an attribute to the latest message; data is copied. */
void nl_put(struct nl_request *rq, uint16_t type, const void *data, size_t size)
	__attribute__((nonnull(1)));
void nl_put_u8(struct nl_request *rq, uint16_t type, uint8_t value) __attribute__((nonnull));
void nl_put_u32(struct nl_request *rq, uint16_t type, uint32_t value) __attribute__((nonnull));
void nl_put_text(struct nl_request *rq, uint16_t type, const char *text) __attribute__((nonnull));

/* Bytes without an attribute header: a family header inside of a nest. Copied. */
void nl_put_raw(struct nl_request *rq, const void *data, size_t size) __attribute__((nonnull));

/* Attributes between these two are nested; a NULL nest (it did not fit) is fine. */
struct nlattr *nl_nest(struct nl_request *rq, uint16_t type) __attribute__((nonnull));
void nl_nest_end(struct nl_request *rq, struct nlattr *nest) __attribute__((nonnull(1)));

/*
 * Send all messages in one write and collect their acknowledgements. The
 * kernel goes on after a message that it refused: what follows it may have
 * been done.
 *
 * Returns 0, or the -errno of the first refused message with err saying which
 * and, in the kernel's own words where it gives them, why.
 */
int nl_send(int fd, struct nl_request *rq, struct vps_err *err) __attribute__((nonnull));

/*
 * Send one message without NLM_F_DUMP whose answer is data.
 *
 * reply  called with the answer; data is passed to it
 *
 * Returns as nl_send(), or what reply returned.
 */
int nl_ask(int fd, struct nl_request *rq, nl_reply_fn *reply, void *data, struct vps_err *err)
	__attribute__((nonnull(2, 3, 5)));

#endif
