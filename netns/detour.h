/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A detour for what a VPS sends, on which it can be queued; used by netns/ only.
 *
 *   eth0 ====== vpsXXXX      outXXXX ====== viaXXXX --- bridge
 *   (VPS)       (host)  --->  tbf
 *                       <---
 *
 * A frame of the VPS arrives at vpsXXXX, whose ingress qdisc hands it to
 * outXXXX. It waits in that link's token bucket and comes out of viaXXXX,
 * which is the bridge's port for this VPS. The way in is the same without the wait.
 *
 * Why not an ifb, which is made for this and takes one link less: it gives a
 * frame back to the link that it came from, marked as one that has been there.
 * The mark survives the way through a veth. Root of a VPS has ifbs, too: he
 * sends his frames over one of his own, and the host's ingress qdisc lets them
 * pass unseen. Here, what the ingress qdisc does not see reaches a port of the
 * bridge that is locked, and goes nowhere.
 */
#ifndef NETNS_DETOUR_H
#define NETNS_DETOUR_H

#include "netns/link.h"
#include "netns/shape.h"

/* Name of the link with the token bucket, into name. Returns name. */
const char *detour_name(const char *host_name, char name[IFNAMSIZ]) __attribute__((nonnull));

/* The host's end of the link of a VPS. */
struct detour_port {
	const char		*name;
	const struct link	*link;	/* of that name, a port of a bridge */
	const struct mac	*mac;	/* whose frames the bridge takes, see port.h; NULL: anybody's */
};

/*
 * Limit what leaves a VPS: build the detour, or change the rate on the one
 * that is there. One that is not whole is built anew.
 *
 * Returns 0, or -errno with err set. After failure a detour that was whole is
 * so still; any other is gone.
 */
int detour_up(int fd, const struct detour_port *vps, const struct shape *shape,
	      struct vps_err *err) __attribute__((nonnull));

/*
 * Let the VPS use its port of the bridge again, and remove the detour.
 *
 * vps    link NULL: it is gone or about to be made
 *
 * Returns 0, also when there is none, or -errno with err set.
 */
int detour_down(int fd, const struct detour_port *vps, struct vps_err *err)
	__attribute__((nonnull));

#endif
