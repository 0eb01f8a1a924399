// SPDX-License-Identifier: LGPL-2.1-or-later
/* "elastic" of a vps.json, by the rows of elastic.c; called by spec.c. */
#include <string.h>

#include "runtime/spec_parts.h"

/* Of the key of a floor or ceiling. */
static enum elastic_id find_row(const char *key)
{
	int id;

	for (id = 0; id < ELASTICS; id++)
		if (strcmp(elastic_rows[id].floor_key, key) == 0 ||
		    strcmp(elastic_rows[id].ceiling_key, key) == 0)
			break;
	return (enum elastic_id)id;
}

static int read_edge(const struct doc_node *node, void *field)
{
	enum elastic_id id = find_row(node->key);
	struct elastic *elastic = &((struct spec *)field)->elastic;
	bool is_floor = strcmp(elastic_rows[id].floor_key, node->key) == 0;
	const char *text;
	uint64_t value = 0;
	int r = spec_read_amount(node, elastic_rows[id].id, &value, &text);

	if (r == 0 && value == UINT64_MAX)
		return doc_fail(node, "max is no %s", is_floor ? "floor" : "ceiling");
	if (r < 0)
		return r;
	(is_floor ? elastic->floor : elastic->ceiling)[id] = value;
	(is_floor ? elastic->has_floor : elastic->has_ceiling)[id] = true;
	return 0;
}

const struct doc_key spec_elastic_keys[] = {
	{ "memory.floor",	DOC_ANY, .read = read_edge },
	{ "memory.ceiling",	DOC_ANY, .read = read_edge },
	{ "cpu.weight.floor",	DOC_ANY, .read = read_edge },
	{ "cpu.weight.ceiling", DOC_ANY, .read = read_edge },
	{ "pressure",		DOC_INTEGER, DOC_FIELD(struct spec, elastic.percent), .lowest = 1,
	  .highest = 100 },
	{ 0 }
};
