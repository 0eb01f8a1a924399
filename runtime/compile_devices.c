// SPDX-License-Identifier: LGPL-2.1-or-later
/* Device nodes and rules of the config.json of a VPS; called by compile.c. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "isolation/devices.h"
#include "runtime/compile_parts.h"

static void put_rule(struct compile *c, json_t *rules, const struct device_rule *rule)
{
	json_t *item = json_pack("{sb, ss%}", "allow", (int)rule->is_allowed, "type", &rule->type,
				 (size_t)1);
	char access[4];

	if (rule->major != DEVICE_ANY)
		writer_number(&c->w, item, "major", rule->major);
	if (rule->minor != DEVICE_ANY)
		writer_number(&c->w, item, "minor", rule->minor);
	(void)snprintf(access, sizeof(access), "%s%s%s", rule->access & DEVICE_READ ? "r" : "",
		       rule->access & DEVICE_WRITE ? "w" : "",
		       rule->access & DEVICE_MKNOD ? "m" : "");
	writer_string(&c->w, item, "access", access);
	writer_append(&c->w, rules, item);
}

/* A device of the host that the spec gives to the VPS: its node, and leave to use it. */
static int put_device(struct compile *c, json_t *nodes, json_t *rules, size_t index)
{
	const struct spec_device *device = &c->spec->devices[index];
	struct stat st;

	if (stat(device->path, &st) < 0)
		return vps_err_set(c->err, -errno, "devices[%zu].path: %s", index, device->path);
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return vps_err_say(c->err, -EINVAL, "devices[%zu].path: %s is not a device", index,
				   device->path);
	writer_append(&c->w, nodes,
		      json_pack("{ss, ss, sI, sI, si, si, si}", "path", device->target, "type",
				S_ISCHR(st.st_mode) ? "c" : "b", "major",
				(json_int_t)major(st.st_rdev), "minor",
				(json_int_t)minor(st.st_rdev), "fileMode",
				(int)(st.st_mode & 0777), "uid", 0, "gid", 0));
	writer_append(&c->w, rules,
		      json_pack("{sb, ss, sI, sI, ss}", "allow", 1, "type",
				S_ISCHR(st.st_mode) ? "c" : "b", "major",
				(json_int_t)major(st.st_rdev), "minor",
				(json_int_t)minor(st.st_rdev), "access", device->access));
	return 0;
}

int compile_devices(struct compile *c, json_t *linux_part, json_t *resources_part)
{
	json_t *nodes = json_array(), *rules = json_array();
	size_t i;
	int r = 0;

	writer_append(&c->w, rules, json_pack("{sb, ss}", "allow", 0, "access", "rwm"));
	for (i = 0; i < devices_default_count; i++)
		put_rule(c, rules, &devices_default[i]);
	for (i = 0; r == 0 && i < c->spec->device_count; i++)
		r = put_device(c, nodes, rules, i);
	writer_section(&c->w, linux_part, "devices", nodes);
	writer_put(&c->w, resources_part, "devices", rules);
	return r;
}
