// SPDX-License-Identifier: LGPL-2.1-or-later
/* linux.netDevices: links of the host that the container gets; a stage of container.c. */
#include <fcntl.h>
#include <unistd.h>

#include "container_parts.h"
#include "netns/move.h"

/* The namespace that init lives in, be it new or one that it joined. */
static int open_namespace(struct container *c, struct vps_err *err)
{
	const char *path = c->config.namespaces[NS_NET].path;

	if (c->netns_fd >= 0 || !path)
		return 0;
	c->netns_fd = ns_open(NS_NET, path, err);
	return c->netns_fd < 0 ? c->netns_fd : 0;
}

int links_up(struct container *c, struct vps_err *err)
{
	const struct oci_config *config = &c->config;
	int r = config->net_device_count ? open_namespace(c, err) : 0;

	while (r == 0 && c->moved_links < config->net_device_count) {
		const struct oci_net_device *device = &config->net_devices[c->moved_links];

		r = move_in(device->host_name, device->name, c->netns_fd, err);
		if (r < 0)
			(void)vps_err_in(err, "linux.netDevices.%s", device->host_name);
		else
			c->moved_links++;
	}
	if (r < 0)
		links_down(c);
	return r;
}

/* Only of a container that did not come up: of one that did, the kernel decides what returns. */
void links_down(struct container *c)
{
	struct vps_err ignored = { 0 };

	while (c->moved_links > 0) {
		const struct oci_net_device *device = &c->config.net_devices[--c->moved_links];

		/* Best effort: hardware comes back by itself when the namespace ends. */
		(void)move_out(device->name, device->host_name, c->netns_fd, &ignored);
	}
}
