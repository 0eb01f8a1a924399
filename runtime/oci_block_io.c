// SPDX-License-Identifier: LGPL-2.1-or-later
/* "blockIO" of resources: weights and throttles; called by oci_resources.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "runtime/oci_parts.h"

#define MAJOR_MAX	4095
#define MINOR_MAX	1048575
#define WEIGHT_LOWEST	10	/* of cgroup v1's CFQ, which the specification was written for */
#define WEIGHT_HIGHEST	1000

struct device {
	uint32_t major, minor;
	uint32_t weight, leaf_weight;
	uint64_t rate;
	bool	 has_weight;
};

struct block_io {
	uint32_t weight, leaf_weight;
	struct device *devices;		/* weightDevice */
	size_t	       device_count;
	struct oci_values *values;
};

/* 10..1000 -> 1..10000. */
static unsigned weight_v2(uint32_t weight)
{
	return 1 + (weight - WEIGHT_LOWEST) * 9999 / (WEIGHT_HIGHEST - WEIGHT_LOWEST);
}

/* 0 is as absent. */
static int read_weight(const struct doc_node *node, void *field)
{
	uint64_t weight;
	int r = doc_integer(node, 0, WEIGHT_HIGHEST, &weight);

	if (r < 0)
		return r;
	if (weight > 0 && weight < WEIGHT_LOWEST)
		return doc_fail(node, "%u is not within %d to %d", (unsigned)weight, WEIGHT_LOWEST,
				WEIGHT_HIGHEST);
	*(uint32_t *)field = (uint32_t)weight;
	return 0;
}

static int refuse_leaf_weight(const struct doc_node *node, void *field)
{
	int r = read_weight(node, field);

	if (r == 0 && *(uint32_t *)field)
		return doc_fail_code(node, -VPS_EHOST,
				     "cgroup v2 has nothing like it; leave it out");
	return r;
}

#define NUMBERS \
	{ "major", DOC_INTEGER, DOC_FIELD(struct device, major), .is_required = true, \
	  .highest = MAJOR_MAX }, \
	{ "minor", DOC_INTEGER, DOC_FIELD(struct device, minor), .is_required = true, \
	  .highest = MINOR_MAX }

static const struct doc_key weight_keys[] = {
	NUMBERS,
	{ "weight",	DOC_INTEGER, DOC_FIELD(struct device, weight), .read = read_weight },
	{ "leafWeight", DOC_INTEGER, DOC_FIELD(struct device, leaf_weight),
	  .read = refuse_leaf_weight },
	{ 0 }
};

static const struct doc_key rate_keys[] = {
	NUMBERS,
	{ "rate", DOC_INTEGER, DOC_FIELD(struct device, rate), .is_required = true,
	  .highest = UINT64_MAX },
	{ 0 }
};

static int read_weight_device(const struct doc_node *node, void *item)
{
	return doc_object(node, weight_keys, item);
}

static int read_rate_device(const struct doc_node *node, void *item)
{
	return doc_object(node, rate_keys, item);
}

static int read_weight_devices(const struct doc_node *node, void *field)
{
	struct block_io *io = field;

	return doc_each(node, sizeof(*io->devices), read_weight_device, &io->devices,
			&io->device_count);
}

static const struct {
	const char *property, *word;
} throttles[] = {
	{ "throttleReadBpsDevice", "rbps" },
	{ "throttleWriteBpsDevice", "wbps" },
	{ "throttleReadIOPSDevice", "riops" },
	{ "throttleWriteIOPSDevice", "wiops" },
};

/* Rates of one kind; which, says the property's name. */
static int read_throttle(const struct doc_node *node, void *field)
{
	struct block_io *io = field;
	struct device *devices;
	const char *word = NULL;
	size_t i, count;
	int r = doc_each(node, sizeof(*devices), read_rate_device, &devices, &count);

	for (i = 0; i < ARRAY_LEN(throttles); i++)
		if (strcmp(throttles[i].property, node->key) == 0)
			word = throttles[i].word;
	for (i = 0; r == 0 && i < count; i++) {
		if (devices[i].rate == 0)	/* none, in version 1 */
			r = oci_put(node, io->values, "io.max", "%u:%u %s=max", devices[i].major,
				    devices[i].minor, word);
		else
			r = oci_put(node, io->values, "io.max", "%u:%u %s=%ju", devices[i].major,
				    devices[i].minor, word, (uintmax_t)devices[i].rate);
	}
	return r;
}

static const struct doc_key block_io_keys[] = {
	{ "weight",	  DOC_INTEGER, DOC_FIELD(struct block_io, weight), .read = read_weight },
	{ "leafWeight",	  DOC_INTEGER, DOC_FIELD(struct block_io, leaf_weight),
	  .read = refuse_leaf_weight },
	{ "weightDevice", DOC_ARRAY,   .read = read_weight_devices },
	{ "throttleReadBpsDevice",   DOC_ARRAY, .read = read_throttle },
	{ "throttleWriteBpsDevice",  DOC_ARRAY, .read = read_throttle },
	{ "throttleReadIOPSDevice",  DOC_ARRAY, .read = read_throttle },
	{ "throttleWriteIOPSDevice", DOC_ARRAY, .read = read_throttle },
	{ 0 }
};

/* The scheduler BFQ has a file of its own, where weights are what they were in version 1. */
static int put_weight(const struct doc_node *node, struct oci_values *values, const char *of,
		      uint32_t weight)
{
	int r = oci_put(node, values, "io.weight", "%s %u", of, weight_v2(weight));
	struct cg_value *value;

	if (r < 0)
		return r;
	value = &values->items[values->count - 1];
	value->twin_file = "io.bfq.weight";
	value->twin_value = arena_printf(node->doc->arena, "%s %u", of, weight);
	return value->twin_value ? 0 : doc_no_memory(node);
}

int oci_read_block_io(const struct doc_node *node, void *field)
{
	struct block_io io = { .values = field };
	int r = doc_object(node, block_io_keys, &io);
	size_t i;

	if (r == 0 && io.weight)
		r = put_weight(node, io.values, "default", io.weight);
	for (i = 0; r == 0 && i < io.device_count; i++) {
		char number[24];

		(void)snprintf(number, sizeof(number), "%u:%u", io.devices[i].major,
			       io.devices[i].minor);
		if (io.devices[i].weight)
			r = put_weight(node, io.values, number, io.devices[i].weight);
	}
	return r;
}
