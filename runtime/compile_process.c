// SPDX-License-Identifier: LGPL-2.1-or-later
/* "process" of the config.json of a VPS: its init; called by compile.c. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "isolation/caps.h"
#include "runtime/compile_parts.h"

/* What the image says overrides this, and what the spec says overrides both. */
static const char *const default_env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root",
	"TERM=vt220",		/* the console; what logs in later sets its own */
	"container=vps",	/* systemd: we are in a container, of this kind */
	NULL
};

static bool is_same_variable(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return strncmp(a, b, len) == 0 && b[len] == '=';
}

static bool is_in(const char *variable, const char *const *env)
{
	for (; env && *env; env++)
		if (is_same_variable(variable, *env))
			return true;
	return false;
}

/* The three lists as one, each variable once. */
static void put_env(struct compile *c, json_t *process)
{
	char uuid[64] = "";
	const char *const own[] = { uuid, NULL };
	const char *const *const lists[] = { default_env, own, c->input->image_env, c->spec->env };
	json_t *array = json_array();
	size_t i, later;

	/* systemd(1) makes its machine id of it, so that a copy of a VPS has another. */
	if (c->input->uuid)
		(void)snprintf(uuid, sizeof(uuid), "container_uuid=%s", c->input->uuid);
	for (i = 0; i < ARRAY_LEN(lists); i++) {
		const char *const *variable;

		for (variable = lists[i]; variable && *variable; variable++) {
			bool is_overridden = !strchr(*variable, '=') || **variable == '=';

			for (later = i + 1; later < ARRAY_LEN(lists); later++)
				is_overridden |= is_in(*variable, lists[later]);
			if (!is_overridden)
				writer_append(&c->w, array, json_string(*variable));
		}
	}
	writer_put(&c->w, process, "env", array);
}

static int put_args(struct compile *c, json_t *process)
{
	const char *const *const lists[] = {
		c->spec->init ? c->spec->init : c->input->image_entrypoint,
		c->spec->init ? NULL : c->input->image_cmd,
	};
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < ARRAY_LEN(lists); i++) {
		const char *const *arg;

		for (arg = lists[i]; arg && *arg; arg++)
			writer_append(&c->w, array, json_string(*arg));
	}
	if (array && json_array_size(array) == 0 && !c->w.has_failed) {
		json_decref(array);
		return vps_err_say(c->err, -EINVAL,
				   "init: missing, and the image names no program either; for example [\"/sbin/init\"]");
	}
	writer_put(&c->w, process, "args", array);
	return 0;
}

static uint64_t caps_of(const char *const *names)
{
	uint64_t set = 0;

	for (; names && *names; names++) {
		int number = caps_parse(*names);	/* a name that the parser took */

		if (number >= 0)
			set |= UINT64_C(1) << number;
	}
	return set;
}

/* Inheritable and ambient stay empty: root of the user namespace has the rest on each execve(). */
static void put_capabilities(struct compile *c, json_t *process)
{
	static const char *const sets[] = { "bounding", "effective", "permitted" };
	uint64_t set = (caps_system_container | caps_of(c->spec->security.caps_add)) &
		       ~caps_of(c->spec->security.caps_drop);
	json_t *section = json_object();
	unsigned number;
	size_t i;

	for (i = 0; i < ARRAY_LEN(sets); i++) {
		json_t *names = json_array();

		for (number = 0; number <= caps_last() && number < 64; number++)
			if (set & UINT64_C(1) << number && caps_name(number))
				writer_append(&c->w, names, json_string(caps_name(number)));
		writer_put(&c->w, section, sets[i], names);
	}
	writer_put(&c->w, process, "capabilities", section);
}

int compile_process(struct compile *c, json_t *root)
{
	const char *cwd = c->input->image_working_dir;
	json_t *process = json_object();
	int r;

	writer_put(&c->w, process, "terminal", json_true());	/* its console */
	writer_put(&c->w, process, "user", json_pack("{si, si}", "uid", 0, "gid", 0));
	r = put_args(c, process);
	put_env(c, process);
	writer_string(&c->w, process, "cwd", cwd && *cwd == '/' ? cwd : "/");
	put_capabilities(c, process);
	writer_true(&c->w, process, "noNewPrivileges", c->spec->security.no_new_privileges);
	writer_number(&c->w, process, "oomScoreAdj", 0);
	writer_put(&c->w, root, "process", process);
	return r;
}
