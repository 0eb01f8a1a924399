// SPDX-License-Identifier: LGPL-2.1-or-later
/* The verbs of vps.h that change which VPSs there are: create, destroy, rename; called by vpsctl. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "disk.h"
#include "events.h"
#include "host.h"
#include "host_limits.h"
#include "images/store.h"
#include "isolation/cg.h"
#include "monitor.h"
#include "places.h"

/* A limit that this host cannot enforce is refused by name now, not at the first start. */
static int check_limits(struct vps_host *host, const char *name, const struct spec *spec,
			int *ret_claims_fd, struct vps_err *err)
{
	const struct limits *limits = &spec->limits;
	const bool is_claimed[RESOURCES] = {
		[RES_MEMORY_MIN] = resource_value(limits, RES_MEMORY_MIN) > 0,
		[RES_CPU_SET] = limits->is_set[RES_CPU_SET],
		[RES_CPU_DEDICATED] = limits->is_set[RES_CPU_DEDICATED],
	};

	if (host_limits_check_spec(host, spec, err) < 0)
		return err->code;
	return host_limits_claim(host, name, limits, is_claimed, ret_claims_fd, err);
}

static int has_name(struct vps_host *host, const char *dir, int vps_fd, void *arg,
		    struct vps_err *err)
{
	struct spec spec = { 0 };
	int r = 0;

	(void)host;
	(void)dir;
	(void)err;
	if (vps_load_spec(vps_fd, &spec, &(struct vps_err){ 0 }) == 0)
		r = spec.name && strcmp(spec.name, arg) == 0;
	spec_free(&spec);
	return r;
}

/*
 * Whether some VPS still has that name in its spec, of a rename that was
 * killed, finish_rename(). When that is unknown its row is kept.
 */
static bool is_being_renamed(struct vps_host *host, const char *name)
{
	char wanted[VPS_NAME_MAX + 1];

	(void)snprintf(wanted, sizeof(wanted), "%s", name);
	return host_each_vps(host, has_name, wanted, &(struct vps_err){ 0 }) != 0;
}

static bool is_gone(const char *name, void *arg)
{
	struct vps_host *host = arg;
	OWN_FD run_fd = FD_NONE;

	if (faccessat(host->vps_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    is_being_renamed(host, name))
		return false;
	run_fd = openat(host->run_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return run_fd < 0 || !lock_is_held(run_fd, LOCK_NAME);
}

static int allocate(struct vps *vps, const struct spec *spec, struct allocation *ret,
		    struct vps_err *err)
{
	OWN_REGISTRY *registry = NULL;
	const char *network = NULL;
	struct addr wanted;
	int r = registry_open(vps->host->root_fd, &registry, err);

	if (r == 0)	/* of commands that were killed */
		r = registry_reconcile(registry, is_gone, vps->host, NULL, err);
	if (r == 0)	/* we hold the lock of a name that has no VPS: the row is stale */
		r = registry_release(registry, vps->name, err);
	if (r == 0 && spec->network.address)
		r = addr_parse(spec->network.address, &wanted, err);
	if (spec->network.mode == SPEC_NET_BRIDGE)
		network = spec->network.bridge ? spec->network.bridge : REGISTRY_NETWORK;
	if (r == 0)
		r = registry_allocate(registry, vps->name, network,
				      spec->network.address ? &wanted : NULL, ret, err);
	return r < 0 ? vps_err_in(err, "network") : 0;
}

/* The directory with everything in it; spec.json last, since that makes it a VPS. */
static int fill(struct vps *vps, const struct spec *spec, const struct image *image,
		struct vps_err *err)
{
	struct spec named = *spec;
	struct allocation allocation;
	OWN_MEM char *text = NULL;
	int r;

	named.name = vps->name;
	r = spec_print(&named, &text, err);
	if (r == 0)
		r = allocate(vps, spec, &allocation, err);
	if (r == 0 && spec->network.mac)
		r = vps_claim_mac(vps, spec->network.mac, err);
	if (r == 0)	/* nobody else has its ids, so their first is the number of its project too */
		r = disk_make(vps->vps_fd, &spec->limits, allocation.id_start, spec->is_best_effort,
			      err);
	if (r == 0)
		r = file_replace(vps->vps_fd, IMAGE_FILE, image->digest, strlen(image->digest),
				 0600, true, err);
	if (r == 0)
		r = file_replace(vps->vps_fd, SPEC_FILE, text, strlen(text), 0600, true, err);
	return r;
}

int vps_create(struct vps_host *host, const char *name, const struct spec *spec,
	       struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	OWN_STORE *store = NULL;
	OWN_IMAGE *image = NULL;
	OWN_FD store_lock_fd = FD_NONE, claims_fd = FD_NONE;
	struct vps_err ignored = { 0 };
	int r = vps_lock_name(host, name, &vps, err);

	if (r < 0)
		return r;
	vps.vps_fd = openat(host->vps_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (vps.vps_fd >= 0 && faccessat(vps.vps_fd, SPEC_FILE, F_OK, 0) == 0)
		return vps_err_say(err, -VPS_EEXIST, "a VPS of this name exists already");
	r = check_limits(host, name, spec, &claims_fd, err);
	if (r == 0)
		r = store_open_at(host->root_fd, true, &store, err);
	if (r == 0) {
		store_lock_fd = store_lock(store, host->wait_msec, err);
		r = store_lock_fd < 0 ? store_lock_fd : store_find(store, spec->image, &image, err);
	}
	if (r == 0 && vps.vps_fd >= 0)	/* a killed `create` */
		r = tree_remove(host->vps_fd, name, err);
	own_close(&vps.vps_fd);
	if (r == 0) {
		vps.vps_fd = dir_make(host->vps_fd, name, 0700, err);
		r = vps.vps_fd < 0 ? vps.vps_fd : fill(&vps, spec, image, err);
	}
	if (r < 0)
		(void)vps_erase(&vps, &ignored);
	else
		event_record(host->root_fd, name, "created",
			     event_by(json_pack("{ss}", "image", spec->image)));
	return r;
}

int vps_erase(struct vps *vps, struct vps_err *err)
{
	OWN_REGISTRY *registry = NULL;
	int r = 0;

	/* First what makes it a VPS: killed after this, the rest is cleared by the next command. */
	if (vps->vps_fd >= 0 && unlinkat(vps->vps_fd, SPEC_FILE, 0) < 0 && errno != ENOENT)
		return vps_err_set(err, -errno, "cannot remove " SPEC_FILE);
	r = tree_remove(vps->host->vps_fd, vps->name, err);
	if (r == 0)
		r = registry_open(vps->host->root_fd, &registry, err);
	if (r == 0)
		r = registry_release(registry, vps->name, err);
	if (r == 0)	/* the lock goes with it; who waits for it looks again */
		r = tree_remove(vps->host->run_fd, vps->name, err);
	return r;
}

int vps_destroy(struct vps_host *host, const char *name, bool is_forced, struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	int r = vps_lock(host, name, &vps, err);

	if (r < 0)
		return r;
	if (vps.has_monitor && !is_forced)
		return vps_err_say(err, -VPS_ESTATE,
				   "it is running; stop it first, or destroy it with --force");
	if (vps.has_monitor)
		r = stop_locked(&vps, 0, err);
	if (r < 0)
		return r;
	disk_settle(vps.vps_fd);	/* else its file goes on being written, and keeps its room */
	r = vps_erase(&vps, err);
	if (r == 0)
		event_record(host->root_fd, name, "destroyed", event_by(NULL));
	return r;
}

int vps_rename(struct vps_host *host, const char *name, const char *new_name,
	       struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT, target = VPS_INIT, renamed = VPS_INIT;
	int r = spec_check_name(new_name, err);

	if (r == 0)
		r = vps_lock(host, name, &vps, err);
	if (r < 0)
		return r;
	if (vps.has_monitor)
		return vps_err_say(err, -VPS_ESTATE, "it is running; stop it first");
	if (strcmp(name, new_name) == 0)
		return vps_err_say(err, -VPS_EEXIST, "it has this name already");
	r = vps_lock_name(host, new_name, &target, err);
	if (r < 0)
		return r;
	if (renameat2(host->vps_fd, name, host->vps_fd, new_name, RENAME_NOREPLACE) < 0)
		return errno == EEXIST ?
			vps_err_say(err, -VPS_EEXIST, "a VPS named %s exists already", new_name) :
			vps_err_set(err, -errno, "cannot rename its directory");
	if (fsync(host->vps_fd) < 0)
		return vps_err_set(err, -errno, "cannot sync %s/vps", host->root);
	vps_unlock(&target);
	/* Locking it by its new name finishes registry and spec, as after a crash. */
	r = vps_lock(host, new_name, &renamed, err);
	if (r == 0)	/* only now: until then this lock keeps the row of the old name */
		r = tree_remove(host->run_fd, name, err);
	if (r == 0)
		event_record(host->root_fd, name, "renamed",
			     event_by(json_pack("{ss}", "new_name", new_name)));
	return r;
}
