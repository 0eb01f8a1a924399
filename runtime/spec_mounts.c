// SPDX-License-Identifier: LGPL-2.1-or-later
/* "mounts" and "devices" of a vps.json; called by spec.c. */
#include <string.h>

#include "base/own.h"
#include "isolation/mounts.h"
#include "runtime/spec_parts.h"
#include "runtime/words.h"

static int read_path(const struct doc_node *node, void *field)
{
	const char **path = field;

	*path = spec_read_path(node);
	return *path ? 0 : node->doc->err->code;
}

/* Whether a VPS cannot be without what is mounted there by default. */
static bool is_reserved(const char *target)
{
	return strcmp(target, "/") == 0 || strcmp(target, "/dev") == 0 ||
	       word_is_within(target, "/proc") || word_is_within(target, "/sys");
}

static int read_mount_target(const struct doc_node *node, void *field)
{
	const char **target = field;
	char shown[DOC_SHOWN];

	*target = spec_read_path(node);
	if (!*target)
		return node->doc->err->code;
	if (is_reserved(*target))
		return doc_fail(node, "%s belongs to the VPS itself; allowed is anything but /, /dev, /proc, /sys and below the last two",
				doc_quote(*target, shown));
	return 0;
}

static int read_mount_type(const struct doc_node *node, void *field)
{
	static const char *const words[] = { "bind", "tmpfs", NULL };
	unsigned word;
	int r = spec_read_word(node, words, &word);

	if (r == 0)
		*(const char **)field = words[word];
	return r;
}

static int read_options(const struct doc_node *node, void *field)
{
	static const struct doc_key row = { .type = DOC_STRINGS };
	const char *const *options;
	size_t i;
	int r = doc_value(node, &row, field);

	if (r < 0)
		return r;
	options = *(const char *const **)field;
	for (i = 0; options[i]; i++) {
		const struct doc_node place = doc_below(node, NULL, i);

		if (!*options[i] || strchr(options[i], ',') || word_has_control(options[i]))
			return doc_fail(&place, "expected one mount option a string, such as \"nosuid\"");
	}
	return 0;
}

static const struct doc_key mount_keys[] = {
	{ "source",   DOC_STRING, DOC_FIELD(struct spec_mount, source), .read = read_path },
	{ "target",   DOC_STRING, DOC_FIELD(struct spec_mount, target), .is_required = true,
	  .read = read_mount_target },
	{ "type",     DOC_STRING, DOC_FIELD(struct spec_mount, type), .read = read_mount_type },
	{ "options",  DOC_ARRAY,  DOC_FIELD(struct spec_mount, options), .read = read_options },
	{ "readonly", DOC_BOOL,   DOC_FIELD(struct spec_mount, is_readonly) },
	{ 0 }
};

/* Whether tmpfs(5) has it. Whatever else a file system takes is not for a VPS to choose. */
static bool is_tmpfs_option(const char *option)
{
	static const char *const known[] = {
		"size=", "nr_blocks=", "nr_inodes=", "mode=", "uid=", "gid=", "huge=",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(known); i++)
		if (strncmp(option, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

static int check_options(const struct doc_node *node, const struct spec_mount *mount)
{
	bool is_tmpfs = strcmp(mount->type, "tmpfs") == 0;
	struct mount_entry scratch = { 0 };
	char shown[DOC_SHOWN];
	size_t i;

	for (i = 0; mount->options && mount->options[i]; i++) {
		const struct doc_node list = doc_below(node, "options", 0);
		const struct doc_node place = doc_below(&list, NULL, i);

		if (!mount_option(&scratch, mount->options[i]) &&
		    !(is_tmpfs && is_tmpfs_option(mount->options[i])))
			return doc_fail(&place, "%s is no option of a %s mount; vps.json(5) lists them",
					doc_quote(mount->options[i], shown), mount->type);
	}
	return 0;
}

static int read_mount(const struct doc_node *node, void *item)
{
	struct spec_mount *mount = item;
	const struct doc_node source = doc_below(node, "source", 0);
	bool is_bind;
	int r;

	mount->type = "bind";
	r = doc_object(node, mount_keys, mount);
	if (r < 0)
		return r;
	is_bind = strcmp(mount->type, "bind") == 0;
	if (is_bind && !mount->source)
		return doc_fail(&source, "missing; a bind mount needs a path of the host");
	if (!is_bind && mount->source)
		return doc_fail(&source, "a tmpfs has none");
	return check_options(node, mount);
}

int spec_read_mounts(const struct doc_node *node, void *field)
{
	struct spec *spec = field;

	return doc_each(node, sizeof(*spec->mounts), read_mount, &spec->mounts, &spec->mount_count);
}

/* A device node's place, on the host or inside. */
static int read_device_path(const struct doc_node *node, void *field)
{
	const char **path = field;
	char shown[DOC_SHOWN];

	*path = spec_read_path(node);
	if (!*path)
		return node->doc->err->code;
	if (strncmp(*path, "/dev/", 5) != 0)
		return doc_fail(node, "%s is not below /dev", doc_quote(*path, shown));
	return 0;
}

static int read_access(const struct doc_node *node, void *field)
{
	const char **access = field;
	char shown[DOC_SHOWN];
	size_t len;

	*access = doc_string(node);
	if (!*access)
		return node->doc->err->code;
	len = strlen(*access);
	if (len == 0 || strspn(*access, "rwm") != len || len > 3 ||
	    (len > 1 && strchr(*access + 1, **access)) || (len == 3 && (*access)[1] == (*access)[2]))
		return doc_fail(node, "%s is not an access: r (read), w (write), m (make the node), each once",
				doc_quote(*access, shown));
	return 0;
}

static const struct doc_key device_keys[] = {
	{ "path",   DOC_STRING, DOC_FIELD(struct spec_device, path), .is_required = true,
	  .read = read_device_path },
	{ "target", DOC_STRING, DOC_FIELD(struct spec_device, target), .read = read_device_path },
	{ "access", DOC_STRING, DOC_FIELD(struct spec_device, access), .read = read_access },
	{ 0 }
};

static int read_device(const struct doc_node *node, void *item)
{
	struct spec_device *device = item;
	int r = doc_object(node, device_keys, device);

	if (!device->target)
		device->target = device->path;
	if (!device->access)
		device->access = "rwm";
	return r;
}

int spec_read_devices(const struct doc_node *node, void *field)
{
	struct spec *spec = field;

	return doc_each(node, sizeof(*spec->devices), read_device, &spec->devices,
			&spec->device_count);
}
