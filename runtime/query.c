// SPDX-License-Identifier: LGPL-2.1-or-later
/* The verbs of vps.h that only look: get, list, inspect, wait, layers in use. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "host.h"
#include "isolation/cg.h"
#include "live.h"
#include "monitor.h"

#define POLL_MSEC	50	/* how often `wait` looks again */

static int no_such(struct vps_err *err)
{
	return vps_err_say(err, -VPS_ENOENT, "no such VPS; `vpsctl list` shows those that exist");
}

static pid_t monitor_pid(int run_fd)
{
	char text[16];

	if (file_read_line(run_fd, MONITOR_LOCK, text, sizeof(text)) <= 0)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

static bool is_paused(int run_fd)
{
	struct attach attach = { 0 };
	struct vps_err ignored = { 0 };
	bool is_frozen = false;

	if (attach_load(run_fd, &attach, &ignored) == 0) {
		OWN_FD cg_fd = cg_open(attach.cgroup);

		is_frozen = cg_fd >= 0 && cg_is_frozen(cg_fd) > 0;
	}
	attach_free(&attach);
	return is_frozen;
}

static int fill_run(struct vps_host *host, const char *name, struct vps_info *info,
		    struct vps_err *err)
{
	OWN_FD run_fd = openat(host->run_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_FD init_fd = FD_NONE;
	struct run_state state;
	bool has_monitor;
	int r;

	if (run_fd < 0)
		return 0;	/* not run since the host was booted */
	r = host_read_state(run_fd, &state, &has_monitor, err);
	if (has_monitor)
		info->monitor_pid = monitor_pid(run_fd);
	if (r < 0)
		return r;
	init_fd = state_open_init(&state);
	if (init_fd >= 0 || info->monitor_pid)
		info->restarts = state.restarts;
	if (init_fd >= 0) {
		info->status = is_paused(run_fd) ? VPS_PAUSED : VPS_RUNNING;
		info->init_pid = state.init_pid;
		info->started_sec = state.started_sec;
	} else if (info->monitor_pid || lock_is_held(run_fd, LOCK_NAME)) {
		/* Between two runs, or about to clear away: what it was told to become. */
		info->status = state.status == VPS_RUNNING ? VPS_STOPPED : state.status;
	}
	return 0;
}

static int fill_spec(int vps_fd, struct vps_info *info, struct vps_err *err)
{
	struct spec spec = { 0 };
	int r = vps_load_spec(vps_fd, &spec, err);

	if (r == 0) {
		(void)snprintf(info->image, sizeof(info->image), "%s", spec.image);
		info->is_onboot = spec.is_onboot;
	}
	spec_free(&spec);
	return r;
}

/* It only reports: one that a crash of the host emptied reports nothing. */
static void fill_last_run(int vps_fd, struct vps_info *info)
{
	struct vps_err ignored = { 0 };
	struct last_run last;

	(void)last_run_read(vps_fd, &last, &ignored);
	info->started_sec = last.started_sec;
	info->ended_sec = last.ended_sec;
	info->exit_status = last.exit_status;
	memcpy(info->reason, last.reason, sizeof(info->reason));
	info->restarts = last.restarts;
}

/* How a VPS is. A file of it that cannot be read keeps nobody from the rest, or from the others. */
static int info_fill(struct vps_host *host, const char *name, struct registry *registry,
		     struct vps_info *info, struct vps_err *err)
{
	OWN_FD vps_fd = openat(host->vps_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct allocation allocation;
	struct vps_err absent = { 0 }, damage = { 0 };
	struct stat st;

	*info = (struct vps_info){ .exit_status = -1 };
	if (vps_fd < 0 || fstatat(vps_fd, SPEC_FILE, &st, 0) < 0)
		return no_such(err);
	(void)snprintf(info->name, sizeof(info->name), "%s", name);
	fill_last_run(vps_fd, info);
	if (fstatat(vps_fd, IMAGE_FILE, &st, 0) == 0)	/* written once, by create */
		info->created_sec = st.st_mtime;
	(void)fill_spec(vps_fd, info, &damage);
	(void)fill_run(host, name, info, &damage);
	if (damage.code)
		(void)vps_err_message(&damage, info->error, sizeof(info->error));
	if (registry_find(registry, name, &allocation, &absent) == 0 && allocation.address.family) {
		char text[ADDR_TEXT_SIZE];

		(void)snprintf(info->address, sizeof(info->address), "%s",
			       addr_format_host(&allocation.address, text));
	}
	return 0;
}

int vps_get(struct vps_host *host, const char *name, struct vps_info *ret_info,
	    struct vps_err *err)
{
	OWN_REGISTRY *registry = NULL;
	int r = spec_check_name(name, err);

	if (r == 0 && faccessat(host->vps_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		r = no_such(err);
	if (r == 0)
		r = registry_open(host->root_fd, &registry, err);
	return r < 0 ? r : info_fill(host, name, registry, ret_info, err);
}

struct list {
	struct registry *registry;
	struct vps_info *infos;
	size_t           count;
};

static int list_add(struct vps_host *host, const char *name, int vps_fd, void *arg,
		    struct vps_err *err)
{
	struct list *list = arg;
	struct vps_info *more = reallocarray(list->infos, list->count + 1, sizeof(*more));
	int r = 0;

	(void)vps_fd;
	if (!more)
		return vps_err_set(err, -ENOMEM, "cannot list %s/vps", host->root);
	list->infos = more;
	if (!list->registry)
		r = registry_open(host->root_fd, &list->registry, err);
	if (r == 0)
		r = info_fill(host, name, list->registry, &more[list->count], err);
	if (r == -VPS_ENOENT) {	/* half-made, or gone meanwhile */
		*err = (struct vps_err){ 0 };
		return 0;
	}
	if (r < 0)
		return vps_err_in(err, "%s", name);
	list->count++;
	return 0;
}

int vps_list(struct vps_host *host, struct vps_info **ret_infos, size_t *ret_count,
	     struct vps_err *err)
{
	struct list list = { 0 };
	int r = host_each_vps(host, list_add, &list, err);

	registry_close(list.registry);
	if (r < 0) {
		free(list.infos);
		return r;
	}
	*ret_infos = list.infos;
	*ret_count = list.count;
	return 0;
}

/* ---- inspect ---- */

/* 0 stands for "there is none" in most members of struct vps_info. */
static json_t *positive_or_null(int64_t number)
{
	return number > 0 ? json_integer(number) : json_null();
}

static json_t *text_or_null(const char *text)
{
	return *text ? json_string(text) : json_null();
}

/* The keys are those of `list --json`. */
static json_t *json_of_info(const struct vps_info *info)
{
	bool has_ended = info->ended_sec > 0;

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o}",
			 "name", info->name, "status", vps_status_name(info->status),
			 "image", text_or_null(info->image), "address", text_or_null(info->address),
			 "init_pid", positive_or_null(info->init_pid),
			 "monitor_pid", positive_or_null(info->monitor_pid),
			 "created_sec", positive_or_null(info->created_sec),
			 "started_sec", positive_or_null(info->started_sec),
			 "ended_sec", positive_or_null(info->ended_sec), "exit_status",
			 has_ended && info->exit_status >= 0 ? json_integer(info->exit_status) :
							       json_null(),
			 "reason", text_or_null(has_ended ? info->reason : ""),
			 "restarts", (int)info->restarts, "error", text_or_null(info->error));
}

static int add_allocation(struct vps_host *host, const char *name, json_t *object,
			  struct vps_err *err)
{
	OWN_REGISTRY *registry = NULL;
	struct allocation a;
	char gateway[ADDR_TEXT_SIZE], mac[MAC_TEXT_SIZE];
	int r = registry_open(host->root_fd, &registry, err);

	if (r == 0)
		r = registry_find(registry, name, &a, err);
	if (r < 0)
		return r;
	(void)json_object_set_new(object, "uuid", json_string(a.uuid));
	(void)json_object_set_new(object, "id_start", json_integer(a.id_start));
	(void)json_object_set_new(object, "ids", json_integer(REGISTRY_IDS));
	if (a.address.family)
		(void)json_object_set_new(object, "network",
					  json_pack("{s:s, s:s, s:s, s:s}", "bridge", a.network,
						    "link", a.link_name, "gateway",
						    addr_format_host(&a.gateway, gateway), "mac",
						    mac_format(&a.mac, mac)));
	return 0;
}

/* The limits that are in force, also those that nobody set; nothing of a VPS that does not run. */
static void add_limits(struct vps_host *host, const char *name, json_t *object)
{
	OWN_FD run_fd = openat(host->run_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char lines[LIVE_LINES], text[40];
	struct live live = LIVE_INIT;
	struct vps_err ignored = { 0 };
	json_t *limits;
	uint64_t value;
	int id;

	if (run_fd < 0 || live_open(run_fd, host->root_fd, &live, &ignored) < 0)
		return;
	live_open_disk(&live);
	limits = json_object();
	for (id = 0; id < RESOURCES; id++)
		if (live_read(&live, (enum resource_id)id, &value, lines) == 0)
			(void)json_object_set_new(limits, resources[id].name,
						  json_string(resources[id].is_text ? lines :
				resource_format((enum resource_id)id, value, text, sizeof(text))));
	(void)json_object_set_new(object, "running_limits", limits);
	live_close(&live);
}

int vps_inspect(struct vps_host *host, const char *name, bool is_oci, char **ret_json,
		struct vps_err *err)
{
	OWN_FD vps_fd = FD_NONE;
	OWN_MEM char *spec = NULL;
	char digest[DIGEST_SIZE + 1] = "";
	struct vps_info info;
	json_t *object;
	int r = vps_get(host, name, &info, err);

	if (r < 0)
		return r;
	vps_fd = openat(host->vps_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (vps_fd < 0)
		return no_such(err);
	if (is_oci)
		return bundle_compile(host, name, vps_fd, ret_json, err);
	object = json_of_info(&info);
	r = add_allocation(host, name, object, err);
	if (r == 0)
		r = file_read(vps_fd, SPEC_FILE, SPEC_SIZE_MAX, &spec, NULL, err);
	if (r == 0) {
		(void)file_read_line(vps_fd, IMAGE_FILE, digest, sizeof(digest));
		(void)json_object_set_new(object, "image_digest", json_string(digest));
		(void)json_object_set_new(object, "spec", *info.error ? json_null() :
							  json_loads(spec, 0, NULL));
		if (info.init_pid > 0)
			add_limits(host, name, object);
		*ret_json = json_dumps(object, JSON_INDENT(2));
		if (!*ret_json)
			r = vps_err_set(err, -ENOMEM, "cannot print it");
	}
	json_decref(object);
	return r;
}

/* ---- wait ---- */

int vps_wait(struct vps_host *host, const char *name, int timeout_msec,
	     struct vps_info *ret_info, struct vps_err *err)
{
	const struct timespec pause = { .tv_nsec = POLL_MSEC * 1000000L };
	int waited;

	for (waited = 0;; waited += POLL_MSEC) {
		int r = vps_get(host, name, ret_info, err);

		if (r < 0)
			return r;
		if (ret_info->status == VPS_STOPPED && !ret_info->monitor_pid)
			return 0;
		if (timeout_msec >= 0 && waited >= timeout_msec)
			return vps_err_say(err, -ETIMEDOUT, "it is still %s after %d s",
					   vps_status_name(ret_info->status), timeout_msec / 1000);
		(void)nanosleep(&pause, NULL);
	}
}

/* ---- what may not be removed ---- */

struct layer_walk {
	int (*each)(const char *diff_id, void *arg);
	void *arg;
};

static int layers_of(struct vps_host *host, const char *name, int vps_fd, void *arg,
		     struct vps_err *err)
{
	const struct layer_walk *walk = arg;
	OWN_IMAGE *image = NULL;
	size_t i;
	int r = 0;

	(void)name;
	/* One that is half-made or half-gone stands on nothing yet, or no more. */
	if (vps_load_image(host, vps_fd, &image, &(struct vps_err){ 0 }) < 0)
		return 0;
	for (i = 0; r == 0 && i < image->diff_ids_len; i++)
		r = walk->each(image->diff_ids[i], walk->arg);
	return r < 0 ? vps_err_set(err, r, "cannot tell which layers are in use") : 0;
}

int vps_layers_in_use(struct vps_host *host, int (*each)(const char *diff_id, void *arg),
		      void *arg, struct vps_err *err)
{
	struct layer_walk walk = { each, arg };

	return host_each_vps(host, layers_of, &walk, err);
}
