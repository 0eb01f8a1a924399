// SPDX-License-Identifier: LGPL-2.1-or-later
/* "linux.intelRdt" of a config.json; called by oci_linux.c. */
#include <string.h>

#include "base/own.h"
#include "runtime/oci_parts.h"
#include "runtime/words.h"

#define FIELD(field)	DOC_FIELD(struct rdt, field)

/* A directory of resctrl's root that is not one of its own; "/" is that root. */
static int read_class(const struct doc_node *node, void *field)
{
	static const char *const taken[] = { "", ".", "..", "info", "mon_groups", "mon_data" };
	const char **clos = field;
	char shown[DOC_SHOWN];
	size_t i;

	*clos = doc_string(node);
	if (!*clos)
		return node->doc->err->code;
	if (strcmp(*clos, "/") == 0)
		return 0;
	for (i = 0; i < ARRAY_LEN(taken); i++)
		if (strcmp(*clos, taken[i]) == 0)
			break;
	if (i < ARRAY_LEN(taken) || strchr(*clos, '/') || word_has_control(*clos) ||
	    strlen(*clos) > 255)
		return doc_fail(node, "%s is no name of a class", doc_quote(*clos, shown));
	return 0;
}

/* One line of a schemata file: a break would let it bring more than itself. */
static int read_line(const struct doc_node *node, void *field)
{
	const char **line = field;
	char shown[DOC_SHOWN];

	*line = doc_string(node);
	if (!*line)
		return node->doc->err->code;
	if (!strchr(*line, ':') || word_has_control(*line) || strlen(*line) > 1000)
		return doc_fail(node, "%s is not a line such as \"L3:0=7f0;1=1f\"",
				doc_quote(*line, shown));
	return 0;
}

/* Engines write "" for none. */
static int read_schema(const struct doc_node *node, void *field)
{
	const char *text = doc_string(node);

	if (!text)
		return node->doc->err->code;
	return *text ? read_line(node, field) : 0;
}

/* Three names of one wish: none of them takes back what another says. */
static int read_monitoring(const struct doc_node *node, void *field)
{
	static const struct doc_key row = { .type = DOC_BOOL, .size = sizeof(bool) };
	bool *is_monitored = field, is_wanted = false;
	int r = doc_value(node, &row, &is_wanted);

	*is_monitored |= is_wanted;
	return r;
}

static int read_lines(const struct doc_node *node, void *field)
{
	return doc_each(node, sizeof(char *), read_line, field, NULL);
}

static const struct doc_key rdt_keys[] = {
	{ "closID",	      DOC_STRING, FIELD(clos), .read = read_class },
	{ "schemata",	      DOC_ARRAY,  FIELD(schemata), .read = read_lines },
	{ "l3CacheSchema",    DOC_STRING, FIELD(l3), .read = read_schema },
	{ "memBwSchema",      DOC_STRING, FIELD(bandwidth), .read = read_schema },
	{ "enableMonitoring", DOC_BOOL,	  FIELD(is_monitored), .read = read_monitoring },
	/* What version 1.3 of the specification replaced by the last. */
	{ "enableCMT",	      DOC_BOOL,	  FIELD(is_monitored), .read = read_monitoring },
	{ "enableMBM",	      DOC_BOOL,	  FIELD(is_monitored), .read = read_monitoring },
	{ 0 }
};

int oci_read_rdt(const struct doc_node *node, void *rdt)
{
	return doc_object(node, rdt_keys, rdt);
}
