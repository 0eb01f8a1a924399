// SPDX-License-Identifier: LGPL-2.1-or-later
/* What depends on more than one property of a config.json; called when all of it is read. */
#include <errno.h>

#include "runtime/oci_parts.h"

static int needs(const struct oci_config *config, enum ns_kind kind, bool is_new,
		 const char *property, struct vps_err *err)
{
	const struct oci_namespace *ns = &config->namespaces[kind];

	if (ns->is_listed && !(is_new && ns->path))
		return 0;
	return vps_err_say(err, -EINVAL, "%s: needs %s \"%s\" in linux.namespaces", property,
			   is_new ? "a new" : "a", ns_infos[kind].oci);
}

static int check_user(const struct oci_config *config, struct vps_err *err)
{
	const struct oci_namespace *user = &config->namespaces[NS_USER];
	bool has_maps = config->idmap.uid_count || config->idmap.gid_count;

	if (has_maps && !user->is_listed)
		return needs(config, NS_USER, false, "linux.uidMappings", err);
	if (user->is_listed && !user->path && (!config->idmap.uid_count || !config->idmap.gid_count))
		return vps_err_say(err, -EINVAL, "linux.%s: missing; a new user namespace needs it",
				   config->idmap.uid_count ? "gidMappings" : "uidMappings");
	return 0;
}

/* Maps of its own, or the container's. */
static int check_idmaps(const struct oci_config *config, struct vps_err *err)
{
	size_t i;

	for (i = 0; i < config->mount_count; i++)
		if (config->mounts[i].is_idmapped && !config->mounts[i].idmap.uid_count &&
		    !config->idmap.uid_count && !config->namespaces[NS_USER].path)
			return vps_err_say(err, -EINVAL,
					   "mounts[%zu].uidMappings: missing; there is no linux.uidMappings to take the ids from",
					   i);
	return 0;
}

/* A maps or offsets property that only a new namespace can take, and what changes the host otherwise. */
int oci_check(const struct oci_config *config, struct vps_err *err)
{
	int r = check_user(config, err);

	if (r == 0 && config->hostname)
		r = needs(config, NS_UTS, false, "hostname", err);
	if (r == 0 && config->domainname)
		r = needs(config, NS_UTS, false, "domainname", err);
	if (r == 0 && config->has_time_offsets)
		r = needs(config, NS_TIME, true, "linux.timeOffsets", err);
	if (r == 0 && config->net_device_count)
		r = needs(config, NS_NET, false, "linux.netDevices", err);
	if (r == 0 && config->root_readonly)
		r = needs(config, NS_MOUNT, true, "root.readonly", err);
	if (r == 0 && config->rootfs_propagation)
		r = needs(config, NS_MOUNT, true, "linux.rootfsPropagation", err);
	if (r == 0 && config->device_count)
		r = needs(config, NS_MOUNT, true, "linux.devices", err);
	if (r == 0 && config->has_process && config->process.terminal)
		r = needs(config, NS_MOUNT, true, "process.terminal", err);
	if (r == 0 && (config->masked_count || config->readonly_count || config->mount_count))
		r = needs(config, NS_MOUNT, true, "mounts, linux.maskedPaths or linux.readonlyPaths",
			  err);
	return r == 0 ? check_idmaps(config, err) : r;
}
