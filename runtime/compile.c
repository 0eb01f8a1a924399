// SPDX-License-Identifier: LGPL-2.1-or-later
/* Compiles a spec to a config.json: the frame and the limits; called by the engine's front. */
#include "compile.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "isolation/cg.h"
#include "runtime/bandwidth.h"
#include "runtime/compile_parts.h"

#define ID_COUNT	65536
#define OCI_VERSION	"1.2.0"	/* what is used here; all of 1.x understand it */

#define LINES_ROOM	8192	/* of the lines of one limit */

static void put_namespaces(struct compile *c, json_t *linux_part)
{
	static const char *const types[] = {
		"user", "mount", "pid", "network", "ipc", "uts", "cgroup", "time",
	};
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < ARRAY_LEN(types); i++)
		writer_append(&c->w, array, json_pack("{ss}", "type", types[i]));
	writer_put(&c->w, linux_part, "namespaces", array);
}

static void put_id_maps(struct compile *c, json_t *linux_part)
{
	static const char *const maps[] = { "uidMappings", "gidMappings" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(maps); i++)
		writer_put(&c->w, linux_part, maps[i],
			   json_pack("[{si, sI, si}]", "containerID", 0, "hostID",
				     (json_int_t)c->input->id_start, "size", ID_COUNT));
}

/* Limits that share a file, such as those of io.max, are lines of one value. */
static void put_lines(struct compile *c, json_t *files, const char *file, const char *lines)
{
	const char *before = json_string_value(json_object_get(files, file));
	OWN_MEM char *both = NULL;

	if (before && asprintf(&both, "%s\n%s", before, lines) < 0) {
		both = NULL;
		c->w.has_failed = true;
		return;
	}
	writer_string(&c->w, files, file, both ? both : lines);
}

static int put_limit(struct compile *c, json_t *files, enum resource_id id)
{
	static const struct resource_places no_places;
	const struct resource_places *places = c->input->places ? c->input->places : &no_places;
	const struct resource *row = &resources[id];
	struct vps_err why = { 0 };
	char lines[LINES_ROOM];
	int r;

	if (!row->controller || (c->spec->is_best_effort && !cg_has_controller(row->controller)))
		return 0;	/* no cgroup has a part in it, or none here */
	r = resource_cg_lines(id, &c->spec->limits, places, lines, sizeof(lines), &why);
	if (r == -VPS_EHOST && c->spec->is_best_effort)
		return 0;
	if (r < 0)
		return vps_err_say(c->err, r, "resources.%s", why.text);
	if (id == RES_CPU_DEDICATED) {
		put_lines(c, files, "cpuset.cpus", lines);
		put_lines(c, files, row->file, "root");
		return 0;
	}
	put_lines(c, files, row->file, lines);
	if (row->second_file)
		put_lines(c, files, row->second_file, lines);
	return 0;
}

/* As files of cgroup v2, by which nothing is lost: OCI's own words are those of v1. */
static int put_limits(struct compile *c, json_t *resources_part)
{
	const struct limits *limits = &c->spec->limits;
	json_t *files = json_object();
	char pids[16];
	int id, r = 0;

	for (id = 0; r == 0 && id < RESOURCES; id++)
		if (limits->is_set[id])
			r = put_limit(c, files, (enum resource_id)id);
	(void)snprintf(pids, sizeof(pids), "%d", RESOURCE_PIDS);
	if (!limits->is_set[RES_PIDS] && cg_has_controller("pids"))
		writer_string(&c->w, files, resources[RES_PIDS].file, pids);
	writer_section(&c->w, resources_part, "unified", files);
	return r;
}

static int put_linux(struct compile *c, json_t *root)
{
	json_t *linux_part = json_object(), *resources_part = json_object();
	int r;

	put_namespaces(c, linux_part);
	put_id_maps(c, linux_part);
	writer_string(&c->w, linux_part, "cgroupsPath", c->input->cgroups_path);
	r = put_limits(c, resources_part);
	if (r == 0)
		r = compile_devices(c, linux_part, resources_part);
	writer_put(&c->w, linux_part, "resources", resources_part);
	if (r == 0)
		r = compile_seccomp(c, linux_part);
	compile_paths(c, linux_part);
	writer_put(&c->w, root, "linux", linux_part);
	return r;
}

/* Limits of the link, for attach.c; a burst is in the text of its rate. */
static void put_bandwidth(struct compile *c, json_t *section)
{
	static const enum resource_id ids[] = { RES_NET_IN, RES_NET_OUT };
	char text[48];
	size_t i;

	for (i = 0; i < ARRAY_LEN(ids); i++) {
		struct vps_err ignored = { 0 };

		if (!c->spec->limits.is_set[ids[i]])
			continue;
		if (c->spec->is_best_effort &&
		    bandwidth_check(ids[i], &ignored) < 0)
			continue;
		writer_string(&c->w, section, resources[ids[i]].file,
			      bandwidth_text(ids[i], &c->spec->limits, text, sizeof(text)));
	}
}

static void put_annotations(struct compile *c, json_t *root)
{
	json_t *section = json_object();

	/* Its clocks start at 0: by how much to shift them is known when it starts. */
	writer_string(&c->w, section, "vps.uptime", "zero");
	writer_string(&c->w, section, "vps.name", c->spec->name);
	if (c->spec->has_kernel_view)
		writer_string(&c->w, section, "vps.view", "kernel");
	put_bandwidth(c, section);
	if (c->input->is_for_engine && !c->spec->security.is_seccomp_off &&
	    !c->spec->security.seccomp_file)
		writer_string(&c->w, section, SECCOMP_ANNOTATION, SECCOMP_DEFAULT);
	writer_string(&c->w, section, "org.opencontainers.image.stopSignal",
		      c->input->stop_signal);
	writer_put(&c->w, root, "annotations", section);
}

int compile_oci(const struct spec *spec, const struct compile_input *input, char **ret_text,
		struct vps_err *err)
{
	struct compile c = { .spec = spec, .input = input, .err = err };
	OWN_JSON *root = json_object();
	const char *hostname = spec->hostname ? spec->hostname : spec->name;
	int r;

	if (!hostname)
		return vps_err_say(err, -EINVAL, "name: missing; a VPS needs one");
	writer_string(&c.w, root, "ociVersion", OCI_VERSION);
	r = compile_process(&c, root);
	if (r < 0)
		return r;
	writer_put(&c.w, root, "root",
		   json_pack("{ss, sb}", "path", input->root_path, "readonly",
			     (int)spec->security.is_readonly_root));
	writer_string(&c.w, root, "hostname", hostname);
	compile_mounts(&c, root);
	r = put_linux(&c, root);
	if (r < 0)
		return r;
	put_annotations(&c, root);
	return writer_text(&c.w, root, ret_text, err);
}
