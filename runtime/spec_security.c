// SPDX-License-Identifier: LGPL-2.1-or-later
/* "security" of a vps.json; called by spec.c. */
#include <string.h>

#include "isolation/caps.h"
#include "runtime/spec_parts.h"
#include "runtime/words.h"

static int read_capability(const struct doc_node *node, void *item)
{
	const char **name = item;
	char shown[DOC_SHOWN];

	*name = doc_string(node);
	if (!*name)
		return node->doc->err->code;
	if (caps_parse(*name) < 0)
		return doc_fail(node, "%s is no capability; capabilities(7) lists them, such as \"CAP_NET_RAW\"",
				doc_quote(*name, shown));
	return 0;
}

static int read_capability_list(const struct doc_node *node, void *field)
{
	return doc_each(node, sizeof(char *), read_capability, field, NULL);
}

static int read_capabilities(const struct doc_node *node, void *spec)
{
	return doc_object(node, spec_capabilities_keys, spec);
}

static int read_seccomp(const struct doc_node *node, void *field)
{
	struct spec *spec = field;
	const char *text = doc_string(node);
	char shown[DOC_SHOWN];

	if (!text)
		return node->doc->err->code;
	spec->security.is_seccomp_off = strcmp(text, "unconfined") == 0;
	spec->security.seccomp_file = *text == '/' ? text : NULL;
	if (*text == '/')
		return spec_read_path(node) ? 0 : node->doc->err->code;
	if (!spec->security.is_seccomp_off && strcmp(text, "default") != 0)
		return doc_fail(node, "%s is not known; allowed are \"default\", \"unconfined\" and the absolute path of a profile",
				doc_quote(text, shown));
	return 0;
}

const struct doc_key spec_capabilities_keys[] = {
	{ "add",  DOC_ARRAY, DOC_FIELD(struct spec, security.caps_add),
	  .read = read_capability_list },
	{ "drop", DOC_ARRAY, DOC_FIELD(struct spec, security.caps_drop),
	  .read = read_capability_list },
	{ 0 }
};

const struct doc_key spec_security_keys[] = {
	{ "capabilities",      DOC_OBJECT, .read = read_capabilities },
	{ "seccomp",           DOC_STRING, .read = read_seccomp },
	{ "no_new_privileges", DOC_BOOL, DOC_FIELD(struct spec, security.no_new_privileges) },
	{ "readonly_root",     DOC_BOOL, DOC_FIELD(struct spec, security.is_readonly_root) },
	{ 0 }
};
