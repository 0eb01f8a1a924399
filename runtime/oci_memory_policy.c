// SPDX-License-Identifier: LGPL-2.1-or-later
/* "linux.memoryPolicy" of a config.json: what set_mempolicy(2) takes; called by oci_linux.c. */
#include <linux/mempolicy.h>

#include "base/own.h"
#include "runtime/oci_parts.h"

#define WEIGHTED_INTERLEAVE	6	/* MPOL_WEIGHTED_INTERLEAVE of Linux 6.9 */

struct policy {
	unsigned long     mode, flags;
	struct cpulist    nodes;
	bool              has_nodes;
};

static int read_mode(const struct doc_node *node, void *field)
{
	static const struct oci_word words[] = {
		{ "MPOL_DEFAULT", MPOL_DEFAULT },
		{ "MPOL_BIND", MPOL_BIND },
		{ "MPOL_INTERLEAVE", MPOL_INTERLEAVE },
		{ "MPOL_WEIGHTED_INTERLEAVE", WEIGHTED_INTERLEAVE },
		{ "MPOL_PREFERRED", MPOL_PREFERRED },
		{ "MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY },
		{ "MPOL_LOCAL", MPOL_LOCAL },
		{ 0 }
	};

	return oci_read_word(node, words, field);
}

static int read_nodes(const struct doc_node *node, void *field)
{
	struct policy *policy = field;
	const char *text = doc_string(node);
	char shown[DOC_SHOWN];

	if (!text)
		return node->doc->err->code;
	if (!*text)
		return 0;	/* engines write "" for none */
	if (!cpulist_parse(text, &policy->nodes))
		return doc_fail(node, "%s is not a list of memory nodes such as \"0-3,7\"",
				doc_quote(text, shown));
	policy->has_nodes = true;
	return 0;
}

static int read_flag(const struct doc_node *node, void *item)
{
	static const struct oci_word words[] = {
		{ "MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING },
		{ "MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES },
		{ "MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES },
		{ 0 }
	};

	return oci_read_word(node, words, item);
}

static int read_flags(const struct doc_node *node, void *field)
{
	struct policy *policy = field;
	unsigned long *values;
	size_t count;
	int r = doc_each(node, sizeof(*values), read_flag, &values, &count);

	while (r == 0 && count > 0)
		policy->flags |= values[--count];
	return r;
}

static const struct doc_key policy_keys[] = {
	{ "mode",  DOC_STRING, DOC_FIELD(struct policy, mode), .is_required = true,
	  .read = read_mode },
	{ "nodes", DOC_STRING, .read = read_nodes },
	{ "flags", DOC_ARRAY,  .read = read_flags },
	{ 0 }
};

/* Modes that are about the node that the process is on take no nodes, the others need some. */
static int check_nodes(const struct doc_node *node, const struct policy *policy)
{
	const struct doc_node nodes = doc_below(node, "nodes", 0);

	switch (policy->mode) {
	case MPOL_DEFAULT:
	case MPOL_LOCAL:
		return policy->has_nodes ? doc_fail(&nodes, "this mode takes none") : 0;
	case MPOL_PREFERRED:	/* none: the local one */
		return 0;
	default:
		return policy->has_nodes ? 0 : doc_fail(&nodes, "missing; this mode needs some");
	}
}

int oci_read_memory_policy(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;
	struct policy policy = { 0 };
	int r = doc_object(node, policy_keys, &policy);

	if (r == 0)
		r = check_nodes(node, &policy);
	config->memory_mode = (int)(policy.mode | policy.flags);
	config->memory_nodes = policy.nodes;
	return r;
}
