// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sets single keys of a spec from words of a command line: the spec becomes
 * JSON, the word is put into it, and the parser reads it back, so that there
 * is one set of rules and of messages.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "runtime/spec_parts.h"
#include "runtime/words.h"
#include "runtime/writer.h"

#define KEY_MAX 300

/* Objects whose members can be set one by one; the longest path first. */
static const struct section {
	const char           *path;
	const struct doc_key *keys;	/* NULL: any key, and the value is a string */
} sections[] = {
	{ "security.capabilities", spec_capabilities_keys },
	{ "security", spec_security_keys },
	{ "network", spec_network_keys },
	{ "elastic", spec_elastic_keys },
	{ "restart", spec_restart_keys },
	{ "resources", NULL },
	{ "labels", NULL },
	{ "env", NULL },
	{ "", spec_keys },
};

/* The section of a dotted key, and what is left of the key. Resource rows need no prefix. */
static const struct section *find_section(const char *key, const char **ret_name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(sections) - 1; i++) {
		size_t len = strlen(sections[i].path);

		if (strncmp(sections[i].path, key, len) == 0 && key[len] == '.') {
			*ret_name = key + len + 1;
			return &sections[i];
		}
		if (strcmp(sections[i].path, "resources") == 0 && resource_find(key) < RESOURCES) {
			*ret_name = key;
			return &sections[i];
		}
	}
	*ret_name = key;
	return &sections[i];
}

static enum doc_type type_of(const struct section *section, const char *name)
{
	const struct doc_key *key;

	for (key = section->keys; key && key->name; key++)
		if (strcmp(key->name, name) == 0)
			return key->type;
	return DOC_STRING;
}

/*
 * The word as the value that the key wants; as a string, which the parser
 * refuses, if it is none. NULL when memory ran out.
 */
static json_t *to_json(enum doc_type type, const char *value)
{
	struct arena arena = { 0 };
	struct vps_err why = { 0 };
	struct doc doc = { .arena = &arena, .err = &why };
	struct doc_node parsed;
	uint64_t number;
	json_t *copy;

	if (type == DOC_BOOL && strcmp(value, "true") == 0)
		return json_true();
	if (type == DOC_BOOL && strcmp(value, "false") == 0)
		return json_false();
	if (type == DOC_INTEGER && number_parse(value, 0, INT64_MAX, &number) == 0)
		return json_integer((json_int_t)number);
	if (type == DOC_STRING || !strchr("[{", *value))
		return json_string(value);
	if (doc_open(&doc, value, strlen(value), SPEC_SIZE_MAX, &parsed) < 0)
		return why.code == -ENOMEM ? NULL : json_string(value);
	copy = json_deep_copy(parsed.value);
	doc_close(&doc);
	return copy;
}

/* The object of a section, made where it is missing. Borrowed; NULL when memory ran out. */
static json_t *open_section(json_t *root, const char *path)
{
	json_t *object = root;
	char key[40];

	while (object && *path) {
		size_t len = strcspn(path, ".");
		json_t *child;

		(void)snprintf(key, sizeof(key), "%.*s", (int)len, path);
		child = json_object_get(object, key);
		if (!child && json_object_set_new(object, key, json_object()) < 0)
			return NULL;
		if (json_is_string(child) &&	/* "restart": "always" */
		    json_object_set_new(object, key, json_pack("{sO}", "policy", child)) < 0)
			return NULL;
		object = json_object_get(object, key);
		path += len + (path[len] == '.');
	}
	return object;
}

/* The spec as its JSON says it now. */
static int read_back(struct spec *spec, json_t *root, struct vps_err *err)
{
	struct spec fresh = { 0 };

	if (spec_read(root, &fresh, err) < 0)
		return err->code;
	spec_free(spec);
	*spec = fresh;
	return 0;
}

int spec_set(struct spec *spec, const char *key, const char *value, struct vps_err *err)
{
	OWN_JSON *root = spec_to_json(spec);
	const struct section *section;
	const char *name;
	json_t *object, *word;
	char shown[DOC_SHOWN], name_shown[DOC_SHOWN];

	if (strlen(key) > KEY_MAX || !word_is_utf8(key))
		return vps_err_say(err, -EINVAL, "%s: unknown key", doc_quote(key, shown));
	if (!word_is_utf8(value))
		return vps_err_say(err, -EINVAL, "%s: %s is not UTF-8", doc_printable(key, name_shown),
				   doc_quote(value, shown));
	section = find_section(key, &name);
	object = root ? open_section(root, section->path) : NULL;
	word = object ? to_json(type_of(section, name), value) : NULL;
	if (!word || json_object_set_new(object, name, word) < 0)
		return vps_err_set(err, -ENOMEM, "cannot set %s",
				   doc_printable(key, name_shown));
	return read_back(spec, root, err);
}

static bool is_known(const struct section *section, const char *name)
{
	const struct doc_key *key;

	if (!section->keys)
		return strcmp(section->path, "resources") != 0 || resource_find(name) < RESOURCES;
	for (key = section->keys; key->name && strcmp(key->name, name) != 0; key++)
		;
	return key->name;
}

/* The object of a section; NULL when it is not there, or is a single word. */
static json_t *find_object(json_t *root, const char *path)
{
	json_t *object = root;
	char key[40];

	while (object && *path) {
		size_t len = strcspn(path, ".");

		(void)snprintf(key, sizeof(key), "%.*s", (int)len, path);
		object = json_object_get(object, key);
		path += len + (path[len] == '.');
	}
	return object;
}

int spec_unset(struct spec *spec, const char *key, struct vps_err *err)
{
	OWN_JSON *root = spec_to_json(spec);
	const struct section *section;
	const char *name;
	char shown[DOC_SHOWN];

	if (!root)
		return vps_err_set(err, -ENOMEM, "cannot change the spec");
	section = find_section(key, &name);
	if (strlen(key) > KEY_MAX || !is_known(section, name))
		return vps_err_say(err, -EINVAL, "%s: unknown key; vps.json(5) lists them", doc_quote(key, shown));
	(void)json_object_del(find_object(root, section->path), name);
	return read_back(spec, root, err);
}
