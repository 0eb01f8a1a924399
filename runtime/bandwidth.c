// SPDX-License-Identifier: LGPL-2.1-or-later
/* Limits of a link as text and as values, without the link; called by resources.c. */
#include "bandwidth.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "netns/shape.h"

#define BURST_MSEC	10	/* that a timer of the kernel may be late, and no packet keeps the others waiting longer */

uint64_t bandwidth_burst(uint64_t rate_bits)
{
	uint64_t bytes = rate_bits / 8 * BURST_MSEC / 1000;

	if (rate_bits == UINT64_MAX)
		return 0;
	return bytes < SHAPE_BURST_LOWEST ? SHAPE_BURST_LOWEST : bytes / 1024 * 1024;
}

static bool is_burst(enum resource_id id)
{
	return id == RES_NET_IN_BURST || id == RES_NET_OUT_BURST;
}

enum shape_way bandwidth_way(enum resource_id id)
{
	return id == RES_NET_IN || id == RES_NET_IN_BURST ? SHAPE_IN : SHAPE_OUT;
}

const char *bandwidth_print(const struct shape *shape, char *buf, size_t size)
{
	if (shape->rate_bits == UINT64_MAX)
		(void)snprintf(buf, size, "max 0");
	else
		(void)snprintf(buf, size, "%" PRIu64 " %" PRIu64, shape->rate_bits,
			       shape->burst_bytes);
	return buf;
}

int bandwidth_scan(const char *text, struct shape *ret_shape)
{
	struct shape shape = { .rate_bits = UINT64_MAX };

	if (strcmp(text, "max 0") != 0 &&
	    sscanf(text, "%" SCNu64 " %" SCNu64, &shape.rate_bits, &shape.burst_bytes) != 2)
		return -EBADMSG;
	*ret_shape = shape;
	return 0;
}

const char *bandwidth_text(enum resource_id id, const struct limits *limits, char *buf,
			   size_t size)
{
	bool is_in = bandwidth_way(id) == SHAPE_IN;
	const struct shape shape = {
		.rate_bits = resource_value(limits, is_in ? RES_NET_IN : RES_NET_OUT),
		.burst_bytes = resource_value(limits, is_in ? RES_NET_IN_BURST : RES_NET_OUT_BURST),
	};

	return bandwidth_print(&shape, buf, size);
}

int bandwidth_parse(enum resource_id id, const char *text, uint64_t *ret_value)
{
	struct shape shape;
	int r = bandwidth_scan(text, &shape);

	if (r == 0)
		*ret_value = is_burst(id) ? shape.burst_bytes : shape.rate_bits;
	return r;
}
