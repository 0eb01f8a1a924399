// SPDX-License-Identifier: LGPL-2.1-or-later
/* "mounts" of a config.json: options sorted by isolation's table; called by oci.c. */
#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "runtime/oci_parts.h"
#include "runtime/words.h"

/* A mount as it is written. */
struct written {
	const char        *destination, *type, *source;
	const char *const *options;
	const struct idmap_range *uids, *gids;
	size_t             uid_count, gid_count;
};

/* Relative ones are deprecated, and then relative to "/". */
static int read_destination(const struct doc_node *node, void *field)
{
	const char **destination = field;
	const char *given = doc_string(node);
	char shown[DOC_SHOWN];

	if (!given)
		return node->doc->err->code;
	if (!*given || word_has_dotdot(given))
		return doc_fail(node, "%s is not a path without \"..\"", doc_quote(given, shown));
	*destination = *given == '/' ? given : arena_printf(node->doc->arena, "/%s", given);
	return *destination ? 0 : doc_no_memory(node);
}

static int read_uids(const struct doc_node *node, void *field)
{
	struct written *w = field;

	return oci_read_ranges(node, &w->uids, &w->uid_count);
}

static int read_gids(const struct doc_node *node, void *field)
{
	struct written *w = field;

	return oci_read_ranges(node, &w->gids, &w->gid_count);
}

static const struct doc_key mount_keys[] = {
	{ "destination", DOC_STRING,  DOC_FIELD(struct written, destination), .is_required = true,
	  .read = read_destination },
	{ "type",	 DOC_STRING,  DOC_FIELD(struct written, type) },
	{ "source",	 DOC_STRING,  DOC_FIELD(struct written, source) },
	{ "options",	 DOC_STRINGS, DOC_FIELD(struct written, options) },
	{ "uidMappings", DOC_ARRAY,   .read = read_uids },
	{ "gidMappings", DOC_ARRAY,   .read = read_gids },
	{ 0 }
};

/* Words of a superblock: a bind mount has it already, and the kernel ignores them there. */
static bool is_superblock_word(const char *option)
{
	static const char *const words[] = {
		"sync", "async", "dirsync", "lazytime", "nolazytime", "mand", "nomand",
		"iversion", "noiversion",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], option) == 0)
			return true;
	return false;
}

/* Sort the options: what the table knows into fields, the rest into data. */
static int read_options(const struct doc_node *node, const char *const *options,
			struct mount_entry *entry)
{
	const char **data;
	size_t i, count = 0;

	for (count = 0; options[count]; count++)
		;
	data = arena_array(node->doc->arena, count + 1, sizeof(*data));
	if (!data)
		return doc_no_memory(node);
	for (i = 0; i < count; i++) {
		const struct doc_node list = doc_below(node, "options", 0);
		const struct doc_node place = doc_below(&list, NULL, i);

		if (strcmp(options[i], "remount") == 0)
			return doc_fail_code(&place, -VPS_EHOST,
					     "\"remount\" is not possible: every mount is made anew");
		if (!mount_option(entry, options[i]))
			data[entry->data_count++] = options[i];
	}
	entry->data = data;
	return 0;
}

/* What a bind mount cannot have, told with the index that it was written at. */
static int check_bind(const struct doc_node *node, const struct written *w,
		      struct mount_entry *entry)
{
	const struct doc_node source = doc_below(node, "source", 0);
	char shown[DOC_SHOWN];
	size_t i;

	if (!entry->source || !*entry->source)
		return doc_fail(&source, "missing; a bind mount needs one");
	for (i = 0; w->options && w->options[i]; i++) {
		const struct doc_node list = doc_below(node, "options", 0);
		const struct doc_node place = doc_below(&list, NULL, i);
		struct mount_entry scratch = { 0 };

		if (!mount_option(&scratch, w->options[i]) && !is_superblock_word(w->options[i]))
			return doc_fail(&place, "%s is no option of a bind mount",
					doc_quote(w->options[i], shown));
	}
	entry->data_count = 0;
	return 0;
}

static int read_mount(const struct doc_node *node, void *item)
{
	struct mount_entry *entry = item;
	const struct doc_node type = doc_below(node, "type", 0);
	struct written w = { 0 };
	int r = doc_object(node, mount_keys, &w);

	if (r < 0)
		return r;
	*entry = (struct mount_entry){
		.destination = w.destination,
		.type = w.type && *w.type ? w.type : NULL,
		.source = w.source,
		.idmap = { w.uids, w.gids, w.uid_count, w.gid_count },
		.ids_fd = FD_NONE,
		.mount_fd = FD_NONE,
	};
	if (w.options)
		r = read_options(node, w.options, entry);
	if (r < 0)
		return r;
	if (!w.uid_count != !w.gid_count)
		return doc_fail(node, "uidMappings and gidMappings: one without the other");
	if (w.uid_count)	/* "idmap" is then implied */
		entry->is_idmapped = true;
	if (entry->type && strcmp(entry->type, "bind") == 0)
		entry->is_bind = true;
	if (entry->is_bind)
		return check_bind(node, &w, entry);
	if (!entry->type || strcmp(entry->type, "none") == 0)
		return doc_fail(&type, "missing; only a bind mount needs none");
	if (entry->is_copied_up && strcmp(entry->type, "tmpfs") != 0)
		return doc_fail(node, "options: \"tmpcopyup\" is an option of tmpfs, not of %.40s",
				entry->type);
	return 0;
}

int oci_read_mounts(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;

	return doc_each(node, sizeof(*config->mounts), read_mount, &config->mounts,
			&config->mount_count);
}
