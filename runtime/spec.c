// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads a vps.json, whole or key by key, into a struct spec; called by the commands. */
#include "spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/spec_parts.h"
#include "runtime/words.h"

#define HOSTNAME_MAX	64	/* __NEW_UTS_LEN */
#define RESTARTS_MAX	1000000

int spec_check_name(const char *text, struct vps_err *err)
{
	const char *at;
	char shown[DOC_SHOWN];
	bool is_good = *text && *text != '-' && strlen(text) <= VPS_NAME_MAX;

	for (at = text; *at; at++)
		if (!islower((unsigned char)*at) && !isdigit((unsigned char)*at) && *at != '-')
			is_good = false;
	if (is_good && at[-1] != '-')
		return 0;
	return vps_err_say(err, -EINVAL,
			   "%s is no name of a VPS: 1 to %d of a-z, 0-9 and, not first or last, -",
			   doc_quote(text, shown), VPS_NAME_MAX);
}

int spec_read_word(const struct doc_node *node, const char *const *words, unsigned *ret_index)
{
	char allowed[100] = "", shown[DOC_SHOWN];
	size_t len = 0;
	unsigned at;
	const char *text = doc_string(node);

	if (!text)
		return node->doc->err->code;
	for (at = 0; words[at]; at++)
		if (strcmp(words[at], text) == 0)
			break;
	if (words[at]) {
		*ret_index = at;
		return 0;
	}
	for (at = 0; words[at] && len < sizeof(allowed); at++)
		len += (size_t)snprintf(allowed + len, sizeof(allowed) - len, "%s\"%s\"",
					at ? ", " : "", words[at]);
	return doc_fail(node, "%s is not known; allowed are %s", doc_quote(text, shown), allowed);
}

const char *spec_read_path(const struct doc_node *node)
{
	const char *path = doc_string(node);
	char shown[DOC_SHOWN];

	if (!path || (word_is_clean_path(path) && !word_has_control(path)))
		return path;
	(void)doc_fail(node, "%s is not an absolute path without \"//\", \".\", \"..\" and a slash at its end",
		       doc_quote(path, shown));
	return NULL;
}

static int read_version(const struct doc_node *node, void *field)
{
	uint64_t version;
	int r = doc_integer(node, INT64_MIN, UINT64_MAX, &version);

	(void)field;
	if (r == 0 && version != 1)
		return doc_fail(node, "only version 1 is known here");
	return r;
}

static int read_name(const struct doc_node *node, void *field)
{
	const char **name = field;
	struct vps_err why = { 0 };

	*name = doc_string(node);
	if (!*name)
		return node->doc->err->code;
	return spec_check_name(*name, &why) < 0 ? doc_fail(node, "%s", why.text) : 0;
}

static int read_image(const struct doc_node *node, void *field)
{
	const char **image = field;
	char shown[DOC_SHOWN];

	*image = doc_string(node);
	if (!*image)
		return node->doc->err->code;
	if (!**image || **image == '-' || strpbrk(*image, " \t") || word_has_control(*image))
		return doc_fail(node, "%s is no image; write NAME:TAG, such as \"debian:12\"",
				doc_quote(*image, shown));
	return 0;
}

static int read_hostname(const struct doc_node *node, void *field)
{
	const char **hostname = field;
	const char *at;
	char shown[DOC_SHOWN];
	bool is_good;

	*hostname = doc_string(node);
	if (!*hostname)
		return node->doc->err->code;
	is_good = isalnum((unsigned char)**hostname) && strlen(*hostname) <= HOSTNAME_MAX;
	for (at = *hostname; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '-' && *at != '.')
			is_good = false;
	if (!is_good)
		return doc_fail(node, "%s is no host name: 1 to %d of A-Z, a-z, 0-9, - and ., the first a letter or digit",
				doc_quote(*hostname, shown), HOSTNAME_MAX);
	return 0;
}

static int read_argument(const struct doc_node *node, void *item)
{
	const char **argument = item;

	*argument = doc_string(node);
	if (!*argument)
		return node->doc->err->code;
	if (node->index == 0 && !**argument)
		return doc_fail(node, "empty; it is the program to run");
	return 0;
}

static int read_init(const struct doc_node *node, void *field)
{
	if (doc_count(node) == 0)
		return doc_fail(node, "empty; the first string is the program to run");
	return doc_each(node, sizeof(char *), read_argument, field, NULL);
}

/* A member {"KEY": "VALUE"} as "KEY=VALUE", or an element "KEY=VALUE". */
static int read_variable(const struct doc_node *node, void *item)
{
	const char **variable = item;
	const char *value = doc_string(node);

	if (!value)
		return node->doc->err->code;
	if (!node->key) {
		*variable = value;
		if (!word_is_assignment(value))
			return doc_fail(node, "expected \"KEY=VALUE\"");
		return 0;
	}
	if (!*node->key || strchr(node->key, '='))
		return doc_fail(node, "a variable's name is not empty and has no \"=\"");
	*variable = arena_printf(node->doc->arena, "%s=%s", node->key, value);
	return *variable ? 0 : doc_no_memory(node);
}

static int read_env(const struct doc_node *node, void *field)
{
	const char *const *env, *const *a, *const *b;
	char shown[DOC_SHOWN];
	int r;

	if (!doc_is(node, DOC_OBJECT) && !doc_is(node, DOC_ARRAY))
		return doc_expect(node, DOC_OBJECT,
				  "an object such as {\"LANG\": \"C.UTF-8\"} or an array of \"KEY=VALUE\"");
	r = doc_each(node, sizeof(char *), read_variable, &env, NULL);
	if (r < 0)
		return r;
	for (a = env; *a; a++)
		for (b = env; b < a; b++)
			if (strncmp(*a, *b, strcspn(*a, "=") + 1) == 0)
				return doc_fail(node, "%s is set twice", doc_quote(*a, shown));
	*(const char *const **)field = env;
	return 0;
}

static int read_label(const struct doc_node *node, void *item)
{
	struct spec_pair *pair = item;

	pair->key = arena_strdup(node->doc->arena, node->key);
	pair->value = pair->key ? doc_string(node) : NULL;
	if (!pair->key)
		return doc_no_memory(node);
	if (!pair->value)
		return node->doc->err->code;
	return *pair->key ? 0 : doc_fail(node->up, "a label's key is not empty");
}

static int read_labels(const struct doc_node *node, void *field)
{
	struct spec *spec = field;

	return doc_each(node, sizeof(*spec->labels), read_label, &spec->labels, &spec->label_count);
}

static int read_limits(const struct doc_node *node, void *field)
{
	static const char *const words[] = { "required", "best-effort", NULL };
	unsigned word;
	int r = spec_read_word(node, words, &word);

	if (r == 0)
		*(bool *)field = word == 1;
	return r;
}

static int read_view(const struct doc_node *node, void *field)
{
	static const char *const words[] = { "own", "kernel", NULL };
	unsigned word;
	int r = spec_read_word(node, words, &word);

	if (r == 0)
		*(bool *)field = word == 1;
	return r;
}

static int read_policy(const struct doc_node *node, void *field)
{
	static const char *const words[] = {
		[RESTART_NO] = "no", [RESTART_ON_FAILURE] = "on-failure",
		[RESTART_ALWAYS] = "always", NULL
	};
	unsigned word;
	int r = spec_read_word(node, words, &word);

	if (r == 0)
		*(enum spec_restart *)field = (enum spec_restart)word;
	return r;
}

const struct doc_key spec_restart_keys[] = {
	{ "policy", DOC_STRING,  DOC_FIELD(struct spec, restart), .is_required = true,
	  .read = read_policy },
	{ "max",    DOC_INTEGER, DOC_FIELD(struct spec, restart_max), .highest = RESTARTS_MAX },
	{ 0 }
};

static int read_restart(const struct doc_node *node, void *field)
{
	struct spec *spec = field;

	spec->restart_max = 0;
	if (doc_is(node, DOC_OBJECT))
		return doc_object(node, spec_restart_keys, spec);
	if (!doc_is(node, DOC_STRING))
		return doc_expect(node, DOC_STRING,
				  "\"no\", \"on-failure\", \"always\" or an object such as {\"policy\": \"on-failure\", \"max\": 5}");
	return read_policy(node, &spec->restart);
}

static int read_network(const struct doc_node *node, void *spec)
{
	return doc_object(node, spec_network_keys, spec);
}

static int read_elastic(const struct doc_node *node, void *spec)
{
	return doc_object(node, spec_elastic_keys, spec);
}

static int read_security(const struct doc_node *node, void *spec)
{
	return doc_object(node, spec_security_keys, spec);
}

/* The whole document, in the order of vps.json(5). */
const struct doc_key spec_keys[] = {
	{ "version",   DOC_INTEGER, .is_required = true, .read = read_version },
	{ "name",      DOC_STRING,  DOC_FIELD(struct spec, name), .read = read_name },
	{ "image",     DOC_STRING,  DOC_FIELD(struct spec, image), .read = read_image },
	{ "hostname",  DOC_STRING,  DOC_FIELD(struct spec, hostname), .read = read_hostname },
	{ "init",      DOC_ARRAY,   DOC_FIELD(struct spec, init), .read = read_init },
	{ "env",       DOC_ANY,     DOC_FIELD(struct spec, env), .read = read_env },
	{ "limits",    DOC_STRING,  DOC_FIELD(struct spec, is_best_effort), .read = read_limits },
	{ "resources", DOC_OBJECT,  DOC_FIELD(struct spec, limits), .read = spec_read_resources },
	{ "elastic",   DOC_OBJECT,  .read = read_elastic },
	{ "view",      DOC_STRING,  DOC_FIELD(struct spec, has_kernel_view), .read = read_view },
	{ "network",   DOC_OBJECT,  .read = read_network },
	{ "security",  DOC_OBJECT,  .read = read_security },
	{ "mounts",    DOC_ARRAY,   .read = spec_read_mounts },
	{ "devices",   DOC_ARRAY,   .read = spec_read_devices },
	{ "labels",    DOC_OBJECT,  .read = read_labels },
	{ "onboot",    DOC_BOOL,    DOC_FIELD(struct spec, is_onboot) },
	{ "restart",   DOC_ANY,     .read = read_restart },
	{ 0 }
};

int spec_read(struct json_t *root, struct spec *spec, struct vps_err *err)
{
	struct doc doc = { .arena = &spec->arena, .err = err, .root = root };
	const struct doc_node node = { .doc = &doc, .value = root };
	int r = doc_object(&node, spec_keys, spec);

	if (r < 0)
		spec_free(spec);
	return r;
}

int spec_parse(const char *text, size_t len, struct spec *spec, struct vps_err *err)
{
	struct doc doc = { .arena = &spec->arena, .err = err };
	struct doc_node root;
	int r = doc_open(&doc, text, len, SPEC_SIZE_MAX, &root);

	if (r < 0)
		return r;
	r = doc_object(&root, spec_keys, spec);
	doc_close(&doc);
	if (r == 0)
		r = spec_check(spec, err);
	if (r < 0)
		spec_free(spec);
	return r;
}

void spec_free(struct spec *spec)
{
	arena_free(&spec->arena);
	*spec = (struct spec){ 0 };
}
