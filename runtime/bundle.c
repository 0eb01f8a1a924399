// SPDX-License-Identifier: LGPL-2.1-or-later
/* Turns a spec, its image and its allocation into what the engine reads; called by start and inspect. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "compile.h"
#include "host.h"
#include "places.h"
#include "signals.h"

/* Everything that a compilation reads, owned together. */
struct inputs {
	struct spec       spec;
	struct image     *image;
	struct allocation allocation;
	char              cgroup[160];
	struct resource_places places;
};

static void inputs_free(struct inputs *in)
{
	spec_free(&in->spec);
	image_free(in->image);
}

static int inputs_load(struct vps_host *host, const char *name, int vps_fd, struct inputs *in,
		       struct vps_err *err)
{
	OWN_REGISTRY *registry = NULL;
	int r = vps_load_spec(vps_fd, &in->spec, err);

	if (r == 0)
		r = vps_load_image(host, vps_fd, &in->image, err);
	if (r == 0)
		r = registry_open(host->root_fd, &registry, err);
	if (r == 0)
		r = registry_find(registry, name, &in->allocation, err);
	if (r < 0)
		return r;
	places_find(host->root_fd, &in->places);
	/* Two roots may both have a VPS of one name: only the default root's goes without its id. */
	/* Before Linux 6.7 only a child of the root can be a partition of processors. */
	(void)snprintf(in->cgroup, sizeof(in->cgroup), "vps%c%s%s%.8s",
		       in->spec.limits.is_set[RES_CPU_DEDICATED] ? '-' : '/', name,
		       host->is_default ? "" : "-", host->is_default ? "" : in->allocation.uuid);
	return 0;
}

static int compile(const struct inputs *in, bool is_for_engine, char **ret_text,
		   struct vps_err *err)
{
	const struct image_config *config = &in->image->config;
	const struct compile_input input = {
		.root_path = "rootfs",
		.cgroups_path = in->cgroup,
		.id_start = in->allocation.id_start,
		.image_entrypoint = (const char *const *)config->entrypoint,
		.image_cmd = (const char *const *)config->cmd,
		.image_env = (const char *const *)config->env,
		.image_working_dir = *config->working_dir ? config->working_dir : NULL,
		.uuid = in->allocation.uuid,
		.is_for_engine = is_for_engine,
		.places = &in->places,
		.stop_signal = *config->stop_signal ? config->stop_signal : NULL,
	};

	return compile_oci(&in->spec, &input, ret_text, err);
}

int bundle_compile(struct vps_host *host, const char *name, int vps_fd, char **ret_text,
		   struct vps_err *err)
{
	struct inputs in = { 0 };
	int r = inputs_load(host, name, vps_fd, &in, err);

	if (r == 0)
		r = compile(&in, false, ret_text, err);
	inputs_free(&in);
	return r;
}

/* What `stop` sends: the image's choice; SIGTERM is the field's default. */
static int stop_signal(const struct image *image)
{
	int number = signal_parse(image->config.stop_signal);

	return number > 0 ? number : SIGTERM;
}

static int write_attach(struct vps *vps, const struct inputs *in, struct vps_err *err)
{
	const struct spec *spec = &in->spec;
	const struct allocation *a = &in->allocation;
	char gateway[ADDR_TEXT_SIZE], address[ADDR_TEXT_SIZE], mac[MAC_TEXT_SIZE];
	struct attach attach = {
		.name = vps->name,
		.root = vps->host->root,
		.cgroup = in->cgroup,
		.id_start = a->id_start,
		.layers = (const char *const *)in->image->diff_ids,
		.layer_count = in->image->diff_ids_len,
		.has_network = spec->network.mode == SPEC_NET_BRIDGE,
		.bridge = spec->network.bridge ? spec->network.bridge : REGISTRY_NETWORK,
		.link = a->link_name,
		.gateway = addr_format(&a->gateway, gateway),
		.address = addr_format(&a->address, address),
		.mac = spec->network.mac ? spec->network.mac : mac_format(&a->mac, mac),
		.mtu = spec->network.mtu,
		.hostname = spec->hostname ? spec->hostname : vps->name,
		.dns = spec->network.dns,
		.is_first_boot = faccessat(vps->vps_fd, "last.json", F_OK, 0) < 0,
		.stop_signal = stop_signal(in->image),
		.elastic = spec->elastic,
		.restart = spec->restart,
		.restart_max = spec->restart_max,
	};

	return attach_save(vps->run_fd, &attach, err);
}

int bundle_write(struct vps *vps, struct vps_err *err)
{
	OWN_MEM char *config = NULL;
	struct inputs in = { 0 };
	char mac[MAC_TEXT_SIZE];
	int r = inputs_load(vps->host, vps->name, vps->vps_fd, &in, err);

	/* A `configure` that was killed may have let it go. */
	if (r == 0 && in.spec.network.mac &&
	    strcmp(in.spec.network.mac, mac_format(&in.allocation.mac, mac)) != 0)
		r = vps_claim_mac(vps, in.spec.network.mac, err);
	if (r == 0) {
		disk_open(vps->vps_fd, true, &vps->disk);
		r = disk_apply(vps->vps_fd, &vps->disk, &in.spec.limits, in.spec.is_best_effort, err);
	}
	if (r == 0)
		r = compile(&in, true, &config, err);
	if (r == 0)
		r = file_replace(vps->run_fd, "config.json", config, strlen(config), 0600, false,
				 err);
	if (r == 0)
		r = write_attach(vps, &in, err);
	inputs_free(&in);
	return r;
}
