/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of netns/ ask about links and tell them; used by netns/ only. */
#ifndef NETNS_LINK_H
#define NETNS_LINK_H

#include <net/if.h>

#include "base/err.h"

struct nl_request;

struct link {
	int		index;
	int		master;		/* index of the bridge that it is a port of, or 0 */
	unsigned int	mtu_bytes;
	unsigned int	flags;		/* IFF_* */
	char		kind[16];	/* "veth", "bridge", …; "" for hardware and loopback */
};

/* Whether name can be one: 1 to 15 bytes, no '/', space or ':', not "." or "..". */
int link_check_name(const char *name, struct vps_err *err) __attribute__((nonnull));

/*
 * Look up a link by name in the namespace of an nl_open() socket (borrowed).
 *
 * Returns 0; -ENODEV when there is none; or another -errno. err is set on
 * failure, and *ret_link untouched.
 */
int link_find(int fd, const char *name, struct link *ret_link, struct vps_err *err)
	__attribute__((nonnull));

/* The same of a link that need not be there: 1 with *ret_link, 0 when there is none, or -errno. */
int link_seek(int fd, const char *name, struct link *ret_link, struct vps_err *err)
	__attribute__((nonnull));

/*
 * Attributes of a veth to be made: the kernel uses one queue of it unless told
 * otherwise, but makes room for as many as there are processors, and that costs.
 */
void link_put_one_queue(struct nl_request *rq) __attribute__((nonnull));

/* A message that brings a link up. */
void link_put_up(struct nl_request *rq, int index, const char *name) __attribute__((nonnull));

/*
 * A message that keeps a link that is down without a link-local address of
 * IPv6 when it comes up: for one that is no end of anything, it only costs
 * router solicitations and multicast reports. A kernel without IPv6 refuses
 * the attribute, and has no such address either.
 */
void link_put_quiet(struct nl_request *rq, int index, const char *name) __attribute__((nonnull));

/* A message that deletes a link; one that is gone is success. */
void link_put_delete(struct nl_request *rq, int index, const char *name) __attribute__((nonnull));

#endif
