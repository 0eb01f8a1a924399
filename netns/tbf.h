/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The token bucket at the root of a link, which holds what leaves by it to a rate; used by netns/ only. */
#ifndef NETNS_TBF_H
#define NETNS_TBF_H

#include <stdint.h>

#include "base/err.h"
#include "netns/netlink.h"
#include "netns/shape.h"

/* A qdisc as the kernel shows it. */
struct tbf {
	struct shape	shape;		/* rate UINT64_MAX: no token bucket of ours */
	uint64_t	dropped;	/* packets that found no room */
};

/*
 * Messages that give a rate to a link that has none.
 *
 * The queue holds QUEUE_MSEC at the rate. Where the kernel has fq_codel it
 * queues in there, each flow for itself.
 */
void tbf_put(struct nl_request *rq, int index, const char *name, const struct shape *shape)
	__attribute__((nonnull));

/*
 * Give a link a rate, another one, or none with rate UINT64_MAX. What is
 * queued stays queued, but for a smaller burst, in which it may not fit: then
 * it is dropped. 0, or -errno with err set.
 */
int tbf_set(int fd, int index, const char *name, const struct shape *shape, struct vps_err *err)
	__attribute__((nonnull));

/* What a link has. 0, or -errno with err set. */
int tbf_ask(int fd, int index, const char *name, struct tbf *ret_tbf, struct vps_err *err)
	__attribute__((nonnull));

#endif
