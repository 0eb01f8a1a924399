/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What bridge.c and veth.c both ask about a link; used by netns/ only. */
#ifndef NETNS_LINK_H
#define NETNS_LINK_H

#include <net/if.h>

#include "base/err.h"

struct link {
	int		index;
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

#endif
