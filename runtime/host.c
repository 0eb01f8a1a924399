// SPDX-License-Identifier: LGPL-2.1-or-later
/* Opens the root of all state and one VPS under its lock; called by every verb of vps.h. */
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "images/store.h"
#include "events.h"
#include "monitor.h"
#include "resize.h"

#define ROOT_DEFAULT	"/var/lib/vps"
#define RUN_DEFAULT	"/run/vps"

int vps_host_open(const char *root, int wait_msec, struct vps_host **ret_host,
		  struct vps_err *err)
{
	struct vps_host *host = calloc(1, sizeof(*host));

	if (!host)
		return vps_err_set(err, -ENOMEM, "cannot open the host");
	host->root_fd = host->vps_fd = host->run_fd = FD_NONE;
	host->wait_msec = wait_msec;
	if (!root)
		root = getenv("VPS_ROOT");
	if (!root || !*root)
		root = ROOT_DEFAULT;
	host->root_fd = dir_make(AT_FDCWD, root, 0711, err);
	if (host->root_fd >= 0 && !realpath(root, host->root))
		(void)vps_err_set(err, -errno, "cannot resolve %s", root);
	host->is_default = strcmp(host->root, ROOT_DEFAULT) == 0;
	if ((size_t)snprintf(host->run, sizeof(host->run), "%s",
			     host->is_default ? RUN_DEFAULT : host->root) >=
	    sizeof(host->run) - sizeof("/run"))
		(void)vps_err_set(err, -ENAMETOOLONG, "%s", host->root);
	if (!host->is_default)
		strcat(host->run, "/run");
	if (!err->code)
		host->vps_fd = dir_make(host->root_fd, "vps", 0700, err);
	if (!err->code)
		host->run_fd = dir_make(AT_FDCWD, host->run, 0700, err);
	if (err->code) {
		vps_host_close(host);
		return err->code;
	}
	*ret_host = host;
	return 0;
}

void vps_host_close(struct vps_host *host)
{
	if (!host)
		return;
	own_close(&host->run_fd);
	own_close(&host->vps_fd);
	own_close(&host->root_fd);
	free(host);
}

int vps_host_root_fd(const struct vps_host *host)
{
	return host->root_fd;
}

const char *vps_host_root_path(const struct vps_host *host)
{
	return host->root;
}

static int is_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int host_each_vps(struct vps_host *host,
		  int (*each)(struct vps_host *host, const char *name, int vps_fd, void *arg,
			      struct vps_err *err),
		  void *arg, struct vps_err *err)
{
	struct dirent **entries = NULL;
	int i, r = 0, n = scandirat(host->vps_fd, ".", &entries, is_name, alphasort);

	if (n < 0)
		return vps_err_set(err, -errno, "cannot list %s/vps", host->root);
	for (i = 0; i < n; i++) {
		OWN_FD fd = FD_NONE;

		if (r == 0)
			fd = openat(host->vps_fd, entries[i]->d_name,
				    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			r = each(host, entries[i]->d_name, fd, arg, err);
		free(entries[i]);
	}
	free(entries);
	return r;
}

void vps_unlock(struct vps *vps)
{
	disk_close(&vps->disk);
	own_close(&vps->init_fd);
	own_close(&vps->vps_fd);
	own_close(&vps->run_fd);
	own_close(&vps->lock_fd);
}

int vps_lock_name(struct vps_host *host, const char *name, struct vps *vps, struct vps_err *err)
{
	int r = spec_check_name(name, err);

	if (r < 0)
		return r;
	vps->host = host;
	(void)snprintf(vps->name, sizeof(vps->name), "%s", name);
	for (;;) {
		struct stat st;

		own_close(&vps->run_fd);
		own_close(&vps->lock_fd);
		vps->run_fd = dir_make(host->run_fd, name, 0700, err);
		if (vps->run_fd < 0)
			return vps_err_in(err, "%s", host->run);
		vps->lock_fd = lock_take(vps->run_fd, LOCK_NAME, host->wait_msec, err);
		if (vps->lock_fd == -ENOENT) {	/* somebody removed the directory in between */
			*err = (struct vps_err){ 0 };
			continue;
		}
		if (vps->lock_fd < 0)
			return vps->lock_fd == -VPS_ELOCKED ? vps->lock_fd :
							      vps_err_in(err, "%s/%s", host->run, name);
		if (fstat(vps->run_fd, &st) == 0 && st.st_nlink > 0)
			return 0;
	}
}

int vps_load_spec(int vps_fd, struct spec *spec, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	size_t len;
	int r = file_read(vps_fd, SPEC_FILE, SPEC_SIZE_MAX, &text, &len, err);

	if (r == 0)
		r = spec_parse(text, len, spec, err);
	if (r == -EINVAL)	/* damaged: nobody has misused a command */
		err->code = -EBADMSG;
	return r < 0 ? vps_err_in(err, SPEC_FILE) : 0;
}

int vps_load_image(struct vps_host *host, int vps_fd, struct image **ret_image,
		   struct vps_err *err)
{
	OWN_STORE *store = NULL;
	char digest[DIGEST_SIZE + 1];
	ssize_t len = file_read_line(vps_fd, IMAGE_FILE, digest, sizeof(digest));
	int r;

	if (len < 0)
		return vps_err_set(err, (int)len, "cannot read the image's digest");
	r = store_open_at(host->root_fd, false, &store, err);
	return r < 0 ? r : store_find(store, digest, ret_image, err);
}

int host_read_state(int run_fd, struct run_state *ret_state, bool *ret_has_monitor,
		    struct vps_err *err)
{
	struct vps_err damage = { 0 };
	int r = state_read(run_fd, ret_state, &damage);

	*ret_has_monitor = lock_is_held(run_fd, MONITOR_LOCK);
	if (r == 0 || (r == -EBADMSG && !*ret_has_monitor))
		return 0;
	*err = damage;
	return r;
}

int vps_refresh(struct vps *vps, struct vps_err *err)
{
	int r = host_read_state(vps->run_fd, &vps->state, &vps->has_monitor, err);

	own_close(&vps->init_fd);
	if (r == 0)
		vps->init_fd = state_open_init(&vps->state);
	return r;
}

int vps_claim_mac(struct vps *vps, const char *mac, struct vps_err *err)
{
	OWN_REGISTRY *registry = NULL;
	struct mac wanted;
	int r = registry_open(vps->host->root_fd, &registry, err);

	if (r == 0 && mac)
		r = mac_parse(mac, &wanted, err);
	if (r == 0)
		r = registry_set_mac(registry, vps->name, mac ? &wanted : NULL, err);
	return r < 0 ? vps_err_in(err, "network.mac") : 0;
}

/* A rename goes: directory, registry, spec. Where the spec still has the other name, finish it. */
static int finish_rename(struct vps *vps, struct vps_err *err)
{
	OWN_REGISTRY *registry = NULL;
	OWN_MEM char *text = NULL;
	struct vps_err absent = { 0 };
	struct allocation allocation;
	struct spec spec = { 0 };
	int r = 0;

	/* Whoever needs a spec that cannot be read says so; stop and destroy do not. */
	if (vps_load_spec(vps->vps_fd, &spec, &(struct vps_err){ 0 }) < 0)
		return 0;
	if (spec.name && strcmp(spec.name, vps->name) != 0) {
		r = registry_open(vps->host->root_fd, &registry, err);
		if (r == 0)
			r = registry_rename(registry, spec.name, vps->name, &absent);
		if (r == -VPS_ENOENT)	/* that step had been done */
			r = registry_find(registry, vps->name, &allocation, err);
		else if (r < 0)
			*err = absent;
		spec.name = vps->name;
		if (r == 0)
			r = spec_print(&spec, &text, err);
		if (r == 0)
			r = file_replace(vps->vps_fd, SPEC_FILE, text, strlen(text), 0600, true,
					 err);
	}
	spec_free(&spec);
	return r;
}

/* Nobody watches it: either it runs on, or what is left of the run goes. */
static int recover(struct vps *vps, struct vps_err *err)
{
	struct last_run last = {
		.started_sec = vps->state.started_sec,
		.ended_sec = time(NULL),
		.exit_status = -1,
		.reason = "unknown: its monitor was killed",
	};
	struct vps_err ignored = { 0 };

	if (vps->init_fd >= 0 && vps->state.status == VPS_RUNNING) {
		if (monitor_adopt(vps, err) < 0)
			return vps_err_in(err, "cannot take it over");
		return vps_refresh(vps, err);
	}
	file_sweep(vps->run_fd);
	file_sweep(vps->vps_fd);
	disk_sweep(vps->vps_fd);
	if (vps->state.status == VPS_STOPPED && faccessat(vps->run_fd, "state.json", F_OK, 0) < 0)
		return 0;
	if (vps->state.status == VPS_RUNNING) {
		(void)last_run_write(vps->vps_fd, &last, &ignored);
		event_record(vps->host->root_fd, vps->name, "stopped",
			     json_pack("{si, ss}", "exit_status", -1, "reason", last.reason));
	}
	run_clear(vps);
	return vps_refresh(vps, err);
}

int vps_lock(struct vps_host *host, const char *name, struct vps *vps, struct vps_err *err)
{
	struct vps_err ignored = { 0 };
	int r;

	r = spec_check_name(name, err);
	if (r < 0)
		return r;
	/* Before a directory for the lock of a mistyped name is made. */
	if (faccessat(host->vps_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return vps_err_say(err, -VPS_ENOENT, "no such VPS; `vpsctl list` shows those that exist");
	r = vps_lock_name(host, name, vps, err);
	if (r < 0)
		return r;
	vps->vps_fd = openat(host->vps_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (vps->vps_fd < 0 || faccessat(vps->vps_fd, SPEC_FILE, F_OK, 0) < 0) {
		(void)vps_erase(vps, &ignored);	/* `create` or `destroy` was killed half-way */
		return vps_err_say(err, -VPS_ENOENT, "no such VPS; `vpsctl list` shows those that exist");
	}
	r = finish_rename(vps, err);
	if (r == 0)
		r = vps_refresh(vps, err);
	if (r == 0)
		r = resize_recover(vps, err);
	if (r == 0 && !vps->has_monitor)
		r = recover(vps, err);
	return r;
}
