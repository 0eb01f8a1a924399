// SPDX-License-Identifier: GPL-2.0-or-later
/* The writing half of ocidoc.h: plain structs as OCI documents; called by imports and names. */
#include "ocidoc.h"

#include <jansson.h>
#include <stdbool.h>

#include "base/own.h"

#define NAME_KEY "org.opencontainers.image.ref.name"

static void own_json(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

#define OWN_JSON __attribute__((cleanup(own_json))) json_t

/* jansson's *_new calls take their value, NULL included, and then fail: one flag is enough. */
static bool put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

static char *dump(const json_t *doc)
{
	return json_dumps(doc, JSON_COMPACT);		/* members in the order they were put */
}

static bool put_descriptor(json_t *object, const struct descriptor *d)
{
	return put(object, "mediaType", json_string(d->media_type)) &&
	       put(object, "digest", json_string(d->digest)) &&
	       put(object, "size", json_integer((json_int_t)d->size));
}

/* An entry as it was read, but with our idea of its name. */
static json_t *entry_json(const struct index_entry *entry)
{
	OWN_JSON *object = entry->rest ? json_loads(entry->rest, 0, NULL) : json_object();
	json_t *notes;

	if (!object || !put_descriptor(object, &entry->manifest))
		return NULL;
	notes = json_object_get(object, "annotations");
	if (!json_is_object(notes) && entry->name) {
		if (!put(object, "annotations", json_object()))
			return NULL;
		notes = json_object_get(object, "annotations");
	}
	if (entry->name && !put(notes, NAME_KEY, json_string(entry->name)))
		return NULL;
	if (!entry->name && notes) {
		(void)json_object_del(notes, NAME_KEY);		/* perhaps it had none */
		if (json_object_size(notes) == 0)
			(void)json_object_del(object, "annotations");	/* it is there */
	}
	return mem_take(&object);
}

char *ocidoc_format_index(const struct index *index)
{
	OWN_JSON *doc = json_object();
	json_t *list = json_array();
	size_t i;

	if (!doc || !put(doc, "schemaVersion", json_integer(2)) ||
	    !put(doc, "mediaType", json_string(MEDIA_INDEX))) {
		json_decref(list);
		return NULL;
	}
	if (!put(doc, "manifests", list))
		return NULL;
	for (i = 0; i < index->len; i++)
		if (json_array_append_new(list, entry_json(&index->entries[i])) < 0)
			return NULL;
	return dump(doc);
}

static json_t *descriptor_json(const struct descriptor *d)
{
	OWN_JSON *object = json_object();

	return object && put_descriptor(object, d) ? mem_take(&object) : NULL;
}

char *ocidoc_format_manifest(const struct manifest *manifest)
{
	OWN_JSON *doc = json_object();
	OWN_JSON *layers = json_array();
	size_t i;

	for (i = 0; i < manifest->layers_len; i++)
		if (json_array_append_new(layers, descriptor_json(&manifest->layers[i])) < 0)
			return NULL;
	if (!put(doc, "schemaVersion", json_integer(2)) ||
	    !put(doc, "mediaType", json_string(MEDIA_MANIFEST)) ||
	    !put(doc, "config", descriptor_json(&manifest->config)) ||
	    !put(doc, "layers", mem_take(&layers)))
		return NULL;
	return dump(doc);
}

static json_t *strings_json(char *const *strings)
{
	OWN_JSON *array = json_array();

	for (; *strings; strings++)
		if (json_array_append_new(array, json_string(*strings)) < 0)
			return NULL;
	return mem_take(&array);
}

static json_t *labels_json(const struct image_config *config)
{
	OWN_JSON *object = json_object();
	size_t i;

	for (i = 0; i < config->labels_len; i++)
		if (!put(object, config->labels[i].key, json_string(config->labels[i].value)))
			return NULL;
	return mem_take(&object);
}

static json_t *config_json(const struct image_config *config)
{
	const struct {
		const char *key;
		const char *value;
	} texts[] = {
		{ "User", config->user },
		{ "WorkingDir", config->working_dir },
		{ "StopSignal", config->stop_signal },
	};
	const struct {
		const char *key;
		char *const *value;
	} lists[] = {
		{ "Entrypoint", config->entrypoint },
		{ "Cmd", config->cmd },
		{ "Env", config->env },
	};
	OWN_JSON *object = json_object();
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		if (*texts[i].value && !put(object, texts[i].key, json_string(texts[i].value)))
			return NULL;
	for (i = 0; i < ARRAY_LEN(lists); i++)
		if (*lists[i].value && !put(object, lists[i].key, strings_json(lists[i].value)))
			return NULL;
	if (config->labels_len > 0 && !put(object, "Labels", labels_json(config)))
		return NULL;
	return mem_take(&object);
}

static json_t *rootfs_json(const struct image *image)
{
	OWN_JSON *rootfs = json_object();
	OWN_JSON *ids = json_array();
	size_t i;

	for (i = 0; i < image->diff_ids_len; i++)
		if (json_array_append_new(ids, json_sprintf(DIGEST_PREFIX "%s",
							    image->diff_ids[i])) < 0)
			return NULL;
	if (!put(rootfs, "type", json_string("layers")) ||
	    !put(rootfs, "diff_ids", mem_take(&ids)))
		return NULL;
	return mem_take(&rootfs);
}

char *ocidoc_format_config(const struct image *image)
{
	OWN_JSON *doc = json_object();

	if (*image->created && !put(doc, "created", json_string(image->created)))
		return NULL;
	if (!put(doc, "architecture", json_string(image->architecture)) ||
	    !put(doc, "os", json_string(image->os)) ||
	    !put(doc, "config", config_json(&image->config)) ||
	    !put(doc, "rootfs", rootfs_json(image)))
		return NULL;
	return dump(doc);
}
