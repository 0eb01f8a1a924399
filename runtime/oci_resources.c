// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * "linux.resources" of a config.json, called by oci.c: what was named after
 * cgroup v1 becomes the files of v2, by the conversions of runc.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/oci_parts.h"
#include "runtime/resources.h"
#include "runtime/words.h"

#define CPU_PERIOD_USEC 100000	/* the kernel's default */

/* The properties as they are written, before they are converted. */
struct gathered {
	int64_t	    memory, reservation, swap;	/* 0: not given; -1: no limit */
	bool	    checks_memory;
	uint64_t    shares, period, burst;
	int64_t	    quota, idle, pids;
	bool	    has_burst, has_idle;
	const char *cpus, *mems;
	struct oci_values huge_pages, rdma, block_io, unified;
	struct oci_rules rules;
};

#define FIELD(field)	DOC_FIELD(struct gathered, field)
#define HAS(field)	.has_offset = offsetof(struct gathered, field)

int oci_put(const struct doc_node *node, struct oci_values *values, const char *file,
	    const char *fmt, ...)
{
	struct arena *arena = node->doc->arena;
	char text[128];
	va_list ap;

	if (values->count == values->room) {
		size_t room = values->room ? 2 * values->room : 8;
		struct cg_value *items = arena_array(arena, room, sizeof(*items));

		if (!items)
			return doc_no_memory(node);
		if (values->count)
			memcpy(items, values->items, values->count * sizeof(*items));
		values->items = items;
		values->room = room;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	values->items[values->count].file = arena_strdup(arena, file);
	values->items[values->count].value = arena_strdup(arena, text);
	if (!values->items[values->count].file || !values->items[values->count].value)
		return doc_no_memory(node);
	values->count++;
	return 0;
}

/* -1 is no limit. */
static int put_limit(const struct doc_node *node, struct oci_values *values, const char *file,
		     int64_t limit)
{
	return limit < 0 ? oci_put(node, values, file, "max") :
			   oci_put(node, values, file, "%jd", (intmax_t)limit);
}

static int cannot(const struct doc_node *node)
{
	return doc_fail_code(node, -VPS_EHOST, "cgroup v2 has nothing like it; leave it out");
}

/* What version 2 has no place for, unless it asks for nothing. */
static int refuse_v1(const struct doc_node *node, void *field)
{
	char shown[DOC_SHOWN];
	uint64_t value;

	(void)field;
	if (doc_is(node, DOC_ARRAY))
		value = doc_count(node);
	else if (doc_is(node, DOC_BOOL))
		value = strcmp(doc_show(node, shown), "true") == 0;
	else if (doc_integer(node, INT64_MIN, UINT64_MAX, &value) < 0)
		return node->doc->err->code;
	if (value == 0 || value == UINT64_MAX)	/* -1 */
		return 0;
	return cannot(node);
}

/* 0 is a wish here, not the lack of one. */
static int refuse_swappiness(const struct doc_node *node, void *field)
{
	uint64_t value;
	int r = doc_integer(node, -1, UINT64_MAX, &value);

	(void)field;
	return r < 0 || value == UINT64_MAX ? r : cannot(node);	/* -1 */
}

static const struct doc_key memory_keys[] = {
	{ "limit",	       DOC_INTEGER, FIELD(memory), .lowest = -1, .highest = INT64_MAX },
	{ "reservation",       DOC_INTEGER, FIELD(reservation), .lowest = -1, .highest = INT64_MAX },
	{ "swap",	       DOC_INTEGER, FIELD(swap), .lowest = -1, .highest = INT64_MAX },
	{ "checkBeforeUpdate", DOC_BOOL,    FIELD(checks_memory) },
	{ "kernel",	       DOC_ANY,	    .read = refuse_v1 },
	{ "kernelTCP",	       DOC_ANY,	    .read = refuse_v1 },
	{ "swappiness",	       DOC_ANY,	    .read = refuse_swappiness },
	{ "disableOOMKiller",  DOC_ANY,	    .read = refuse_v1 },
	{ 0 }	/* useHierarchy: in version 2 there is nothing else */
};

static int read_memory(const struct doc_node *node, void *field)
{
	const struct doc_node swap = doc_below(node, "swap", 0);
	struct gathered *got = field;
	int r = doc_object(node, memory_keys, got);

	if (r < 0)
		return r;
	if (got->swap > 0 && got->memory <= 0)
		return doc_fail(&swap, "%jd without a limit: it counts memory and swap together",
				(intmax_t)got->swap);
	if (got->swap > 0 && got->swap < got->memory)
		return doc_fail(&swap, "%jd is below limit %jd: it counts memory and swap together",
				(intmax_t)got->swap, (intmax_t)got->memory);
	return 0;
}

/* A list of processors or memory nodes; "" is none given. */
static int read_cpus(const struct doc_node *node, void *field)
{
	const char **list = field;
	char shown[DOC_SHOWN];

	*list = doc_string(node);
	if (!*list)
		return node->doc->err->code;
	if (**list && !resource_is_cpu_list(*list))
		return doc_fail(node, "%s is not a list such as \"0-3,7\"", doc_quote(*list, shown));
	if (!**list)
		*list = NULL;
	return 0;
}

static const struct doc_key cpu_keys[] = {
	{ "shares",	     DOC_INTEGER, FIELD(shares), .highest = UINT64_MAX },
	{ "quota",	     DOC_INTEGER, FIELD(quota), .lowest = -1, .highest = INT64_MAX },
	{ "period",	     DOC_INTEGER, FIELD(period), .highest = UINT64_MAX },
	{ "burst",	     DOC_INTEGER, FIELD(burst), .highest = UINT64_MAX, HAS(has_burst) },
	{ "idle",	     DOC_INTEGER, FIELD(idle), .highest = 1, HAS(has_idle) },
	{ "cpus",	     DOC_STRING,  FIELD(cpus), .read = read_cpus },
	{ "mems",	     DOC_STRING,  FIELD(mems), .read = read_cpus },
	{ "realtimeRuntime", DOC_ANY,	  .read = refuse_v1 },
	{ "realtimePeriod",  DOC_ANY,	  .read = refuse_v1 },
	{ 0 }
};

static int read_cpu(const struct doc_node *node, void *gathered)
{
	return doc_object(node, cpu_keys, gathered);
}

static const struct doc_key pids_keys[] = {
	{ "limit", DOC_INTEGER, FIELD(pids), .lowest = INT64_MIN, .highest = INT64_MAX },
	{ 0 }
};

static int read_pids(const struct doc_node *node, void *gathered)
{
	return doc_object(node, pids_keys, gathered);
}

static const struct doc_key network_keys[] = {
	{ "classID",	DOC_ANY, .read = refuse_v1 },
	{ "priorities", DOC_ANY, .read = refuse_v1 },
	{ 0 }
};

static int read_network(const struct doc_node *node, void *gathered)
{
	return doc_object(node, network_keys, gathered);
}

struct huge_page {
	const char *size;
	uint64_t    limit;
};

static const struct doc_key huge_page_keys[] = {
	{ "pageSize", DOC_STRING,  DOC_FIELD(struct huge_page, size), .is_required = true },
	{ "limit",    DOC_INTEGER, DOC_FIELD(struct huge_page, limit), .is_required = true,
	  .highest = UINT64_MAX },
	{ 0 }
};

static int read_huge_page(const struct doc_node *node, void *item)
{
	const struct doc_node size = doc_below(node, "pageSize", 0);
	struct huge_page *page = item;
	char shown[DOC_SHOWN];
	int r = doc_object(node, huge_page_keys, page);
	size_t digits;

	if (r < 0)
		return r;
	digits = strspn(page->size, "0123456789");
	if (digits == 0 || digits > 6 || !page->size[digits] || !strchr("KMG", page->size[digits]) ||
	    strcmp(page->size + digits + 1, "B") != 0)
		return doc_fail(&size, "%s is not a size such as \"64KB\", \"2MB\" or \"1GB\"",
				doc_quote(page->size, shown));
	return 0;
}

static int read_huge_pages(const struct doc_node *node, void *field)
{
	struct oci_values *values = field;
	struct huge_page *pages;
	size_t i, count;
	char file[40];
	int r = doc_each(node, sizeof(*pages), read_huge_page, &pages, &count);

	for (i = 0; r == 0 && i < count; i++) {
		/* Reservations too: else a page that is mapped, not yet touched, escapes the limit. */
		int64_t limit = pages[i].limit > INT64_MAX ? -1 : (int64_t)pages[i].limit;

		(void)snprintf(file, sizeof(file), "hugetlb.%s.max", pages[i].size);
		r = put_limit(node, values, file, limit);
		(void)snprintf(file, sizeof(file), "hugetlb.%s.rsvd.max", pages[i].size);
		if (r == 0)
			r = put_limit(node, values, file, limit);
	}
	return r;
}

struct rdma {
	uint32_t handles, objects;
	bool	 has_handles, has_objects;
};

static const struct doc_key rdma_keys[] = {
	{ "hcaHandles", DOC_INTEGER, DOC_FIELD(struct rdma, handles), .highest = UINT32_MAX,
	  .has_offset = offsetof(struct rdma, has_handles) },
	{ "hcaObjects", DOC_INTEGER, DOC_FIELD(struct rdma, objects), .highest = UINT32_MAX,
	  .has_offset = offsetof(struct rdma, has_objects) },
	{ 0 }
};

/* The lines of rdma.max: one write a device. */
struct rdma_line {
	char text[100];
};

static int read_rdma_device(const struct doc_node *node, void *item)
{
	struct rdma_line *line = item;
	struct rdma rdma = { 0 };
	char shown[DOC_SHOWN];
	int len, r = doc_object(node, rdma_keys, &rdma);

	if (r < 0)
		return r;
	if (!*node->key || strlen(node->key) > 40 || strpbrk(node->key, " /") ||
	    word_has_control(node->key))
		return doc_fail(node->up, "%s is no name of an RDMA device",
				doc_quote(node->key, shown));
	if (!rdma.has_handles && !rdma.has_objects)
		return doc_fail(node, "hcaHandles and hcaObjects: both missing");
	len = snprintf(line->text, sizeof(line->text), "%s", node->key);
	if (rdma.has_handles)
		len += snprintf(line->text + len, sizeof(line->text) - (size_t)len,
				" hca_handle=%u", rdma.handles);
	if (rdma.has_objects)
		(void)snprintf(line->text + len, sizeof(line->text) - (size_t)len,
			       " hca_object=%u", rdma.objects);
	return 0;
}

static int read_rdma(const struct doc_node *node, void *field)
{
	struct rdma_line *lines;
	size_t i, count;
	int r = doc_each(node, sizeof(*lines), read_rdma_device, &lines, &count);

	for (i = 0; r == 0 && i < count; i++)
		r = oci_put(node, field, "rdma.max", "%s", lines[i].text);
	return r;
}

/* The name of a file in the cgroup's own directory, of a controller. */
static bool is_cgroup_file(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *dot = strchr(name, '.');

	return dot && dot != name && strspn(name, allowed) == strlen(name) && strlen(name) < 64 &&
	       (strncmp(name, "cgroup.", 7) != 0 || strncmp(name, "cgroup.max.", 11) == 0);
}

static int read_unified_file(const struct doc_node *node, void *item)
{
	struct cg_value *value = item;
	char shown[DOC_SHOWN];

	value->file = arena_strdup(node->doc->arena, node->key);
	if (!value->file)
		return doc_no_memory(node);
	value->value = doc_string(node);
	if (!value->value)
		return node->doc->err->code;
	if (!is_cgroup_file(value->file))
		return doc_fail(node->up, "%s is no file of a controller such as \"memory.high\"",
				doc_quote(value->file, shown));
	return 0;
}

static int read_unified(const struct doc_node *node, void *field)
{
	struct oci_values *values = field;

	return doc_each(node, sizeof(*values->items), read_unified_file, &values->items,
			&values->count);
}

static const struct doc_key resources_keys[] = {
	{ "memory",	    DOC_OBJECT, .read = read_memory },
	{ "cpu",	    DOC_OBJECT, .read = read_cpu },
	{ "pids",	    DOC_OBJECT, .read = read_pids },
	{ "blockIO",	    DOC_OBJECT, FIELD(block_io), .read = oci_read_block_io },
	{ "hugepageLimits", DOC_ARRAY,	FIELD(huge_pages), .read = read_huge_pages },
	{ "rdma",	    DOC_OBJECT, FIELD(rdma), .read = read_rdma },
	{ "network",	    DOC_OBJECT, .read = read_network },
	{ "unified",	    DOC_OBJECT, FIELD(unified), .read = read_unified },
	{ "devices",	    DOC_ARRAY,	FIELD(rules), .read = oci_read_device_rules },
	{ 0 }
};

static int put_cpu(const struct doc_node *node, const struct gathered *got,
		   struct oci_values *values)
{
	uint64_t period = got->period ? got->period : CPU_PERIOD_USEC;
	int r = 0;

	if (got->mems)
		r = oci_put(node, values, "cpuset.mems", "%s", got->mems);
	if (r == 0 && got->cpus)
		r = oci_put(node, values, "cpuset.cpus", "%s", got->cpus);
	/* A cgroup that is idle takes no weight: out of idleness first, and none into it. */
	if (r == 0 && got->has_idle && !got->idle)
		r = oci_put(node, values, "cpu.idle", "0");
	if (r == 0 && got->shares && !got->idle)
		r = oci_put(node, values, "cpu.weight", "%ju",
			    (uintmax_t)resource_weight_of_shares(got->shares));
	if (r == 0 && got->has_idle && got->idle)
		r = oci_put(node, values, "cpu.idle", "1");
	if (r == 0 && got->quota > 0)
		r = oci_put(node, values, "cpu.max", "%jd %ju", (intmax_t)got->quota,
			    (uintmax_t)period);
	else if (r == 0 && (got->quota < 0 || got->period))
		r = oci_put(node, values, "cpu.max", "max %ju", (uintmax_t)period);
	if (r == 0 && got->has_burst)	/* behind the quota: it may not be above that */
		r = oci_put(node, values, "cpu.max.burst", "%ju", (uintmax_t)got->burst);
	return r;
}

static int put_memory(const struct doc_node *node, const struct gathered *got,
		      struct oci_values *values)
{
	int r = 0;

	if (got->memory)
		r = put_limit(node, values, "memory.max", got->memory);
	if (r == 0 && (got->swap < 0 || (got->memory < 0 && got->swap == 0)))
		r = put_limit(node, values, "memory.swap.max", -1);
	else if (r == 0 && got->swap > 0)	/* v1 counts both together, v2 swap alone */
		r = put_limit(node, values, "memory.swap.max", got->swap - got->memory);
	if (r == 0 && got->reservation)
		r = put_limit(node, values, "memory.low", got->reservation);
	return r;
}

static int put_all(const struct doc_node *node, const struct oci_values *from,
		   struct oci_values *values)
{
	size_t i;

	for (i = 0; i < from->count; i++) {
		int r = oci_put(node, values, from->items[i].file, "%s", "");

		if (r < 0)
			return r;
		values->items[values->count - 1] = from->items[i];	/* of any length */
	}
	return 0;
}

int oci_read_resources(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;
	struct oci_values values = { 0 };
	struct gathered got = { 0 };
	int r = doc_object(node, resources_keys, &got);

	if (r == 0)
		r = put_cpu(node, &got, &values);
	if (r == 0)
		r = put_memory(node, &got, &values);
	if (r == 0 && got.pids)		/* 0 is as absent, as it is for runc */
		r = put_limit(node, &values, "pids.max", got.pids);
	if (r == 0)
		r = put_all(node, &got.block_io, &values);
	if (r == 0)
		r = put_all(node, &got.huge_pages, &values);
	if (r == 0)
		r = put_all(node, &got.rdma, &values);
	if (r == 0)	/* last, so that it overrides */
		r = put_all(node, &got.unified, &values);
	if (r < 0)
		return r;
	config->cg_values = values.items;
	config->cg_value_count = values.count;
	config->device_rules = got.rules.rules;
	config->device_rule_count = got.rules.count;
	config->checks_memory = got.checks_memory;
	return 0;
}
