// SPDX-License-Identifier: GPL-2.0-or-later
/* OCI index, manifest and configuration as plain structs; called by the store and by imports. */
#include "ocidoc.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "base/own.h"
#include "images/overlay.h"
#include "images/reference.h"

#define NAME_KEY "org.opencontainers.image.ref.name"

static void own_json(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

#define OWN_JSON __attribute__((cleanup(own_json))) json_t

/* Who reads: the document's name for messages, and where strings go. */
struct reader {
	const char     *doc;
	struct arena   *arena;
	struct vps_err *err;
};

static int bad(const struct reader *rd, const char *key, const char *wanted)
{
	return vps_err_say(rd->err, -EBADMSG, "%s: %s is not %s", rd->doc, key, wanted);
}

static int load(const struct reader *rd, const char *text, size_t len, json_t **ret_json)
{
	OWN_JSON *json = NULL;
	json_error_t where;

	if (len > OCIDOC_MAX_BYTES)
		return vps_err_say(rd->err, -EBADMSG, "%s: %zu bytes are more than %d", rd->doc,
				   len, OCIDOC_MAX_BYTES);
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	if (!json)
		return vps_err_say(rd->err, -EBADMSG, "%s: line %d: %s", rd->doc, where.line,
				   where.text);
	if (!json_is_object(json))
		return bad(rd, "the document", "an object");
	*ret_json = mem_take(&json);
	return 0;
}

/* A member of a type; missing and null are the same, and fine unless needed. */
static int member(const struct reader *rd, const json_t *in, const char *key, json_type type,
		  bool is_needed, json_t **ret_value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "a whole number",
	};
	json_t *value = json_object_get(in, key);

	if (!value || json_is_null(value)) {
		*ret_value = NULL;
		return is_needed ? vps_err_say(rd->err, -EBADMSG, "%s: %s is missing", rd->doc, key)
				 : 0;
	}
	if (json_typeof(value) != type)
		return bad(rd, key, names[type]);
	if ((type == JSON_ARRAY && json_array_size(value) > OCIDOC_MAX_ITEMS) ||
	    (type == JSON_OBJECT && json_object_size(value) > OCIDOC_MAX_ITEMS))
		return bad(rd, key, "of a sane size (more than 4096 items)");
	*ret_value = value;
	return 0;
}

static int keep(const struct reader *rd, const char *text, const char **ret_text)
{
	const char *copy = arena_strdup(rd->arena, text);

	if (!copy)
		return vps_err_set(rd->err, -ENOMEM, "%s", rd->doc);
	*ret_text = copy;
	return 0;
}

/* A string into the arena; "" when it is missing and not needed. */
static int string_member(const struct reader *rd, const json_t *in, const char *key,
			 bool is_needed, const char **ret_text)
{
	json_t *value = NULL;

	if (member(rd, in, key, JSON_STRING, is_needed, &value) < 0)
		return rd->err->code;
	return keep(rd, value ? json_string_value(value) : "", ret_text);
}

static int strings(const struct reader *rd, const json_t *array, const char *key,
		   char ***ret_strings, size_t *ret_len)
{
	size_t len = json_array_size(array), i;		/* 0 for NULL */
	char **list = arena_array(rd->arena, len + 1, sizeof(*list));

	if (!list)
		return vps_err_set(rd->err, -ENOMEM, "%s", rd->doc);
	for (i = 0; i < len; i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (!text)
			return bad(rd, key, "an array of strings");
		list[i] = arena_strdup(rd->arena, text);
		if (!list[i])
			return vps_err_set(rd->err, -ENOMEM, "%s", rd->doc);
	}
	*ret_strings = list;
	if (ret_len)
		*ret_len = len;
	return 0;
}

static int strings_member(const struct reader *rd, const json_t *in, const char *key,
			  char ***ret_strings)
{
	json_t *array = NULL;

	if (member(rd, in, key, JSON_ARRAY, false, &array) < 0)
		return rd->err->code;
	return strings(rd, array, key, ret_strings, NULL);
}

/* "sha256:<64 hex>": the only algorithm that the store knows. */
static bool is_digest(const char *text)
{
	size_t prefix = strlen(DIGEST_PREFIX);

	return strncmp(text, DIGEST_PREFIX, prefix) == 0 && reference_is_hex(text + prefix);
}

static int read_descriptor(const struct reader *rd, const json_t *in,
			   struct descriptor *ret_descriptor)
{
	struct descriptor d;
	const char *digest;
	json_t *size = NULL;

	if (!json_is_object(in))
		return bad(rd, "a descriptor", "an object");
	if (string_member(rd, in, "mediaType", true, &d.media_type) < 0 ||
	    string_member(rd, in, "digest", true, &digest) < 0 ||
	    member(rd, in, "size", JSON_INTEGER, true, &size) < 0)
		return rd->err->code;
	if (!is_digest(digest))
		return bad(rd, "digest", "sha256: and 64 hex digits");
	if (json_integer_value(size) < 0)
		return bad(rd, "size", "a size");
	memcpy(d.digest, digest, sizeof(d.digest));
	d.size = (uint64_t)json_integer_value(size);
	*ret_descriptor = d;
	return 0;
}

static int check_version(const struct reader *rd, const json_t *doc)
{
	json_t *version = NULL;

	if (member(rd, doc, "schemaVersion", JSON_INTEGER, true, &version) < 0)
		return rd->err->code;
	return json_integer_value(version) == 2 ? 0 : bad(rd, "schemaVersion", "2");
}

static int read_entry(const struct reader *rd, const json_t *in, struct index_entry *entry)
{
	json_t *notes = NULL, *name = NULL;
	OWN_MEM char *rest = NULL;

	if (read_descriptor(rd, in, &entry->manifest) < 0 ||
	    member(rd, in, "annotations", JSON_OBJECT, false, &notes) < 0 ||
	    (notes && member(rd, notes, NAME_KEY, JSON_STRING, false, &name) < 0))
		return rd->err->code;
	if (name && keep(rd, json_string_value(name), &entry->name) < 0)
		return rd->err->code;
	rest = json_dumps(in, JSON_COMPACT);
	return rest ? keep(rd, rest, &entry->rest) : vps_err_set(rd->err, -ENOMEM, "%s", rd->doc);
}

static int read_index(const struct reader *rd, const json_t *doc, struct index *index)
{
	json_t *list = NULL;
	size_t i;

	if (check_version(rd, doc) < 0 ||
	    member(rd, doc, "manifests", JSON_ARRAY, true, &list) < 0)
		return rd->err->code;
	index->len = json_array_size(list);
	index->entries = arena_array(rd->arena, index->len + 1, sizeof(*index->entries));
	if (!index->entries)
		return vps_err_set(rd->err, -ENOMEM, "%s", rd->doc);
	for (i = 0; i < index->len; i++)
		if (read_entry(rd, json_array_get(list, i), &index->entries[i]) < 0)
			return rd->err->code;
	return 0;
}

int ocidoc_parse_index(const char *text, size_t len, struct index *ret_index, struct vps_err *err)
{
	struct index index = { 0 };
	const struct reader rd = { "index.json", &index.arena, err };
	OWN_JSON *doc = NULL;

	if (load(&rd, text, len, &doc) < 0 || read_index(&rd, doc, &index) < 0) {
		arena_free(&index.arena);
		return err->code;
	}
	*ret_index = index;
	return 0;
}

static int read_manifest(const struct reader *rd, const json_t *doc, struct manifest *manifest)
{
	json_t *config = NULL, *layers = NULL;
	size_t i;

	if (check_version(rd, doc) < 0 ||
	    member(rd, doc, "config", JSON_OBJECT, true, &config) < 0 ||
	    member(rd, doc, "layers", JSON_ARRAY, true, &layers) < 0 ||
	    read_descriptor(rd, config, &manifest->config) < 0)
		return rd->err->code;
	manifest->layers_len = json_array_size(layers);
	if (manifest->layers_len == 0 || manifest->layers_len > OVERLAY_LAYERS_MAX)
		return bad(rd, "layers", "an array of 1 to 499 layers");
	manifest->layers = arena_array(rd->arena, manifest->layers_len, sizeof(struct descriptor));
	if (!manifest->layers)
		return vps_err_set(rd->err, -ENOMEM, "%s", rd->doc);
	for (i = 0; i < manifest->layers_len; i++)
		if (read_descriptor(rd, json_array_get(layers, i), &manifest->layers[i]) < 0)
			return rd->err->code;
	return 0;
}

int ocidoc_parse_manifest(const char *text, size_t len, struct manifest *ret_manifest,
			  struct vps_err *err)
{
	struct manifest manifest = { 0 };
	const struct reader rd = { "manifest", &manifest.arena, err };
	OWN_JSON *doc = NULL;

	if (load(&rd, text, len, &doc) < 0 || read_manifest(&rd, doc, &manifest) < 0) {
		arena_free(&manifest.arena);
		return err->code;
	}
	*ret_manifest = manifest;
	return 0;
}

static int read_diff_ids(const struct reader *rd, const json_t *doc, struct image *image)
{
	json_t *rootfs = NULL, *ids = NULL;
	const char *type;
	size_t i;

	if (member(rd, doc, "rootfs", JSON_OBJECT, true, &rootfs) < 0 ||
	    string_member(rd, rootfs, "type", true, &type) < 0 ||
	    member(rd, rootfs, "diff_ids", JSON_ARRAY, true, &ids) < 0)
		return rd->err->code;
	if (strcmp(type, "layers") != 0)
		return bad(rd, "rootfs.type", "\"layers\"");
	if (strings(rd, ids, "rootfs.diff_ids", &image->diff_ids, &image->diff_ids_len) < 0)
		return rd->err->code;
	if (image->diff_ids_len == 0 || image->diff_ids_len > OVERLAY_LAYERS_MAX)
		return bad(rd, "rootfs.diff_ids", "an array of 1 to 499 layers");
	for (i = 0; i < image->diff_ids_len; i++) {
		if (!is_digest(image->diff_ids[i]))
			return bad(rd, "rootfs.diff_ids", "sha256: and 64 hex digits each");
		image->diff_ids[i] += strlen(DIGEST_PREFIX);
	}
	return 0;
}

static int read_labels(const struct reader *rd, const json_t *in, struct image_config *config)
{
	json_t *labels = NULL, *value = NULL;
	const char *key;
	size_t i = 0;

	if (member(rd, in, "Labels", JSON_OBJECT, false, &labels) < 0)
		return rd->err->code;
	config->labels_len = json_object_size(labels);
	config->labels = arena_array(rd->arena, config->labels_len + 1, sizeof(*config->labels));
	if (!config->labels)
		return vps_err_set(rd->err, -ENOMEM, "%s", rd->doc);
	json_object_foreach(labels, key, value) {
		if (!json_is_string(value))
			return bad(rd, "Labels", "an object of strings");
		if (keep(rd, key, &config->labels[i].key) < 0 ||
		    keep(rd, json_string_value(value), &config->labels[i].value) < 0)
			return rd->err->code;
		i++;
	}
	return 0;
}

static int read_config(const struct reader *rd, const json_t *doc, struct image *image)
{
	struct image_config *config = &image->config;
	OWN_JSON *none = json_object();
	json_t *in = NULL;
	size_t i;

	if (string_member(rd, doc, "created", false, &image->created) < 0 ||
	    string_member(rd, doc, "architecture", true, &image->architecture) < 0 ||
	    string_member(rd, doc, "os", true, &image->os) < 0 ||
	    read_diff_ids(rd, doc, image) < 0 ||
	    member(rd, doc, "config", JSON_OBJECT, false, &in) < 0)
		return rd->err->code;
	if (!in)
		in = none;
	if (strings_member(rd, in, "Entrypoint", &config->entrypoint) < 0 ||
	    strings_member(rd, in, "Cmd", &config->cmd) < 0 ||
	    strings_member(rd, in, "Env", &config->env) < 0 ||
	    string_member(rd, in, "User", false, &config->user) < 0 ||
	    string_member(rd, in, "WorkingDir", false, &config->working_dir) < 0 ||
	    string_member(rd, in, "StopSignal", false, &config->stop_signal) < 0 ||
	    read_labels(rd, in, config) < 0)
		return rd->err->code;
	for (i = 0; config->env[i]; i++)
		if (config->env[i][0] == '=' || !strchr(config->env[i], '='))
			return bad(rd, "Env", "an array of NAME=value");
	return 0;
}

int ocidoc_parse_config(const char *text, size_t len, struct image *image, struct vps_err *err)
{
	const struct reader rd = { "image configuration", &image->arena, err };
	OWN_JSON *doc = NULL;

	if (load(&rd, text, len, &doc) < 0)
		return err->code;
	return read_config(&rd, doc, image);
}

int ocidoc_parse_strings(const char *text, const char *what, struct arena *arena,
			 char ***ret_strings, struct vps_err *err)
{
	const struct reader rd = { what, arena, err };
	OWN_JSON *array = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_array(array) || json_array_size(array) > OCIDOC_MAX_ITEMS)
		return vps_err_say(err, -VPS_EMISUSE,
				   "%s: not a JSON array of strings, such as '[\"/sbin/init\"]'", what);
	if (strings(&rd, array, "the value", ret_strings, NULL) < 0) {
		if (err->code == -EBADMSG)	/* here a person wrote it */
			err->code = -VPS_EMISUSE;
		return err->code;
	}
	return 0;
}
