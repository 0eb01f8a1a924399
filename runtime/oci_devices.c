// SPDX-License-Identifier: LGPL-2.1-or-later
/* Device nodes, device rules and network devices of a config.json; called by oci_linux.c. */
#include <string.h>

#include "runtime/oci_parts.h"
#include "runtime/words.h"

#define MAJOR_MAX	4095		/* the kernel keeps 12 bits */
#define MINOR_MAX	1048575		/* and 20 */
#define DEFAULT_MODE	0666

static int read_node_path(const struct doc_node *node, void *field)
{
	const char **path = field;
	char shown[DOC_SHOWN];

	*path = doc_string(node);
	if (!*path)
		return node->doc->err->code;
	if (**path != '/' || word_has_dotdot(*path) || !(*path)[1])
		return doc_fail(node, "%s is not the absolute path of a file, without \"..\"",
				doc_quote(*path, shown));
	return 0;
}

static int read_node_type(const struct doc_node *node, void *field)
{
	static const struct oci_word words[] = {
		{ "c", 'c' }, { "b", 'b' }, { "u", 'u' }, { "p", 'p' }, { 0 }
	};
	unsigned long value;
	int r = oci_read_word(node, words, &value);

	if (r == 0)
		*(char *)field = (char)value;
	return r;
}

static const struct doc_key node_keys[] = {
	{ "path",     DOC_STRING,  DOC_FIELD(struct device_node, path), .is_required = true,
	  .read = read_node_path },
	{ "type",     DOC_STRING,  DOC_FIELD(struct device_node, type), .is_required = true,
	  .read = read_node_type },
	{ "major",    DOC_INTEGER, DOC_FIELD(struct device_node, major), .highest = MAJOR_MAX },
	{ "minor",    DOC_INTEGER, DOC_FIELD(struct device_node, minor), .highest = MINOR_MAX },
	{ "fileMode", DOC_INTEGER, DOC_FIELD(struct device_node, mode), .highest = UINT32_MAX },
	{ "uid",      DOC_INTEGER, DOC_FIELD(struct device_node, uid), .highest = UINT32_MAX - 1 },
	{ "gid",      DOC_INTEGER, DOC_FIELD(struct device_node, gid), .highest = UINT32_MAX - 1 },
	{ 0 }
};

static int read_node(const struct doc_node *node, void *item)
{
	struct device_node *device = item;
	struct doc_node child;
	int r;

	device->mode = DEFAULT_MODE;
	r = doc_object(node, node_keys, device);
	if (r < 0)
		return r;
	device->mode &= 07777;	/* engines send st_mode whole */
	if (device->type == 'p')
		return 0;
	if (!doc_member(node, "major", &child) || !doc_member(node, "minor", &child))
		return doc_fail(node, "major and minor: missing; only a FIFO needs none");
	return 0;
}

int oci_read_devices(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;

	return doc_each(node, sizeof(*config->devices), read_node, &config->devices,
			&config->device_count);
}

static int read_rule_type(const struct doc_node *node, void *field)
{
	static const struct oci_word words[] = {
		{ "a", 'a' }, { "c", 'c' }, { "b", 'b' }, { "u", 'c' }, { "", 'a' }, { 0 }
	};
	unsigned long value;
	int r = oci_read_word(node, words, &value);

	if (r == 0)
		*(char *)field = (char)value;
	return r;
}

static int read_access(const struct doc_node *node, void *field)
{
	unsigned *access = field;
	const char *text = doc_string(node);
	char shown[DOC_SHOWN];
	const char *at;

	if (!text)
		return node->doc->err->code;
	if (strspn(text, "rwm") != strlen(text))
		return doc_fail(node, "%s is not of the letters r, w and m", doc_quote(text, shown));
	if (*text)
		*access = 0;
	for (at = text; *at; at++)
		*access |= *at == 'r' ? DEVICE_READ : *at == 'w' ? DEVICE_WRITE : DEVICE_MKNOD;
	return 0;
}

static const struct doc_key rule_keys[] = {
	{ "allow",  DOC_BOOL,	 DOC_FIELD(struct device_rule, is_allowed), .is_required = true },
	{ "type",   DOC_STRING,	 DOC_FIELD(struct device_rule, type), .read = read_rule_type },
	{ "major",  DOC_INTEGER, DOC_FIELD(struct device_rule, major), .lowest = DEVICE_ANY,
	  .highest = UINT32_MAX },
	{ "minor",  DOC_INTEGER, DOC_FIELD(struct device_rule, minor), .lowest = DEVICE_ANY,
	  .highest = UINT32_MAX },
	{ "access", DOC_STRING,	 DOC_FIELD(struct device_rule, access), .read = read_access },
	{ 0 }
};

static int read_rule(const struct doc_node *node, void *item)
{
	struct device_rule *rule = item;

	*rule = (struct device_rule){
		.type = 'a', .major = DEVICE_ANY, .minor = DEVICE_ANY,
		.access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD,
	};
	return doc_object(node, rule_keys, rule);
}

int oci_read_device_rules(const struct doc_node *node, void *field)
{
	struct oci_rules *rules = field;

	return doc_each(node, sizeof(*rules->rules), read_rule, &rules->rules, &rules->count);
}

static int read_net_name(const struct doc_node *node, void *field)
{
	const char **name = field;
	char shown[DOC_SHOWN];

	*name = doc_string(node);
	if (!*name)
		return node->doc->err->code;
	if (**name && !word_is_interface(*name))
		return doc_fail(node, "%s is no interface's name: 1 to 15 characters, no /, :, %% or space",
				doc_quote(*name, shown));
	return 0;
}

static const struct doc_key net_device_keys[] = {
	{ "name", DOC_STRING, DOC_FIELD(struct oci_net_device, name), .read = read_net_name },
	{ 0 }
};

static int read_net_device(const struct doc_node *node, void *item)
{
	struct oci_net_device *device = item;
	char shown[DOC_SHOWN];
	int r;

	device->host_name = arena_strdup(node->doc->arena, node->key);
	if (!device->host_name)
		return doc_no_memory(node);
	if (!word_is_interface(device->host_name))
		return doc_fail(node->up, "%s is no interface's name",
				doc_quote(device->host_name, shown));
	r = doc_object(node, net_device_keys, device);
	if (!device->name || !*device->name)
		device->name = device->host_name;
	return r;
}

int oci_read_net_devices(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;
	size_t i, j;
	int r = doc_each(node, sizeof(*config->net_devices), read_net_device,
			 &config->net_devices, &config->net_device_count);

	for (i = 0; r == 0 && i < config->net_device_count; i++)
		for (j = 0; j < i; j++)
			if (strcmp(config->net_devices[i].name, config->net_devices[j].name) == 0)
				return doc_fail(node, "two devices would be called %s inside",
						config->net_devices[i].name);
	return r;
}
