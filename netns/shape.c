// SPDX-License-Identifier: LGPL-2.1-or-later
/* Limits the two ways of a VPS's link; called by the network stage and when a limit is set. */
#include "netns/shape.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/own.h"
#include "netns/bridge.h"
#include "netns/detour.h"
#include "netns/link.h"
#include "netns/netlink.h"
#include "netns/tbf.h"
#include "netns/veth.h"

static int open_for(const char *host_name, struct vps_err *err)
{
	return link_check_name(host_name, err) < 0 ? err->code : nl_open(err);
}

static int set(int fd, const char *host_name, const struct mac *mac, enum shape_way way,
	       const struct shape *shape, struct vps_err *err)
{
	struct link host;
	const struct detour_port vps = { .name = host_name, .link = &host, .mac = mac };
	int r = link_find(fd, host_name, &host, err);

	if (r < 0)
		return r;
	if (way == SHAPE_IN)
		return tbf_set(fd, host.index, host_name, shape, err);
	if (shape->rate_bits == UINT64_MAX)
		return detour_down(fd, &vps, err);
	return detour_up(fd, &vps, shape, err);
}

int shape_set(const char *host_name, const struct mac *mac, enum shape_way way,
	      const struct shape *shape, struct vps_err *err)
{
	OWN_FD fd = open_for(host_name, err);
	struct vps_err why = { 0 };
	int r = fd < 0 ? fd : set(fd, host_name, mac, way, shape, &why);

	if (fd < 0 || r == 0)
		return r;
	/* So the kernel says that it knows no such qdisc, filter or action. */
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return vps_err_say(err, -VPS_EHOST, "this kernel cannot limit a link: %s", why.text);
	*err = why;
	return r;
}

int shape_get(const char *host_name, enum shape_way way, struct shape *ret_shape,
	      struct vps_err *err)
{
	OWN_FD fd = open_for(host_name, err);
	char out_name[IFNAMSIZ];
	const char *name = way == SHAPE_OUT ? detour_name(host_name, out_name) : host_name;
	struct tbf tbf = { .shape.rate_bits = UINT64_MAX };
	struct link link;
	int r = fd < 0 ? fd : link_seek(fd, name, &link, err);

	if (r > 0)
		r = tbf_ask(fd, link.index, name, &tbf, err);
	else if (r == 0 && way == SHAPE_IN)
		r = vps_err_set(err, -ENODEV, "link \"%s\"", name);
	if (r == 0)
		*ret_shape = tbf.shape;
	return r;
}

int shape_clear(const char *host_name, struct vps_err *err)
{
	const struct detour_port vps = { .name = host_name };
	OWN_FD fd = open_for(host_name, err);

	return fd < 0 ? fd : detour_down(fd, &vps, err);
}

/* ---- whether this kernel can ---- */

/* On both ways of a link whose two ends are in the namespace that we are in. */
static int try_both(struct vps_err *err)
{
	static const struct shape shape = { SHAPE_RATE_LOWEST, SHAPE_BURST_LOWEST };
	struct veth veth = { .host_name = "vpsprobe" };
	OWN_FD here_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct addr none = { 0 };
	int r = bridge_ensure(BRIDGE_DEFAULT, &none, &veth.bridge_ifindex, err);

	if (r == 0)
		r = veth_up(&veth, here_fd, err);
	if (r == 0)
		r = shape_set(veth.host_name, NULL, SHAPE_IN, &shape, err);
	return r == 0 ? shape_set(veth.host_name, NULL, SHAPE_OUT, &shape, err) : r;
}

int shape_probe(struct vps_err *err)
{
	static bool has_worked;		/* what a kernel can, it does not forget */
	OWN_FD own_fd = FD_NONE;
	int r;

	if (has_worked)
		return 0;
	own_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own_fd < 0 || unshare(CLONE_NEWNET) < 0)
		return vps_err_set(err, -errno, "cannot make a network namespace");
	r = try_both(err);
	if (setns(own_fd, CLONE_NEWNET) < 0)
		abort();	/* as nl_open_in() */
	has_worked = r == 0;
	return r;
}
