/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a port of a bridge takes from whoever is behind it; used by netns/ only. */
#ifndef NETNS_PORT_H
#define NETNS_PORT_H

#include <stdbool.h>

#include "netns/addr.h"

struct nl_request;

/*
 * A message that lets a port take frames only from addresses that the bridge
 * was told to be behind it, and learn none; or opens it again, to learn all.
 *
 * index, name  of a link that is a port
 *
 * Before Linux 5.18 nothing is learned, but foreign frames are let in.
 */
void port_put_lock(struct nl_request *rq, int index, const char *name, bool is_locked)
	__attribute__((nonnull));

/*
 * Messages that let frames from one MAC address in at a port, and none from
 * another: else root behind it could take over those of his neighbours, and
 * each address that he makes up is an entry of a table of the kernel's that has
 * no bound. An address that was behind another port is so no longer.
 */
void port_put_guard(struct nl_request *rq, int index, const char *name, const struct mac *mac)
	__attribute__((nonnull));

#endif
