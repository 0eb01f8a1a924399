// SPDX-License-Identifier: LGPL-2.1-or-later
/* "hooks" of a config.json; called by oci.c. */
#include "base/own.h"
#include "runtime/oci_parts.h"

#define TIMEOUT_MAX	(24 * 3600)

static const struct doc_key hook_keys[] = {
	{ "path",    DOC_STRING,  DOC_FIELD(struct oci_hook, path), .is_required = true,
	  .read = oci_read_absolute },
	{ "args",    DOC_STRINGS, DOC_FIELD(struct oci_hook, args) },
	{ "env",     DOC_ARRAY,	  DOC_FIELD(struct oci_hook, env), .read = oci_read_env },
	{ "timeout", DOC_INTEGER, DOC_FIELD(struct oci_hook, timeout_sec), .lowest = 1,
	  .highest = TIMEOUT_MAX },
	{ 0 }
};

static int read_hook(const struct doc_node *node, void *item)
{
	return doc_object(node, hook_keys, item);
}

static int read_list(const struct doc_node *node, void *field)
{
	struct oci_hooks *hooks = field;

	return doc_each(node, sizeof(*hooks->hooks), read_hook, &hooks->hooks, &hooks->count);
}

#define HOOKS(kind)	DOC_FIELD(struct oci_config, hooks[kind]), .read = read_list

static const struct doc_key hooks_keys[] = {
	{ "prestart",	     DOC_ARRAY, HOOKS(HOOK_PRESTART) },
	{ "createRuntime",   DOC_ARRAY, HOOKS(HOOK_CREATE_RUNTIME) },
	{ "createContainer", DOC_ARRAY, HOOKS(HOOK_CREATE_CONTAINER) },
	{ "startContainer",  DOC_ARRAY, HOOKS(HOOK_START_CONTAINER) },
	{ "poststart",	     DOC_ARRAY, HOOKS(HOOK_POSTSTART) },
	{ "poststop",	     DOC_ARRAY, HOOKS(HOOK_POSTSTOP) },
	{ 0 }
};

int oci_read_hooks(const struct doc_node *node, void *config)
{
	return doc_object(node, hooks_keys, config);
}
