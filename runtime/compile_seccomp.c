// SPDX-License-Identifier: LGPL-2.1-or-later
/* "seccomp" of the config.json of a VPS; called by compile.c. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/syscalls.h"
#include "runtime/compile_parts.h"
#include "runtime/doc.h"

#define PROFILE_MAX (1u << 20)	/* bytes of a profile that are read at most */

static json_t *strings(struct compile *c, const char *const *texts, size_t count)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		writer_append(&c->w, array, json_string(texts[i]));
	return array;
}

static void put_rule(struct compile *c, json_t *rules, const struct syscalls_rule *rule)
{
	json_t *item = json_object(), *args = json_array();
	size_t i;

	writer_put(&c->w, item, "names", strings(c, rule->names, rule->name_count));
	writer_string(&c->w, item, "action", rule->action);
	if (rule->has_errno)
		writer_number(&c->w, item, "errnoRet", rule->errno_ret);
	for (i = 0; i < rule->arg_count; i++) {
		const struct syscalls_arg *arg = &rule->args[i];

		writer_append(&c->w, args,
			      json_pack("{si, sI, sI, ss}", "index", (int)arg->index, "value",
					(json_int_t)arg->value, "valueTwo",
					(json_int_t)arg->value_two, "op", arg->op));
	}
	writer_section(&c->w, item, "args", args);
	writer_append(&c->w, rules, item);
}

static void put_profile(struct compile *c, json_t *linux_part,
			const struct syscalls_profile *profile)
{
	json_t *section = json_object(), *rules = json_array();
	size_t i;

	writer_string(&c->w, section, "defaultAction", profile->default_action);
	if (profile->has_default_errno)
		writer_number(&c->w, section, "defaultErrnoRet", profile->default_errno);
	writer_section(&c->w, section, "architectures",
		       strings(c, profile->archs, profile->arch_count));
	writer_section(&c->w, section, "flags", strings(c, profile->flags, profile->flag_count));
	for (i = 0; i < profile->rule_count; i++)
		put_rule(c, rules, &profile->rules[i]);
	writer_put(&c->w, section, "syscalls", rules);
	writer_put(&c->w, linux_part, "seccomp", section);
}

/* A profile of the owner's, as it is: the engine's parser checks it. */
static int put_file(struct compile *c, json_t *linux_part, const char *path)
{
	struct arena arena = { 0 };
	struct doc doc = { .arena = &arena, .err = c->err };
	struct doc_node root, member;
	OWN_MEM char *text = NULL;
	size_t len;

	if (file_read(AT_FDCWD, path, PROFILE_MAX, &text, &len, c->err) < 0 ||
	    doc_open(&doc, text, len, PROFILE_MAX, &root) < 0)
		return vps_err_in(c->err, "security.seccomp: %s", path);
	if (!doc_member(&root, "defaultAction", &member) || doc_member(&root, "archMap", &member)) {
		doc_close(&doc);
		return vps_err_say(c->err, -EINVAL,
				   "security.seccomp: %s is not as linux.seccomp of the OCI runtime specification",
				   path);
	}
	if (doc.has_big) {	/* which could be read, but not written out again */
		doc_close(&doc);
		return vps_err_say(c->err, -EINVAL,
				   "security.seccomp: %s has a number above 9223372036854775807", path);
	}
	writer_put(&c->w, linux_part, "seccomp", json_deep_copy(doc.root));
	doc_close(&doc);
	return 0;
}

int compile_seccomp(struct compile *c, json_t *linux_part)
{
	if (c->spec->security.is_seccomp_off)
		return 0;
	if (c->spec->security.seccomp_file)
		return put_file(c, linux_part, c->spec->security.seccomp_file);
	if (!c->input->is_for_engine)
		put_profile(c, linux_part, &syscalls_system_container);
	return 0;
}
