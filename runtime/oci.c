// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads a config.json into struct oci_config, top level first; called by both doors of the engine. */
#include "oci.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "runtime/oci_parts.h"
#include "runtime/words.h"

int oci_read_absolute(const struct doc_node *node, void *field)
{
	const char **path = field;
	char shown[DOC_SHOWN];

	*path = doc_string(node);
	if (!*path)
		return node->doc->err->code;
	if (**path != '/')
		return doc_fail(node, "%s is not an absolute path", doc_quote(*path, shown));
	return 0;
}

int oci_read_absolutes(const struct doc_node *node, void *field)
{
	return doc_each(node, sizeof(char *), oci_read_absolute, field, NULL);
}

static int read_variable(const struct doc_node *node, void *item)
{
	const char **variable = item;
	char shown[DOC_SHOWN];

	*variable = doc_string(node);
	if (!*variable)
		return node->doc->err->code;
	if (!word_is_assignment(*variable))
		return doc_fail(node, "%s is not of the form \"KEY=VALUE\"",
				doc_quote(*variable, shown));
	return 0;
}

int oci_read_env(const struct doc_node *node, void *field)
{
	return doc_each(node, sizeof(char *), read_variable, field, NULL);
}

static int read_pair(const struct doc_node *node, void *item)
{
	struct oci_pair *pair = item;

	pair->key = arena_strdup(node->doc->arena, node->key);
	if (!pair->key)
		return doc_no_memory(node);
	pair->value = doc_string(node);
	if (!pair->value)
		return node->doc->err->code;
	return *pair->key ? 0 : doc_fail(node->up, "a key is empty");
}

int oci_read_pairs(const struct doc_node *node, const struct oci_pair **ret_pairs,
		   size_t *ret_count)
{
	return doc_each(node, sizeof(**ret_pairs), read_pair, ret_pairs, ret_count);
}

int oci_read_word(const struct doc_node *node, const struct oci_word *words,
		  unsigned long *ret_value)
{
	const struct oci_word *word;
	char allowed[300] = "", shown[DOC_SHOWN];
	const char *text = doc_string(node);
	size_t len = 0;

	if (!text)
		return node->doc->err->code;
	for (word = words; word->text; word++) {
		if (strcmp(word->text, text) == 0) {
			*ret_value = word->value;
			return 0;
		}
	}
	for (word = words; word->text && len < sizeof(allowed); word++)
		len += (size_t)snprintf(allowed + len, sizeof(allowed) - len, "%s%s",
					len ? ", " : "", word->text);
	return doc_fail(node, "%s is not known; allowed are %s", doc_quote(text, shown), allowed);
}

/* Semantic version 1.x.y, with what may follow it. */
static int read_version(const struct doc_node *node, void *field)
{
	const char **version = field;
	char shown[DOC_SHOWN];
	const char *at;
	int part;

	*version = doc_string(node);
	if (!*version)
		return node->doc->err->code;
	for (at = *version, part = 0; isdigit((unsigned char)*at) && part < 3; part++) {
		while (isdigit((unsigned char)*at))
			at++;
		if (part < 2 && *at == '.' && isdigit((unsigned char)at[1]))
			at++;
	}
	if (part != 3 || (*at && *at != '-' && *at != '+'))
		return doc_fail(node, "%s is not a version such as \"1.2.0\"",
				doc_quote(*version, shown));
	if (strncmp(*version, "1.", 2) != 0)
		return doc_fail(node, "%s is not supported; allowed are 1.0.0 and later 1.x",
				doc_quote(*version, shown));
	return 0;
}

static int read_root_path(const struct doc_node *node, void *field)
{
	const char **path = field;

	*path = doc_string(node);
	if (!*path)
		return node->doc->err->code;
	return **path ? 0 : doc_fail(node, "empty; it is the path of the root file system");
}

static const struct doc_key root_keys[] = {
	{ "path",     DOC_STRING, DOC_FIELD(struct oci_config, root_path), .is_required = true,
	  .read = read_root_path },
	{ "readonly", DOC_BOOL,   DOC_FIELD(struct oci_config, root_readonly) },
	{ 0 }
};

static int read_root(const struct doc_node *node, void *config)
{
	return doc_object(node, root_keys, config);
}

/* hostname, domainname: what sethostname(2) takes. */
static int read_uts_name(const struct doc_node *node, void *field)
{
	const char **name = field;
	char shown[DOC_SHOWN];

	*name = doc_string(node);
	if (!*name)
		return node->doc->err->code;
	if (strlen(*name) > 64 || word_has_control(*name))
		return doc_fail(node, "%s is not 0 to 64 printable characters",
				doc_quote(*name, shown));
	if (!**name)
		*name = NULL;	/* engines write "" for none */
	return 0;
}

static int read_annotations(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;

	return oci_read_pairs(node, &config->annotations, &config->annotation_count);
}

static const struct doc_key config_keys[] = {
	{ "ociVersion",	 DOC_STRING, DOC_FIELD(struct oci_config, version), .is_required = true,
	  .read = read_version },
	{ "root",	 DOC_OBJECT, .is_required = true, .read = read_root },
	{ "process",	 DOC_OBJECT, DOC_FIELD(struct oci_config, process), .read = oci_read_process,
	  .has_offset = offsetof(struct oci_config, has_process) },
	{ "hostname",	 DOC_STRING, DOC_FIELD(struct oci_config, hostname), .read = read_uts_name },
	{ "domainname",	 DOC_STRING, DOC_FIELD(struct oci_config, domainname),
	  .read = read_uts_name },
	{ "mounts",	 DOC_ARRAY,  .read = oci_read_mounts },
	{ "hooks",	 DOC_OBJECT, .read = oci_read_hooks },
	{ "annotations", DOC_OBJECT, .read = read_annotations },
	{ "linux",	 DOC_OBJECT, .read = oci_read_linux },
	{ 0 }
};

int oci_parse(const char *text, size_t len, struct oci_config *config, struct vps_err *err)
{
	struct doc doc = { .arena = &config->arena, .err = err, .is_lenient = true };
	struct doc_node root;
	int r = doc_open(&doc, text, len, OCI_SIZE_MAX, &root);

	if (r < 0)
		return r;
	r = doc_object(&root, config_keys, config);
	doc_close(&doc);
	if (r == 0)
		r = oci_check(config, err);
	if (r < 0)
		oci_free(config);
	return r;
}

#define ABSENT	"null"	/* as good as not being there, and no longer than an object that says anything */

/* The document with that in place of a value. malloc()ed, or NULL. */
static char *without(const char *text, size_t len, const char *value, size_t value_len,
		     size_t *ret_len)
{
	const size_t before = (size_t)(value - text), behind = len - before - value_len;
	char *copy = malloc(len);

	if (!copy)
		return NULL;
	memcpy(copy, text, before);
	memcpy(copy + before, ABSENT, strlen(ABSENT));
	memcpy(copy + before + strlen(ABSENT), value + value_len, behind);
	*ret_len = before + strlen(ABSENT) + behind;
	return copy;
}

int oci_parse_and_recall(const char *text, size_t len, int cache_fd, struct oci_config *config,
			 struct syscalls_filter *ret_filter, struct vps_err *err)
{
	static const char *const keys[] = { "linux", "seccomp", NULL };
	OWN_MEM char *rest = NULL;
	struct vps_err ignored = { 0 };
	const char *value;
	size_t value_len, rest_len;
	char *kept;
	int r;

	if (!doc_find(text, len, keys, &value, &value_len) || value_len < strlen(ABSENT))
		return oci_parse(text, len, config, err);
	if (syscalls_recall(value, value_len, cache_fd, ret_filter)) {
		rest = without(text, len, value, value_len, &rest_len);
		if (rest && oci_parse(rest, rest_len, config, &ignored) == 0) {
			config->has_seccomp = true;
			return 0;
		}
		syscalls_free(ret_filter);	/* the whole text has the line of what is wrong */
	}
	r = oci_parse(text, len, config, err);
	kept = r == 0 && config->has_seccomp ? arena_alloc(&config->arena, value_len) : NULL;
	if (kept) {
		config->seccomp.text = memcpy(kept, value, value_len);
		config->seccomp.text_len = value_len;
	}
	return r;
}

int oci_parse_process(const char *text, size_t len, struct arena *arena,
		      struct oci_process *process, struct vps_err *err)
{
	struct doc doc = { .arena = arena, .err = err, .is_lenient = true };
	struct oci_process parsed = { 0 };
	struct doc_node root;
	int r = doc_open(&doc, text, len, OCI_SIZE_MAX, &root);

	if (r < 0)
		return r;
	r = oci_read_process(&root, &parsed);
	doc_close(&doc);
	if (r == 0)
		*process = parsed;
	return r;
}

int oci_parse_resources(const char *text, size_t len, struct oci_config *config,
			struct vps_err *err)
{
	struct doc doc = { .arena = &config->arena, .err = err, .is_lenient = true };
	struct doc_node root;
	int r = doc_open(&doc, text, len, OCI_SIZE_MAX, &root);

	if (r < 0)
		return r;
	r = oci_read_resources(&root, config);
	doc_close(&doc);
	if (r < 0)
		oci_free(config);
	return r;
}

void oci_free(struct oci_config *config)
{
	arena_free(&config->arena);
	*config = (struct oci_config){ 0 };
}

const char *oci_annotation(const struct oci_config *config, const char *key)
{
	size_t i;

	for (i = 0; i < config->annotation_count; i++)
		if (strcmp(config->annotations[i].key, key) == 0)
			return config->annotations[i].value;
	return NULL;
}
