// SPDX-License-Identifier: LGPL-2.1-or-later
/* Changes of limits as people write them, and what limits must hold among themselves. */
#include "limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "netns/shape.h"
#include "runtime/doc.h"

/* Whose value may not be above whose. */
static const struct {
	enum resource_id lesser, greater;
} orders[] = {
	{ RES_CPU_BURST,   RES_CPUS },
	{ RES_MEMORY_HIGH, RES_MEMORY },
	{ RES_MEMORY_LOW,  RES_MEMORY },
	{ RES_MEMORY_MIN,  RES_MEMORY },
	{ RES_MEMORY_MIN,  RES_MEMORY_HIGH },
	{ RES_MEMORY_LOW,  RES_MEMORY_HIGH },
};

/* What means nothing without what. */
static const struct {
	enum resource_id part, whole;
	const char      *why;
} needs[] = {
	{ RES_SWAP,      RES_MEMORY, "which it comes on top of" },
	{ RES_CPU_BURST, RES_CPUS,   "which it is saved up from" },
	{ RES_NET_IN_BURST, RES_NET_IN, "which it is above" },
	{ RES_NET_OUT_BURST, RES_NET_OUT, "which it is above" },
};

/* More than passes in a minute is no burst. */
static int check_burst(const struct limits *limits, enum resource_id id, enum resource_id rate_id,
		       const char *prefix, struct vps_err *err)
{
	uint64_t rate_bits = resource_value(limits, rate_id);
	uint64_t most = rate_bits == UINT64_MAX ? rate_bits : rate_bits / 8 * SHAPE_BURST_SEC;
	char burst[32], rate[32], allowed[32];

	if (!limits->is_set[id] || limits->value[id] <= most)
		return 0;
	return vps_err_say(err, -EINVAL, "%s%s: %s is more than passes in %d s at %s%s, %s; allowed are at most %s",
			   prefix, resources[id].name,
			   resource_format(id, limits->value[id], burst, sizeof(burst)),
			   SHAPE_BURST_SEC, prefix, resources[rate_id].name,
			   resource_format(rate_id, rate_bits, rate, sizeof(rate)),
			   resource_format(id, most / 1024 * 1024, allowed, sizeof(allowed)));
}

int limits_check(const struct limits *limits, const char *prefix, struct vps_err *err)
{
	char low[32], high[32];
	size_t i;

	for (i = 0; i < ARRAY_LEN(orders); i++) {
		enum resource_id lesser = orders[i].lesser, greater = orders[i].greater;

		if (!limits->is_set[lesser] || !limits->is_set[greater] ||
		    limits->value[lesser] <= limits->value[greater] ||
		    (limits->value[lesser] == UINT64_MAX && lesser == RES_MEMORY_HIGH))
			continue;
		return vps_err_say(err, -EINVAL, "%s%s: %s is above %s%s, %s", prefix,
				   resources[lesser].name,
				   resource_format(lesser, limits->value[lesser], low, sizeof(low)),
				   prefix, resources[greater].name,
				   resource_format(greater, limits->value[greater], high,
						   sizeof(high)));
	}
	if (limits->is_set[RES_CPU_SET] && limits->is_set[RES_CPU_DEDICATED])
		return vps_err_say(err, -EINVAL, "%scpu.dedicated: %.100s beside %scpu.set, %.100s; one of them is enough",
				   prefix, limits->text[RES_CPU_DEDICATED], prefix,
				   limits->text[RES_CPU_SET]);
	for (i = 0; i < ARRAY_LEN(needs); i++)
		if (limits->is_set[needs[i].part] && !limits->is_set[needs[i].whole])
			return vps_err_say(err, -EINVAL, "%s%s: %s without %s%s, %s", prefix,
					   resources[needs[i].part].name,
					   resource_format(needs[i].part,
							   limits->value[needs[i].part], low,
							   sizeof(low)),
					   prefix, resources[needs[i].whole].name, needs[i].why);
	if (check_burst(limits, RES_NET_IN_BURST, RES_NET_IN, prefix, err) < 0)
		return err->code;
	return check_burst(limits, RES_NET_OUT_BURST, RES_NET_OUT, prefix, err);
}

/* The row whose name is the first len bytes of text, or RESOURCES. */
static enum resource_id find_row(const char *text, size_t len)
{
	int id;

	for (id = 0; id < RESOURCES; id++)
		if (strlen(resources[id].name) == len && strncmp(resources[id].name, text, len) == 0)
			break;
	return (enum resource_id)id;
}

int limits_read_change(const char *setting, struct limit_change *ret_change, struct vps_err *err)
{
	size_t len = strcspn(setting, "=");
	struct limit_change change = { .id = find_row(setting, len) };
	const char *value = setting + len + 1;
	char shown[DOC_SHOWN];
	int r;

	if (!setting[len] || len == 0)
		return vps_err_say(err, -EINVAL, "%s is not KEY=VALUE", doc_quote(setting, shown));
	if (change.id == RESOURCES)
		return vps_err_say(err, -EINVAL, "%s: no limit has this name; `vpsctl help set` lists them, `vpsctl configure` changes other keys",
				   doc_quote(setting, shown));
	if (strcmp(value, "default") == 0) {
		change.kind = CHANGE_DEFAULT;
		*ret_change = change;
		return 0;
	}
	if (*value == '+' || *value == '-') {
		if (resources[change.id].is_text)
			return vps_err_say(err, -EINVAL,
					   "%s: nothing can be added to a list or taken from it; write it whole",
					   resources[change.id].name);
		change.kind = CHANGE_BY;
		change.is_less = *value == '-';
		r = unit_parse(resources[change.id].unit, value + 1, &change.value);
		if (r < 0 || change.value == UINT64_MAX)
			return vps_err_say(err, -EINVAL, "%s: %s is not a difference: %c and %s",
					   resources[change.id].name, doc_quote(value, shown), *value,
					   unit_example(resources[change.id].unit));
		*ret_change = change;
		return 0;
	}
	r = resource_parse(change.id, value, &change.value, err);
	if (r < 0)
		return r;
	change.text = resources[change.id].is_text ? value : NULL;
	*ret_change = change;
	return 0;
}

/* The sum or difference, held against the row's range by the row's own parser. */
static int shift(const struct limits *limits, const struct limit_change *change,
		 uint64_t *ret_value, struct vps_err *err)
{
	const struct resource *row = &resources[change->id];
	uint64_t before = resource_value(limits, change->id);
	uint64_t after;
	char from[40], by[40], text[40];

	(void)unit_format(row->unit, before, from, sizeof(from));
	(void)unit_format(row->unit, change->value, by, sizeof(by));
	if (before == UINT64_MAX)
		return vps_err_say(err, -EINVAL, "%s: %c%s of no limit; give it an amount first",
				   row->name, change->is_less ? '-' : '+', by);
	if (change->is_less ? __builtin_sub_overflow(before, change->value, &after) :
			      __builtin_add_overflow(before, change->value, &after) ||
				      after == UINT64_MAX)	/* that would be "max" */
		return vps_err_say(err, -EINVAL, "%s: %s %c %s is out of range", row->name, from,
				   change->is_less ? '-' : '+', by);
	return resource_parse(change->id, unit_format(row->unit, after, text, sizeof(text)),
			      ret_value, err);
}

int limits_apply(struct limits *limits, const struct limit_change *change, struct vps_err *err)
{
	uint64_t value = change->value;
	int r = change->kind == CHANGE_BY ? shift(limits, change, &value, err) : 0;

	if (r < 0)
		return r;
	limits->is_set[change->id] = change->kind != CHANGE_DEFAULT;
	limits->value[change->id] = limits->is_set[change->id] ? value : 0;
	limits->text[change->id] = limits->is_set[change->id] ? change->text : NULL;
	return 0;
}

bool limits_are_equal(const struct limits *a, const struct limits *b, enum resource_id id)
{
	const char *ours = a->is_set[id] ? a->text[id] : NULL;
	const char *theirs = b->is_set[id] ? b->text[id] : NULL;

	if (resources[id].is_text)
		return strcmp(ours ? ours : "", theirs ? theirs : "") == 0;
	return resource_value(a, id) == resource_value(b, id);
}

const char *limits_format(const struct limits *limits, enum resource_id id, char *buf, size_t size)
{
	if (!limits->is_set[id])
		return "default";
	if (resources[id].is_text)
		return limits->text[id];
	return resource_format(id, limits->value[id], buf, size);
}
