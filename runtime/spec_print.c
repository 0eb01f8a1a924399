// SPDX-License-Identifier: LGPL-2.1-or-later
/* Writes a spec as canonical JSON; called by whatever saves or shows one. */
#include <jansson.h>
#include <string.h>

#include "runtime/spec_parts.h"
#include "runtime/writer.h"

static void put_env(struct writer *w, json_t *object, const char *const *env)
{
	json_t *section = json_object();

	for (; env && *env; env++) {
		size_t len = strcspn(*env, "=");

		if (json_object_setn_new(section, *env, len, json_string(*env + len + 1)) < 0)
			w->has_failed = true;
	}
	writer_section(w, object, "env", section);
}

static void put_amount(struct writer *w, json_t *section, const char *key, enum unit unit,
		       uint64_t value)
{
	char text[40];

	if (unit == UNIT_COUNT && value != UINT64_MAX)
		writer_number(w, section, key, (int64_t)value);
	else if (unit == UNIT_CPUS && value != UINT64_MAX && value % 1000 == 0)
		writer_number(w, section, key, (int64_t)(value / 1000));
	else if (unit == UNIT_CPUS && value != UINT64_MAX)
		writer_put(w, section, key, json_real((double)value / 1000));
	else
		writer_string(w, section, key, unit_format(unit, value, text, sizeof(text)));
}

static void put_resources(struct writer *w, json_t *object, const struct limits *limits)
{
	json_t *section = json_object();
	int id;

	for (id = 0; id < RESOURCES; id++) {
		const struct resource *row = &resources[id];

		if (limits->is_set[id] && row->is_text)
			writer_string(w, section, row->name, limits->text[id]);
		else if (limits->is_set[id])
			put_amount(w, section, row->name, row->unit, limits->value[id]);
	}
	writer_section(w, object, "resources", section);
}

static void put_elastic(struct writer *w, json_t *object, const struct elastic *elastic)
{
	json_t *section = json_object();
	int id;

	for (id = 0; id < ELASTICS; id++) {
		const struct elastic_row *row = &elastic_rows[id];
		enum unit unit = resources[row->id].unit;

		if (elastic->has_floor[id])
			put_amount(w, section, row->floor_key, unit, elastic->floor[id]);
		if (elastic->has_ceiling[id])
			put_amount(w, section, row->ceiling_key, unit, elastic->ceiling[id]);
	}
	if (elastic->percent)
		writer_number(w, section, "pressure", elastic->percent);
	writer_section(w, object, "elastic", section);
}

static void put_network(struct writer *w, json_t *object, const struct spec *spec)
{
	json_t *section = json_object();

	if (spec->network.mode == SPEC_NET_NONE)
		writer_string(w, section, "mode", "none");
	writer_string(w, section, "bridge", spec->network.bridge);
	writer_string(w, section, "address", spec->network.address);
	writer_string(w, section, "mac", spec->network.mac);
	if (spec->network.mtu)
		writer_number(w, section, "mtu", spec->network.mtu);
	writer_strings(w, section, "dns", spec->network.dns);
	writer_section(w, object, "network", section);
}

static void put_security(struct writer *w, json_t *object, const struct spec *spec)
{
	json_t *section = json_object(), *capabilities = json_object();

	writer_strings(w, capabilities, "add", spec->security.caps_add);
	writer_strings(w, capabilities, "drop", spec->security.caps_drop);
	writer_section(w, section, "capabilities", capabilities);
	writer_string(w, section, "seccomp",
		 spec->security.is_seccomp_off ? "unconfined" : spec->security.seccomp_file);
	writer_true(w, section, "no_new_privileges", spec->security.no_new_privileges);
	writer_true(w, section, "readonly_root", spec->security.is_readonly_root);
	writer_section(w, object, "security", section);
}

static void put_mounts(struct writer *w, json_t *object, const struct spec *spec)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < spec->mount_count; i++) {
		const struct spec_mount *mount = &spec->mounts[i];
		json_t *item = json_object();

		writer_string(w, item, "source", mount->source);
		writer_string(w, item, "target", mount->target);
		writer_string(w, item, "type", mount->type);
		writer_strings(w, item, "options", mount->options);
		writer_true(w, item, "readonly", mount->is_readonly);
		writer_append(w, array, item);
	}
	writer_section(w, object, "mounts", array);
}

static void put_devices(struct writer *w, json_t *object, const struct spec *spec)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < spec->device_count; i++) {
		const struct spec_device *device = &spec->devices[i];
		json_t *item = json_object();

		writer_string(w, item, "path", device->path);
		if (strcmp(device->path, device->target) != 0)
			writer_string(w, item, "target", device->target);
		if (strcmp(device->access, "rwm") != 0)
			writer_string(w, item, "access", device->access);
		writer_append(w, array, item);
	}
	writer_section(w, object, "devices", array);
}

static void put_labels(struct writer *w, json_t *object, const struct spec *spec)
{
	json_t *section = json_object();
	size_t i;

	for (i = 0; i < spec->label_count; i++)
		writer_string(w, section, spec->labels[i].key, spec->labels[i].value);
	writer_section(w, object, "labels", section);
}

static void put_restart(struct writer *w, json_t *object, const struct spec *spec)
{
	const char *policy = spec->restart == RESTART_ALWAYS ? "always" : "on-failure";
	json_t *section;

	if (spec->restart == RESTART_NO)
		return;
	if (!spec->restart_max) {
		writer_string(w, object, "restart", policy);
		return;
	}
	section = json_object();
	writer_string(w, section, "policy", policy);
	writer_number(w, section, "max", spec->restart_max);
	writer_put(w, object, "restart", section);
}

json_t *spec_to_json(const struct spec *spec)
{
	json_t *root = json_object();
	struct writer w = { 0 };

	writer_number(&w, root, "version", 1);
	writer_string(&w, root, "name", spec->name);
	writer_string(&w, root, "image", spec->image);
	writer_string(&w, root, "hostname", spec->hostname);
	writer_strings(&w, root, "init", spec->init);
	put_env(&w, root, spec->env);
	if (spec->is_best_effort)
		writer_string(&w, root, "limits", "best-effort");
	put_resources(&w, root, &spec->limits);
	put_elastic(&w, root, &spec->elastic);
	if (spec->has_kernel_view)
		writer_string(&w, root, "view", "kernel");
	put_network(&w, root, spec);
	put_security(&w, root, spec);
	put_mounts(&w, root, spec);
	put_devices(&w, root, spec);
	put_labels(&w, root, spec);
	writer_true(&w, root, "onboot", spec->is_onboot);
	put_restart(&w, root, spec);
	if (w.has_failed)
		own_json(&root);
	return root;
}

int spec_print(const struct spec *spec, char **ret_text, struct vps_err *err)
{
	OWN_JSON *root = spec_to_json(spec);
	const struct writer w = { .has_failed = !root };

	return writer_text(&w, root, ret_text, err);
}
