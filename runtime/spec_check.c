// SPDX-License-Identifier: LGPL-2.1-or-later
/* Combinations of keys that cannot be; called when a spec is whole. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "runtime/spec_parts.h"

/* Whose value may not be above whose. */
static const struct {
	enum resource_id lesser, greater;
} orders[] = {
	{ RES_MEMORY_HIGH, RES_MEMORY },
	{ RES_MEMORY_LOW,  RES_MEMORY },
	{ RES_MEMORY_MIN,  RES_MEMORY },
	{ RES_MEMORY_MIN,  RES_MEMORY_HIGH },
	{ RES_MEMORY_LOW,  RES_MEMORY_HIGH },
};

static int check_resources(const struct limits *limits, struct vps_err *err)
{
	char low[32], high[32];
	size_t i;

	for (i = 0; i < ARRAY_LEN(orders); i++) {
		enum resource_id lesser = orders[i].lesser, greater = orders[i].greater;
		enum unit unit = resources[lesser].unit;

		if (!limits->is_set[lesser] || !limits->is_set[greater] ||
		    limits->value[lesser] <= limits->value[greater] ||
		    (limits->value[lesser] == UINT64_MAX && lesser == RES_MEMORY_HIGH))
			continue;
		return vps_err_say(err, -EINVAL, "resources.%s: %s is above resources.%s, %s",
				   resources[lesser].name,
				   unit_format(unit, limits->value[lesser], low, sizeof(low)),
				   resources[greater].name,
				   unit_format(unit, limits->value[greater], high, sizeof(high)));
	}
	if (limits->is_set[RES_SWAP] && !limits->is_set[RES_MEMORY])
		return vps_err_say(err, -EINVAL,
				   "resources.swap: %s without resources.memory, which it comes on top of",
				   unit_format(UNIT_BYTES, limits->value[RES_SWAP], low, sizeof(low)));
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
	return 0;
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
	int r = check_resources(&spec->limits, err);

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
