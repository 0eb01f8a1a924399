// SPDX-License-Identifier: LGPL-2.1-or-later
/* "linux.seccomp" of a config.json; called by oci_linux.c. Names are checked by isolation. */
#include <string.h>

#include "runtime/oci_parts.h"

#define ERRNO_MAX	4095	/* MAX_ERRNO of the kernel */
#define ARGS_MAX	6

#define PROFILE(field)	DOC_FIELD(struct syscalls_profile, field)
#define RULE(field)	DOC_FIELD(struct syscalls_rule, field)
#define ARG(field)	DOC_FIELD(struct syscalls_arg, field)

static const struct doc_key arg_keys[] = {
	{ "index",    DOC_INTEGER, ARG(index), .is_required = true, .highest = ARGS_MAX - 1 },
	{ "value",    DOC_INTEGER, ARG(value), .is_required = true, .highest = UINT64_MAX },
	{ "valueTwo", DOC_INTEGER, ARG(value_two), .highest = UINT64_MAX },
	{ "op",	      DOC_STRING,  ARG(op), .is_required = true },
	{ 0 }
};

static int read_arg(const struct doc_node *node, void *item)
{
	return doc_object(node, arg_keys, item);
}

static int read_args(const struct doc_node *node, void *field)
{
	struct syscalls_rule *rule = field;

	return doc_each(node, sizeof(*rule->args), read_arg, &rule->args, &rule->arg_count);
}

static int read_names(const struct doc_node *node, void *field)
{
	static const struct doc_key row = { .type = DOC_STRINGS };
	struct syscalls_rule *rule = field;

	rule->name_count = doc_count(node);
	if (rule->name_count == 0)
		return doc_fail(node, "empty; a rule is for one system call at least");
	return doc_value(node, &row, &rule->names);
}

static const struct doc_key rule_keys[] = {
	{ "names",    DOC_ARRAY,   .is_required = true, .read = read_names },
	{ "action",   DOC_STRING,  RULE(action), .is_required = true },
	{ "errnoRet", DOC_INTEGER, RULE(errno_ret), .highest = ERRNO_MAX,
	  .has_offset = offsetof(struct syscalls_rule, has_errno) },
	{ "args",     DOC_ARRAY,   .read = read_args },
	{ 0 }
};

static int read_rule(const struct doc_node *node, void *item)
{
	return doc_object(node, rule_keys, item);
}

static int read_rules(const struct doc_node *node, void *field)
{
	struct syscalls_profile *profile = field;

	return doc_each(node, sizeof(*profile->rules), read_rule, &profile->rules,
			&profile->rule_count);
}

static int read_archs(const struct doc_node *node, void *field)
{
	static const struct doc_key row = { .type = DOC_STRINGS };
	struct syscalls_profile *profile = field;

	profile->arch_count = doc_count(node);
	return doc_value(node, &row, &profile->archs);
}

static int read_flags(const struct doc_node *node, void *field)
{
	static const struct doc_key row = { .type = DOC_STRINGS };
	struct syscalls_profile *profile = field;

	profile->flag_count = doc_count(node);
	return doc_value(node, &row, &profile->flags);
}

static const struct doc_key profile_keys[] = {
	{ "defaultAction",    DOC_STRING,  PROFILE(default_action), .is_required = true },
	{ "defaultErrnoRet",  DOC_INTEGER, PROFILE(default_errno), .highest = ERRNO_MAX,
	  .has_offset = offsetof(struct syscalls_profile, has_default_errno) },
	{ "architectures",    DOC_ARRAY,   .read = read_archs },
	{ "flags",	      DOC_ARRAY,   .read = read_flags },
	{ "listenerPath",     DOC_STRING,  PROFILE(listener_path), .read = oci_read_absolute },
	{ "listenerMetadata", DOC_STRING,  PROFILE(listener_metadata) },
	{ "syscalls",	      DOC_ARRAY,   .read = read_rules },
	{ 0 }
};

int oci_read_seccomp(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;
	struct vps_err why = { 0 };
	struct doc_node place = doc_below(node, why.text, 0);
	char *colon;
	int r = doc_object(node, profile_keys, &config->seccomp);

	if (r < 0)
		return r;
	r = syscalls_check(&config->seccomp, &why);
	if (r < 0) {			/* "syscalls[3].action: ..." */
		colon = strstr(why.text, ": ");
		if (!colon)
			return doc_fail_code(node, r, "%s", why.text);
		*colon = '\0';
		return doc_fail_code(&place, r, "%s", colon + 2);
	}
	config->has_seccomp = true;
	return 0;
}
