// SPDX-License-Identifier: GPL-2.0-or-later
/* Puts a spec together from words and files, for cmd_create.c and cmd_configure.c. */
#include "cli/spec_build.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "cli/operands.h"

int spec_build_read(const char *path, struct spec *spec, struct vps_err *err)
{
	static const char nothing[] = "{\"version\": 1}";
	OWN_MEM char *text = NULL;

	if (!path)
		return spec_parse(nothing, sizeof(nothing) - 1, spec, err);
	if (operands_read_file(path, &text, err) < 0)
		return err->code;
	if (spec_parse(text, strlen(text), spec, err) < 0)
		return vps_err_in(err, "%.300s", strcmp(path, "-") == 0 ? "standard input" : path);
	return 0;
}

/* Key and value of "KEY=VALUE"; *ret_value points into pair. NULL when it is none. */
static char *key_of(struct spec *spec, const char *pair, const char *option,
		    const char **ret_value, struct vps_err *err)
{
	const char *equals = strchr(pair, '=');
	char *key;

	if (!equals || equals == pair) {
		(void)vps_err_say(err, -EINVAL, "%s: \"%s\" is not KEY=VALUE", option, pair);
		return NULL;
	}
	key = arena_printf(&spec->arena, "%.*s", (int)(equals - pair), pair);
	if (!key)
		(void)vps_err_set(err, -ENOMEM, "%s", option);
	*ret_value = equals + 1;
	return key;
}

int spec_build_set(struct spec *spec, char *const *pairs, size_t count, struct vps_err *err)
{
	const char *value;
	size_t i;

	for (i = 0; i < count; i++) {
		char *key = key_of(spec, pairs[i], "--set", &value, err);

		if (!key || spec_set(spec, key, value, err) < 0)
			return err->code;
	}
	return 0;
}

static void put_label(struct spec_pair *labels, size_t *count, struct spec_pair label)
{
	size_t i;

	for (i = 0; i < *count && strcmp(labels[i].key, label.key); i++)
		;
	labels[i] = label;
	if (i == *count)
		++*count;
}

int spec_build_labels(struct spec *spec, const struct text_list *pairs, struct vps_err *err)
{
	struct spec_pair *labels;
	size_t count = spec->label_count, i;

	labels = arena_array(&spec->arena, count + pairs->count + 1, sizeof(*labels));
	if (!labels)
		return vps_err_set(err, -ENOMEM, "--label");
	if (count)
		memcpy(labels, spec->labels, count * sizeof(*labels));
	for (i = 0; i < pairs->count; i++) {
		struct spec_pair label;

		label.key = key_of(spec, pairs->items[i], "--label", &label.value, err);
		if (!label.key)
			return err->code;
		put_label(labels, &count, label);
	}
	spec->labels = labels;
	spec->label_count = count;
	return 0;
}

static void put_variable(const char **env, size_t *count, const char *pair)
{
	size_t key_len = strcspn(pair, "=") + 1;
	size_t i;

	for (i = 0; i < *count && strncmp(env[i], pair, key_len); i++)
		;
	env[i] = pair;
	if (i == *count)
		++*count;
}

int spec_build_env(struct spec *spec, const struct text_list *pairs, struct vps_err *err)
{
	const char **env;
	const char *value;
	size_t count = 0, i;

	while (spec->env && spec->env[count])
		count++;
	env = arena_array(&spec->arena, count + pairs->count + 1, sizeof(*env));
	if (!env)
		return vps_err_set(err, -ENOMEM, "--env");
	if (count)
		memcpy(env, spec->env, count * sizeof(*env));
	for (i = 0; i < pairs->count; i++) {
		if (!key_of(spec, pairs->items[i], "--env", &value, err))
			return err->code;
		put_variable(env, &count, pairs->items[i]);
	}
	spec->env = env;
	return 0;
}

int spec_build_check(const struct spec *spec, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	struct spec again = { 0 };

	if (spec_print(spec, &text, err) < 0 || spec_parse(text, strlen(text), &again, err) < 0)
		return err->code;
	spec_free(&again);
	return 0;
}
