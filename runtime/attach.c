// SPDX-License-Identifier: LGPL-2.1-or-later
/* Gives a container what makes it a VPS: overlay root, link, first files; called by the engine. */
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/path.h"
#include "images/diskfile.h"
#include "images/overlay.h"
#include "netns/bridge.h"
#include "netns/shape.h"
#include "netns/veth.h"
#include "runtime/bandwidth.h"

#define ATTACH_FILE	"attach.json"
#define ATTACH_MAX	(256u << 10)	/* 500 layers take 35 KiB */

static json_t *strings(const char *const *list, size_t count)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(array, json_string(list[i]));
	return array;
}

static size_t list_len(const char *const *list)
{
	size_t len = 0;

	while (list && list[len])
		len++;
	return len;
}

/* Numbers in the scale of their rows. */
static json_t *elastic_to_json(const struct elastic *elastic)
{
	json_t *object = json_pack("{si}", "percent", (int)elastic->percent);
	int id;

	for (id = 0; id < ELASTICS; id++) {
		if (!elastic_has(elastic, (enum elastic_id)id))
			continue;
		(void)json_object_set_new(object, elastic_rows[id].floor_key,
					  json_integer((json_int_t)elastic->floor[id]));
		(void)json_object_set_new(object, elastic_rows[id].ceiling_key,
					  json_integer((json_int_t)elastic->ceiling[id]));
	}
	return object;
}

static struct elastic elastic_from_json(const json_t *object)
{
	struct elastic elastic = { 0 };
	int id;

	elastic.percent = (unsigned)json_integer_value(json_object_get(object, "percent"));
	for (id = 0; id < ELASTICS; id++) {
		const json_t *floor = json_object_get(object, elastic_rows[id].floor_key);
		const json_t *ceiling = json_object_get(object, elastic_rows[id].ceiling_key);

		elastic.has_floor[id] = elastic.has_ceiling[id] = floor && ceiling;
		elastic.floor[id] = (uint64_t)json_integer_value(floor);
		elastic.ceiling[id] = (uint64_t)json_integer_value(ceiling);
	}
	return elastic;
}

int attach_save(int run_fd, const struct attach *a, struct vps_err *err)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:I, s:o, s:b, s:s*, s:s*, s:s*, s:s*, s:s*, s:i, s:s, "
				   "s:o, s:b, s:i, s:o, s:i, s:i}",
				   "name", a->name, "root", a->root, "cgroup", a->cgroup,
				   "id_start", (json_int_t)a->id_start, "layers", strings(a->layers, a->layer_count),
				   "has_network", a->has_network, "bridge", a->bridge,
				   "link", a->link, "gateway", a->gateway, "address", a->address,
				   "mac", a->mac, "mtu", (int)a->mtu, "hostname", a->hostname,
				   "dns", strings(a->dns, list_len(a->dns)),
				   "is_first_boot", a->is_first_boot,
				   "stop_signal", a->stop_signal, "elastic",
				   elastic_to_json(&a->elastic), "restart", (int)a->restart,
				   "restart_max", (int)a->restart_max);
	OWN_MEM char *text = object ? json_dumps(object, JSON_INDENT(1)) : NULL;

	json_decref(object);
	if (!text)
		return vps_err_set(err, -ENOMEM, "cannot write " ATTACH_FILE);
	return file_replace(run_fd, ATTACH_FILE, text, strlen(text), 0600, false, err);
}

static const char *text_of(struct attach *a, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? arena_strdup(&a->arena, text) : NULL;
}

static const char *const *list_of(struct attach *a, const json_t *object, const char *key,
				  size_t *ret_count)
{
	const json_t *array = json_object_get(object, key);
	size_t count = json_array_size(array), i;
	const char **list = arena_array(&a->arena, count + 1, sizeof(*list));

	for (i = 0; list && i < count; i++)
		list[i] = arena_strdup(&a->arena, json_string_value(json_array_get(array, i)));
	*ret_count = list ? count : 0;
	return list;
}

static int number_of(const json_t *object, const char *key)
{
	return (int)json_integer_value(json_object_get(object, key));
}

int attach_load(int run_fd, struct attach *a, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	json_t *object;
	size_t len, dns_count;
	int r = file_read(run_fd, ATTACH_FILE, ATTACH_MAX, &text, &len, err);

	if (r < 0)
		return r;
	object = json_loadb(text, len, 0, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return vps_err_say(err, -EBADMSG, ATTACH_FILE " is damaged; stop and start again");
	}
	a->name = text_of(a, object, "name");
	a->root = text_of(a, object, "root");
	a->cgroup = text_of(a, object, "cgroup");
	a->id_start = (uint32_t)json_integer_value(json_object_get(object, "id_start"));
	a->layers = list_of(a, object, "layers", &a->layer_count);
	a->has_network = json_is_true(json_object_get(object, "has_network"));
	a->bridge = text_of(a, object, "bridge");
	a->link = text_of(a, object, "link");
	a->gateway = text_of(a, object, "gateway");
	a->address = text_of(a, object, "address");
	a->mac = text_of(a, object, "mac");
	a->mtu = (unsigned)number_of(object, "mtu");
	a->hostname = text_of(a, object, "hostname");
	a->dns = list_of(a, object, "dns", &dns_count);
	a->is_first_boot = json_is_true(json_object_get(object, "is_first_boot"));
	a->stop_signal = number_of(object, "stop_signal");
	a->elastic = elastic_from_json(json_object_get(object, "elastic"));
	a->restart = (enum spec_restart)number_of(object, "restart");
	a->restart_max = (unsigned)number_of(object, "restart_max");
	json_decref(object);
	if (!a->name || !a->root || !a->cgroup || !a->hostname)
		return vps_err_say(err, -EBADMSG, ATTACH_FILE " is damaged; stop and start again");
	return 0;
}

void attach_free(struct attach *a)
{
	arena_free(&a->arena);
	*a = (struct attach){ 0 };
}

/* On the file system of its own where it has one, else in its directory. */
static int mount_root(struct overlay *overlay, int *ret_mount_fd, int ret_spare_fds[2],
		      struct vps_err *err)
{
	struct diskfile file = DISKFILE_NONE;
	int r = diskfile_open(overlay->vps_fd, DISKFILE, true, &file, err);

	if (err->code)
		return r;
	if (r == 0) {
		overlay->vps_fd = file.mount_fd;
		overlay->is_detached = true;
	}
	r = overlay_mount(overlay, ret_mount_fd, ret_spare_fds, err);
	diskfile_close(&file);
	return r;
}

static int root_up(struct container *c, int userns_fd, int *ret_mount_fd, struct vps_err *err)
{
	const struct attach *a = c->attachments->arg;
	OWN_FD root_fd = open(a->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_FD layers_fd = FD_NONE, vps_fd = FD_NONE;
	char path[PATH_MAX];
	struct overlay overlay = {
		.diff_ids = a->layers,
		.diff_ids_len = a->layer_count,
		.userns_fd = userns_fd,
		.mount_attrs = c->config.root_readonly ? MOUNT_ATTR_RDONLY : 0,
	};

	if (root_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s", a->root);
	layers_fd = openat(root_fd, "layers", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (layers_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s/layers", a->root);
	(void)snprintf(path, sizeof(path), "vps/%s", a->name);
	vps_fd = openat(root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (vps_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s/%s", a->root, path);
	overlay.layers_fd = layers_fd;
	overlay.vps_fd = vps_fd;
	return mount_root(&overlay, ret_mount_fd, c->spare_fds, err);
}

static int link_up(struct container *c, int netns_fd, struct vps_err *err)
{
	const struct attach *a = c->attachments->arg;
	struct veth veth = { .host_name = a->link, .mtu_bytes = a->mtu };
	int r;

	if (!a->has_network)
		return loopback_up(netns_fd, err);
	r = addr_parse(a->gateway, &veth.gateway, err);
	if (r == 0)
		r = addr_parse(a->address, &veth.address, err);
	if (r == 0)
		r = mac_parse(a->mac, &veth.mac, err);
	if (r == 0)
		r = bridge_ensure(a->bridge, &veth.gateway, &veth.bridge_ifindex, err);
	/* Of a run that nobody cleared away. While there is no link, nobody needs it. */
	if (r == 0)
		r = shape_clear(a->link, err);
	if (r == 0)
		r = veth_up(&veth, netns_fd, err);
	return r == 0 ? bandwidth_apply(a->link, &veth.mac, &c->config, err) : r;
}

static void link_down(struct container *c)
{
	const struct attach *a = c->attachments->arg;
	struct vps_err ignored = { 0 };

	if (!a->has_network)
		return;
	/* The namespace takes its link along anyway, only later; whoever waits for us sees it gone. */
	(void)veth_down(a->link, &ignored);
	/* Now a `set` at the same time can add nothing to it any more. */
	ignored = (struct vps_err){ 0 };
	(void)shape_clear(a->link, &ignored);
}

/* Replace a file of /etc. What the image put there (a link to systemd's stub, say) goes. */
static int put_file(int etc_fd, const char *name, const char *text, struct vps_err *err)
{
	OWN_FD fd = FD_NONE;
	int r;

	(void)unlinkat(etc_fd, name, 0);
	fd = openat(etc_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 && (errno == EROFS || errno == EISDIR || errno == EEXIST))
		return 0;	/* a read-only root, or an image with ideas of its own */
	if (fd < 0)
		return vps_err_set(err, -errno, "cannot write /etc/%s", name);
	r = fd_write_all(fd, text, strlen(text));
	return r < 0 ? vps_err_set(err, r, "cannot write /etc/%s", name) : 0;
}

static int files_up(struct container *c, int root_fd, struct vps_err *err)
{
	const struct attach *a = c->attachments->arg;
	OWN_FD etc_fd = path_open_in_root(root_fd, "/etc", O_RDONLY | O_DIRECTORY, 0);
	char text[2048];
	size_t i, len = 0;
	int r = 0;

	if (etc_fd < 0)
		return 0;	/* an image without /etc needs none of this */
	if (a->is_first_boot) {
		(void)snprintf(text, sizeof(text), "%s\n", a->hostname);
		r = put_file(etc_fd, "hostname", text, err);
		(void)snprintf(text, sizeof(text),
			       "127.0.0.1\tlocalhost\n127.0.1.1\t%s\n"
			       "::1\tlocalhost ip6-localhost ip6-loopback\n", a->hostname);
		if (r == 0)
			r = put_file(etc_fd, "hosts", text, err);
	}
	for (i = 0; a->dns && a->dns[i] && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "nameserver %s\n", a->dns[i]);
	if (r == 0 && len > 0 && len < sizeof(text))
		r = put_file(etc_fd, "resolv.conf", text, err);
	return r;
}

struct attachments attach_ops(struct attach *attach)
{
	return (struct attachments){
		.root = root_up,
		.network_up = link_up,
		.network_down = link_down,
		.files = files_up,
		.arg = attach,
	};
}
