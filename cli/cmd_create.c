// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl create: makes VPSs from an image and a spec. */
#include <string.h>

#include "base/own.h"
#include "cli/commands.h"
#include "cli/each.h"
#include "cli/operands.h"
#include "cli/say.h"
#include "cli/spec_build.h"

struct create_values {
	const char      *image, *spec_file;
	struct text_list sets, labels, env;
	bool             is_started;
};

#define VALUE(member)	offsetof(struct create_values, member)

static const struct option_row options[] = {
	{ 'i', "image", "IMAGE", OPTION_TEXT, VALUE(image),
	  "its root file system (" SPEC_BUILD_IMAGE ")" },
	{ 'f', "spec", "FILE", OPTION_TEXT, VALUE(spec_file),
	  "start from this vps.json; -: standard input" },
	{ 's', "set", "KEY=VALUE", OPTION_LIST, VALUE(sets),
	  "set a key of vps.json(5); may be given again" },
	{ 'l', "label", "KEY=VALUE", OPTION_LIST, VALUE(labels),
	  "add a label; may be given again" },
	{ 'e', "env", "KEY=VALUE", OPTION_LIST, VALUE(env),
	  "add to init's environment; may be given again" },
	{ 0, "start", NULL, OPTION_SWITCH, VALUE(is_started), "start it, too" },
	{ 0 },
};

/* What create_one() works with. */
struct plan {
	const struct create_values *values;
	const struct spec          *spec;
};

static int create_one(struct cli *cli, const char *name, const void *arg, struct vps_err *err)
{
	const struct plan *plan = arg;

	if (vps_create(cli->host, name, plan->spec, err) < 0)
		return err->code;
	if (plan->values->is_started && vps_start(cli->host, name, err) < 0)
		return vps_err_in(err, "created, but not started");
	return 0;
}

static int build(const struct create_values *values, int settings, char **pairs,
		 struct spec *spec, struct vps_err *err)
{
	const char *image;

	if (spec_build_read(values->spec_file, spec, err) < 0)
		return err->code;
	image = values->image ? values->image : spec->image ? NULL : SPEC_BUILD_IMAGE;
	if (image && spec_set(spec, "image", image, err) < 0)
		return err->code;
	if (spec_build_set(spec, (char *const *)values->sets.items, values->sets.count, err) < 0 ||
	    spec_build_set(spec, pairs, (size_t)settings, err) < 0)
		return err->code;
	if (spec_build_labels(spec, &values->labels, err) < 0 ||
	    spec_build_env(spec, &values->env, err) < 0)
		return err->code;
	return spec_build_check(spec, err);
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct create_values *create = values;
	struct vps_err err = { 0 };
	struct spec spec = { 0 };
	struct plan plan = { create, &spec };
	int names = operands_sort(count, args);
	char *own_name[1];
	int status;

	if (build(create, count - names, args + names, &spec, &err) < 0) {
		status = say_error(cli, NULL, &err);
	} else if (names) {
		status = each_named(cli, &plan, names, args, create_one);
	} else if (spec.name) {
		own_name[0] = (char *)spec.name;
		status = each_named(cli, &plan, 1, own_name, create_one);
	} else {
		status = say_misuse(cli, "missing argument: NAME, or \"name\" in the spec");
	}
	spec_free(&spec);
	return status;
}

static int check(struct cli *cli, const void *values, int count, char **args)
{
	const struct create_values *create = values;

	if (!create->spec_file && !operands_sort(count, args))
		return say_misuse(cli, "missing argument: NAME");
	return EXIT_DONE;
}

const struct command cmd_create = {
	.name = "create",
	.args = "NAME... [KEY=VALUE]...",
	.summary = "make VPSs from an image",
	.details = "NAME may be left out when the spec has one. What the command line says wins over\n"
		   "the file. KEY=VALUE behind the names is as --set, for instance memory=512M.\n",
	.word = operands_limit,
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON,
	.options = options,
	.values_size = sizeof(struct create_values),
	.check = check,
	.run = run,
};
