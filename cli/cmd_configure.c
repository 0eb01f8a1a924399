// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl configure: changes specs of VPSs for their next start. */
#include <string.h>

#include "base/own.h"
#include "cli/commands.h"
#include "cli/each.h"
#include "cli/operands.h"
#include "cli/say.h"
#include "cli/spec_build.h"

struct configure_values {
	const char      *spec_file;
	struct text_list sets, unsets, labels, env;
};

#define VALUE(member)	offsetof(struct configure_values, member)

static const struct option_row options[] = {
	{ 'f', "spec", "FILE", OPTION_TEXT, VALUE(spec_file),
	  "put this vps.json in the place of theirs; -: standard input" },
	{ 's', "set", "KEY=VALUE", OPTION_LIST, VALUE(sets),
	  "set a key of vps.json(5); may be given again" },
	{ 'u', "unset", "KEY", OPTION_LIST, VALUE(unsets),
	  "give a key its default; may be given again" },
	{ 'l', "label", "KEY=VALUE", OPTION_LIST, VALUE(labels),
	  "add a label; may be given again" },
	{ 'e', "env", "KEY=VALUE", OPTION_LIST, VALUE(env),
	  "add to init's environment; may be given again" },
	{ 0 },
};

/* What configure_one() works with. */
struct wishes {
	const struct configure_values *values;
	const struct spec             *file;	/* of --spec, or NULL */
	char                         **pairs;
	size_t                         pair_count;
};

/* A copy of the file's, in the place of what is there. */
static int replace(struct spec *spec, const struct spec *file, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	struct spec copy = { 0 };

	if (spec_print(file, &text, err) < 0 || spec_parse(text, strlen(text), &copy, err) < 0)
		return err->code;
	spec_free(spec);
	*spec = copy;
	return 0;
}

static int change(struct spec *spec, void *arg, struct vps_err *err)
{
	const struct wishes *wishes = arg;
	const struct configure_values *values = wishes->values;
	size_t i;

	if (wishes->file && replace(spec, wishes->file, err) < 0)
		return err->code;
	for (i = 0; i < values->unsets.count; i++)
		if (spec_unset(spec, values->unsets.items[i], err) < 0)
			return err->code;
	if (spec_build_set(spec, (char *const *)values->sets.items, values->sets.count, err) < 0 ||
	    spec_build_set(spec, wishes->pairs, wishes->pair_count, err) < 0 ||
	    spec_build_labels(spec, &values->labels, err) < 0)
		return err->code;
	return spec_build_env(spec, &values->env, err);
}

static int configure_one(struct cli *cli, const char *name, const void *arg, struct vps_err *err)
{
	return vps_configure(cli->host, name, change, (void *)arg, err);
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct configure_values *configure = values;
	int names = operands_sort(count, args);
	struct wishes wishes = { .values = configure, .pairs = args + names,
				 .pair_count = (size_t)(count - names) };
	struct vps_err err = { 0 };
	struct spec file = { 0 };
	int status;

	if (configure->spec_file) {
		if (spec_build_read(configure->spec_file, &file, &err) < 0)
			return say_error(cli, NULL, &err);
		wishes.file = &file;
	}
	status = each_named(cli, &wishes, names, args, configure_one);
	spec_free(&file);
	return status;
}

static int check(struct cli *cli, const void *values, int count, char **args)
{
	const struct configure_values *configure = values;
	int names = operands_sort(count, args);

	if (!names)
		return say_misuse(cli, "missing argument: NAME");
	if (names == count && !configure->spec_file && !configure->sets.count &&
	    !configure->unsets.count && !configure->labels.count && !configure->env.count)
		return say_misuse(cli, "missing argument: KEY=VALUE, or an option");
	return EXIT_DONE;
}

const struct command cmd_configure = {
	.name = "configure",
	.args = "NAME... [KEY=VALUE]...",
	.summary = "change VPSs for their next start: all but their limits",
	.details = "KEY=VALUE is as --set: a key of vps.json(5) by its path with dots, such as\n"
		   "restart=always or network.mtu=1400. onboot counts at once. Limits are for set.\n",
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON,
	.options = options,
	.values_size = sizeof(struct configure_values),
	.check = check,
	.run = run,
};
