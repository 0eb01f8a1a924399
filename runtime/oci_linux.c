// SPDX-License-Identifier: LGPL-2.1-or-later
/* "linux" of a config.json, and its small properties; called by oci.c. */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>

#include "runtime/oci_parts.h"
#include "runtime/words.h"

#define FIELD(field)	DOC_FIELD(struct oci_config, field)
#define RANGES_MAX	340	/* user_namespaces(7) */

struct namespace {
	const char *type, *path;
};

static const struct doc_key namespace_keys[] = {
	{ "type", DOC_STRING, DOC_FIELD(struct namespace, type), .is_required = true },
	{ "path", DOC_STRING, DOC_FIELD(struct namespace, path) },
	{ 0 }
};

static int read_namespace(const struct doc_node *node, void *item)
{
	struct namespace *ns = item;
	const struct doc_node type = doc_below(node, "type", 0), path = doc_below(node, "path", 0);
	char shown[DOC_SHOWN];
	int r = doc_object(node, namespace_keys, ns);

	if (r < 0)
		return r;
	if (ns_parse(ns->type) == NS_KINDS)
		return doc_fail(&type, "%s is no namespace; allowed are cgroup, ipc, mount, network, pid, time, user, uts",
				doc_quote(ns->type, shown));
	if (ns->path && !*ns->path)
		ns->path = NULL;	/* engines write "" for none */
	if (ns->path && *ns->path != '/')
		return doc_fail(&path, "%s is not an absolute path",
				doc_quote(ns->path, shown));
	return 0;
}

static int read_namespaces(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;
	struct namespace *list;
	size_t i, count;
	int r = doc_each(node, sizeof(*list), read_namespace, &list, &count);

	if (r < 0)
		return r;
	for (i = 0; i < count; i++) {
		const struct doc_node place = doc_below(node, NULL, i);
		struct oci_namespace *ns = &config->namespaces[ns_parse(list[i].type)];

		if (ns->is_listed)
			return doc_fail(&place, "\"%s\" is listed already", list[i].type);
		*ns = (struct oci_namespace){ .is_listed = true, .path = list[i].path };
	}
	return 0;
}

static const struct doc_key range_keys[] = {
	{ "containerID", DOC_INTEGER, DOC_FIELD(struct idmap_range, inside), .is_required = true,
	  .highest = UINT32_MAX - 1 },
	{ "hostID",	 DOC_INTEGER, DOC_FIELD(struct idmap_range, outside), .is_required = true,
	  .highest = UINT32_MAX - 1 },
	{ "size",	 DOC_INTEGER, DOC_FIELD(struct idmap_range, count), .is_required = true,
	  .lowest = 1, .highest = UINT32_MAX },
	{ 0 }
};

static int read_range(const struct doc_node *node, void *item)
{
	const struct doc_node size = doc_below(node, "size", 0);
	const struct idmap_range *range = item;
	int r = doc_object(node, range_keys, item);

	if (r < 0)
		return r;
	if (range->count > UINT32_MAX - range->inside || range->count > UINT32_MAX - range->outside)
		return doc_fail(&size, "%u ids from containerID %u and hostID %u go beyond 4294967294",
				range->count, range->inside, range->outside);
	return 0;
}

static bool is_overlapping(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return a < b ? b - a < a_count : a - b < b_count;
}

int oci_read_ranges(const struct doc_node *node, const struct idmap_range **ret_ranges,
		    size_t *ret_count)
{
	const struct idmap_range *list;
	size_t i, j, count;
	int r;

	if (doc_count(node) > RANGES_MAX)
		return doc_fail(node, "%zu ranges, more than the %d that the kernel takes",
				doc_count(node), RANGES_MAX);
	r = doc_each(node, sizeof(*list), read_range, &list, &count);
	if (r < 0)
		return r;
	for (i = 0; i < count; i++)
		for (j = 0; j < i; j++)
			if (is_overlapping(list[i].inside, list[i].count, list[j].inside, list[j].count) ||
			    is_overlapping(list[i].outside, list[i].count, list[j].outside, list[j].count))
				return doc_fail(node, "ranges %zu and %zu overlap", j, i);
	*ret_ranges = list;
	*ret_count = count;
	return 0;
}

static int read_uids(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;

	return oci_read_ranges(node, &config->idmap.uids, &config->idmap.uid_count);
}

static int read_gids(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;

	return oci_read_ranges(node, &config->idmap.gids, &config->idmap.gid_count);
}

static const struct doc_key offset_keys[] = {
	{ "secs",     DOC_INTEGER, DOC_FIELD(struct ns_time_offset, sec), .lowest = INT64_MIN,
	  .highest = INT64_MAX },
	{ "nanosecs", DOC_INTEGER, DOC_FIELD(struct ns_time_offset, nsec), .highest = 999999999 },
	{ 0 }
};

static int read_offset(const struct doc_node *node, void *field)
{
	return doc_object(node, offset_keys, field);
}

static const struct doc_key offsets_keys[] = {
	{ "monotonic", DOC_OBJECT, FIELD(monotonic), .read = read_offset },
	{ "boottime",  DOC_OBJECT, FIELD(boottime), .read = read_offset },
	{ 0 }
};

/* A clock of another name has no offset, so here an unknown key is an error. */
static int read_offsets(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;
	const bool was_lenient = node->doc->is_lenient;
	int r;

	node->doc->is_lenient = false;
	r = doc_object(node, offsets_keys, config);
	node->doc->is_lenient = was_lenient;
	config->has_time_offsets = doc_count(node) > 0;
	return r;
}

static int read_cgroups_path(const struct doc_node *node, void *field)
{
	const char **path = field;
	char shown[DOC_SHOWN];

	*path = doc_string(node);
	if (!*path)
		return node->doc->err->code;
	if (word_has_dotdot(*path) || word_has_control(*path))
		return doc_fail(node, "%s is not a path without \"..\"", doc_quote(*path, shown));
	if (!**path)
		*path = NULL;
	return 0;
}

static int read_propagation(const struct doc_node *node, void *field)
{
	static const struct oci_word words[] = {
		{ "shared", MS_SHARED },	 { "rshared", MS_SHARED | MS_REC },
		{ "slave", MS_SLAVE },		 { "rslave", MS_SLAVE | MS_REC },
		{ "private", MS_PRIVATE },	 { "rprivate", MS_PRIVATE | MS_REC },
		{ "unbindable", MS_UNBINDABLE }, { "runbindable", MS_UNBINDABLE | MS_REC },
		{ "", 0 },			 { 0 }
	};

	return oci_read_word(node, words, field);
}

static int read_masked(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;

	config->masked_count = doc_count(node);
	return oci_read_absolutes(node, &config->masked_paths);
}

static int read_readonly(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;

	config->readonly_count = doc_count(node);
	return oci_read_absolutes(node, &config->readonly_paths);
}

static int read_mount_label(const struct doc_node *node, void *field)
{
	const char **label = field;

	*label = doc_string(node);
	if (!*label)
		return node->doc->err->code;
	if (!**label)
		*label = NULL;
	return 0;
}

static int read_domain(const struct doc_node *node, void *field)
{
	static const struct oci_word words[] = {
		{ "LINUX", PER_LINUX }, { "LINUX32", PER_LINUX32 }, { 0 }
	};

	return oci_read_word(node, words, field);
}

static int read_personality_flags(const struct doc_node *node, void *field)
{
	(void)field;
	if (doc_count(node) == 0)
		return 0;
	return doc_fail_code(node, -VPS_EHOST, "no flags are supported; leave it out");
}

static const struct doc_key personality_keys[] = {
	{ "domain", DOC_STRING, FIELD(personality), .is_required = true, .read = read_domain },
	{ "flags",  DOC_ARRAY,	.read = read_personality_flags },
	{ 0 }
};

static int read_personality(const struct doc_node *node, void *config)
{
	return doc_object(node, personality_keys, config);
}

static const struct doc_key linux_keys[] = {
	{ "namespaces",	       DOC_ARRAY,  .read = read_namespaces },
	{ "uidMappings",       DOC_ARRAY,  .read = read_uids },
	{ "gidMappings",       DOC_ARRAY,  .read = read_gids },
	{ "timeOffsets",       DOC_OBJECT, .read = read_offsets },
	{ "devices",	       DOC_ARRAY,  .read = oci_read_devices },
	{ "netDevices",	       DOC_OBJECT, .read = oci_read_net_devices },
	{ "cgroupsPath",       DOC_STRING, FIELD(cgroups_path), .read = read_cgroups_path },
	{ "resources",	       DOC_OBJECT, .read = oci_read_resources },
	{ "sysctl",	       DOC_OBJECT, .read = oci_read_sysctls },
	{ "seccomp",	       DOC_OBJECT, .read = oci_read_seccomp },
	{ "rootfsPropagation", DOC_STRING, FIELD(rootfs_propagation), .read = read_propagation },
	{ "maskedPaths",       DOC_ARRAY,  .read = read_masked },
	{ "readonlyPaths",     DOC_ARRAY,  .read = read_readonly },
	{ "mountLabel",	       DOC_STRING, FIELD(mount_label), .read = read_mount_label },
	{ "personality",       DOC_OBJECT, .read = read_personality,
	  .has_offset = offsetof(struct oci_config, has_personality) },
	{ "intelRdt",	       DOC_OBJECT, FIELD(rdt), .read = oci_read_rdt,
	  .has_offset = offsetof(struct oci_config, has_rdt) },
	{ "memoryPolicy",      DOC_OBJECT, .read = oci_read_memory_policy,
	  .has_offset = offsetof(struct oci_config, has_memory_policy) },
	{ 0 }
};

int oci_read_linux(const struct doc_node *node, void *config)
{
	return doc_object(node, linux_keys, config);
}
