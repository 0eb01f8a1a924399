/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has passed the link of a VPS since it was made. */
#ifndef NETNS_TRAFFIC_H
#define NETNS_TRAFFIC_H

#include <stdint.h>

#include "base/err.h"

/* As the VPS sees it: in is towards it. */
struct traffic {
	uint64_t	in_bytes, in_packets;
	uint64_t	in_dropped;	/* on their way to it: its limit's queue was full, or its own */
	uint64_t	out_bytes, out_packets;	/* that it has sent, those among them that were dropped */
	uint64_t	out_dropped;
};

/*
 * Read the counters of the host's end of a link, and of the queues of its limits.
 *
 * host_name   as struct veth has it
 *
 * Returns 0, or -errno with err set (-ENODEV: no such link) and *ret_traffic untouched.
 */
int traffic_read(const char *host_name, struct traffic *ret_traffic, struct vps_err *err)
	__attribute__((nonnull));

#endif
