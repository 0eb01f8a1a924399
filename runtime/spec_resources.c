// SPDX-License-Identifier: LGPL-2.1-or-later
/* "resources" of a vps.json, by the rows of resources.c; called by spec.c. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "runtime/spec_parts.h"

/* A number or string as the text that people write, or NULL with err set. */
static const char *amount_text(const struct doc_node *node, const struct resource *row)
{
	char example[100], shown[DOC_SHOWN];
	char *text = NULL;

	if (doc_is(node, DOC_STRING))
		return doc_string(node);
	if (doc_is(node, DOC_INTEGER)) {
		text = arena_strdup(node->doc->arena, doc_show(node, shown));
	} else if (json_is_real(node->value)) {
		/* As many digits as unit_parse() takes: more would not be whole in any unit. */
		text = arena_printf(node->doc->arena, "%.9f", json_real_value(node->value));
	} else {
		(void)snprintf(example, sizeof(example), "%s",
			       row->is_text ? "a string such as \"0-1\"" : unit_example(row->unit));
		(void)doc_expect(node, DOC_INTEGER, example);
		return NULL;
	}
	if (!text)
		(void)doc_no_memory(node);
	return text;
}

int spec_read_amount(const struct doc_node *node, enum resource_id id, uint64_t *ret_value,
		     const char **ret_text)
{
	const char *text = amount_text(node, &resources[id]);
	struct vps_err why = { 0 };

	if (!text)
		return node->doc->err->code;
	if (resource_parse(id, text, ret_value, &why) < 0)	/* "pids: 0 is below 1" */
		return doc_fail(node, "%s", why.text + strlen(resources[id].name) + 2);
	*ret_text = resources[id].is_text ? text : NULL;
	return 0;
}

int spec_read_resource(const struct doc_node *node, void *field)
{
	enum resource_id id = resource_find(node->key);
	struct limits *limits = field;
	int r = spec_read_amount(node, id, &limits->value[id], &limits->text[id]);

	limits->is_set[id] = r == 0;
	return r;
}

int spec_read_resources(const struct doc_node *node, void *limits)
{
	/* The rows as a table of keys, so that unknown ones are told as everywhere. */
	struct doc_key keys[RESOURCES + 1] = { 0 };
	int id;

	for (id = 0; id < RESOURCES; id++)
		keys[id] = (struct doc_key){ .name = resources[id].name, .type = DOC_ANY,
					     .read = spec_read_resource };
	return doc_object(node, keys, limits);
}

int spec_parse_resources(const char *text, size_t len, struct arena *arena,
			 struct limits *limits, struct vps_err *err)
{
	struct doc doc = { .arena = arena, .err = err };
	struct doc_node root;
	int r = doc_open(&doc, text, len, SPEC_SIZE_MAX, &root);

	if (r < 0)
		return r;
	r = doc_is(&root, DOC_OBJECT) ? spec_read_resources(&root, limits) :
		doc_fail(&root, "expected an object such as {\"memory\": \"2G\"}");
	doc_close(&doc);
	return r;
}
