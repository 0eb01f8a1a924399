// SPDX-License-Identifier: LGPL-2.1-or-later
/* Combinations of keys that cannot be; called when a spec is whole. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "netns/shape.h"
#include "runtime/limits.h"
#include "runtime/spec_parts.h"

int spec_check_link(const struct spec *spec, const struct limits *limits, const char *prefix,
		    struct vps_err *err)
{
	char text[32];
	int id;

	for (id = 0; id < RESOURCES; id++) {
		if (!limits->is_set[id] || resources[id].place != PLACE_LINK)
			continue;
		(void)resource_format((enum resource_id)id, limits->value[id], text, sizeof(text));
		if (spec->network.mode == SPEC_NET_NONE)
			return vps_err_say(err, -EINVAL,
					   "%s%s: %s is not possible with network.mode \"none\", which leaves nothing to limit",
					   prefix, resources[id].name, text);
		if (spec->network.mtu > SHAPE_MTU_HIGHEST)
			return vps_err_say(err, -EINVAL,
					   "%s%s: %s is not possible with network.mtu %u; allowed are up to %u with it",
					   prefix, resources[id].name, text, spec->network.mtu,
					   (unsigned)SHAPE_MTU_HIGHEST);
	}
	return 0;
}

static int check_network(const struct spec *spec, struct vps_err *err)
{
	const char *key = spec->network.bridge	? "bridge" :
			  spec->network.address ? "address" :
			  spec->network.mac	? "mac" :
			  spec->network.mtu	? "mtu" :
						  NULL;

	if (spec->network.mode == SPEC_NET_NONE && key)
		return vps_err_say(err, -EINVAL,
				   "network.%s: not possible with network.mode \"none\"; leave it out, or use \"bridge\"",
				   key);
	return spec_check_link(spec, &spec->limits, "resources.", err);
}

static int check_capabilities(const struct spec *spec, struct vps_err *err)
{
	const char *const *add, *const *drop;

	for (add = spec->security.caps_add; add && *add; add++)
		for (drop = spec->security.caps_drop; drop && *drop; drop++)
			if (strcmp(*add, *drop) == 0)
				return vps_err_say(err, -EINVAL,
						   "security.capabilities: %s is in both add and drop",
						   *add);
	return 0;
}

static int check_targets(const struct spec *spec, struct vps_err *err)
{
	size_t i, j;

	for (i = 0; i < spec->mount_count; i++)
		for (j = 0; j < i; j++)
			if (strcmp(spec->mounts[i].target, spec->mounts[j].target) == 0)
				return vps_err_say(err, -EINVAL,
						   "mounts[%zu].target: %.200s is the target of mounts[%zu] already",
						   i, spec->mounts[i].target, j);
	for (i = 0; i < spec->device_count; i++)
		for (j = 0; j < i; j++)
			if (strcmp(spec->devices[i].target, spec->devices[j].target) == 0)
				return vps_err_say(err, -EINVAL,
						   "devices[%zu].target: %.200s is the target of devices[%zu] already",
						   i, spec->devices[i].target, j);
	return 0;
}

int spec_check(const struct spec *spec, struct vps_err *err)
{
	int r = limits_check(&spec->limits, "resources.", err);

	if (r == 0)
		r = elastic_check(&spec->elastic, &spec->limits, "resources.", err);
	if (r == 0)
		r = check_network(spec, err);
	if (r == 0)
		r = check_capabilities(spec, err);
	if (r == 0)
		r = check_targets(spec, err);
	if (r == 0 && spec->restart == RESTART_NO && spec->restart_max)
		r = vps_err_say(err, -EINVAL, "restart.max: %u without restarts; restart.policy is \"no\"",
				spec->restart_max);
	return r;
}
