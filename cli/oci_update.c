// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci update: changes limits of a container that runs, or is about to. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/units.h"
#include "cli/oci_box.h"
#include "cli/oci_say.h"
#include "isolation/cg.h"

#define RESOURCES_MAX	(1u << 20)	/* bytes of a resources document */

/* Every limit of the command line is a member of the resources document. */
enum limit {
	LIMIT_MEMORY, LIMIT_SWAP, LIMIT_RESERVATION, LIMIT_SHARES, LIMIT_QUOTA, LIMIT_PERIOD,
	LIMIT_CPUS, LIMIT_MEMS, LIMIT_PIDS, LIMIT_WEIGHT, LIMITS,
};

struct update_values {
	const char *resources, *limits[LIMITS];
};

static const struct limit_row {
	const char *option, *section, *key;
	enum { VALUE_NUMBER, VALUE_BYTES, VALUE_LIST } kind;
} limits[LIMITS] = {
	[LIMIT_MEMORY] = { "memory", "memory", "limit", VALUE_BYTES },
	[LIMIT_SWAP] = { "memory-swap", "memory", "swap", VALUE_BYTES },
	[LIMIT_RESERVATION] = { "memory-reservation", "memory", "reservation", VALUE_BYTES },
	[LIMIT_SHARES] = { "cpu-share", "cpu", "shares", VALUE_NUMBER },
	[LIMIT_QUOTA] = { "cpu-quota", "cpu", "quota", VALUE_NUMBER },
	[LIMIT_PERIOD] = { "cpu-period", "cpu", "period", VALUE_NUMBER },
	[LIMIT_CPUS] = { "cpuset-cpus", "cpu", "cpus", VALUE_LIST },
	[LIMIT_MEMS] = { "cpuset-mems", "cpu", "mems", VALUE_LIST },
	[LIMIT_PIDS] = { "pids-limit", "pids", "limit", VALUE_NUMBER },
	[LIMIT_WEIGHT] = { "blkio-weight", "blockIO", "weight", VALUE_NUMBER },
};

#define LIMIT(index)	offsetof(struct update_values, limits) + (index) * sizeof(const char *)

static const struct option_row options[] = {
	{ 'r', "resources", "FILE", OPTION_TEXT, offsetof(struct update_values, resources),
	  "limits as a JSON document; - is standard input" },
	{ 0, "memory", "BYTES", OPTION_TEXT, LIMIT(LIMIT_MEMORY), "memory, such as 512M; -1: no limit" },
	{ 0, "memory-swap", "BYTES", OPTION_TEXT, LIMIT(LIMIT_SWAP), "memory and swap together" },
	{ 0, "memory-reservation", "BYTES", OPTION_TEXT, LIMIT(LIMIT_RESERVATION), "memory that is kept for it" },
	{ 0, "cpu-share", "N", OPTION_TEXT, LIMIT(LIMIT_SHARES), "weight among others, 1024 is usual" },
	{ 0, "cpu-quota", "USEC", OPTION_TEXT, LIMIT(LIMIT_QUOTA), "processor time in each period" },
	{ 0, "cpu-period", "USEC", OPTION_TEXT, LIMIT(LIMIT_PERIOD), "length of a period" },
	{ 0, "cpuset-cpus", "LIST", OPTION_TEXT, LIMIT(LIMIT_CPUS), "processors, such as 0-2,4" },
	{ 0, "cpuset-mems", "LIST", OPTION_TEXT, LIMIT(LIMIT_MEMS), "memory nodes" },
	{ 0, "pids-limit", "N", OPTION_TEXT, LIMIT(LIMIT_PIDS), "processes and threads; -1: no limit" },
	{ 0, "blkio-weight", "N", OPTION_TEXT, LIMIT(LIMIT_WEIGHT), "weight of its input and output, 10 to 1000" },
	{ 0 },
};

static int put_limit(FILE *out, const struct limit_row *row, const char *text, struct vps_err *err)
{
	const char *digits = text + (*text == '-');
	bool is_bytes = row->kind == VALUE_BYTES;
	uint64_t value;

	if (row->kind == VALUE_LIST) {
		if (text[strspn(text, "0123456789,-")])
			return vps_err_say(err, -EINVAL, "--%s: \"%.60s\" is not a list such as 0-2,4",
					   row->option, text);
		(void)fprintf(out, "\"%s\": \"%s\"", row->key, text);
		return 0;
	}
	if (is_bytes && *text != '-' ? unit_parse(UNIT_BYTES, text, &value) < 0 :
					    number_parse(digits, 0, INT64_MAX, &value) < 0)
		return vps_err_say(err, -EINVAL, "--%s: \"%.60s\" is not %s", row->option, text,
				   unit_example(is_bytes ? UNIT_BYTES : UNIT_COUNT));
	(void)fprintf(out, "\"%s\": %s%ju", row->key, digits == text ? "" : "-", (uintmax_t)value);
	return 0;
}

/* The members of one section, in a document that is being written. */
static int put_section(FILE *out, const struct update_values *values, enum limit first,
		       struct vps_err *err)
{
	bool is_filled = false;
	size_t i;

	(void)fprintf(out, "\"%s\": {", limits[first].section);
	for (i = 0; i < LIMITS; i++) {
		if (strcmp(limits[i].section, limits[first].section) || !values->limits[i])
			continue;
		if (is_filled)
			(void)fputs(", ", out);
		if (put_limit(out, &limits[i], values->limits[i], err) < 0)
			return err->code;
		is_filled = true;
	}
	(void)fputc('}', out);
	return 0;
}

static int compose(const struct update_values *values, char **ret_text, size_t *ret_len,
		   struct vps_err *err)
{
	static const enum limit sections[] = { LIMIT_MEMORY, LIMIT_SHARES, LIMIT_PIDS, LIMIT_WEIGHT };
	FILE *out = open_memstream(ret_text, ret_len);
	bool is_filled = false;
	size_t i, j;
	int r = 0;

	if (!out)
		return vps_err_set(err, -errno, "cannot compose the limits");
	(void)fputc('{', out);
	for (i = 0; i < ARRAY_LEN(sections) && r == 0; i++) {
		bool is_wanted = false;

		for (j = 0; j < LIMITS; j++)
			is_wanted |= values->limits[j] &&
				     !strcmp(limits[j].section, limits[sections[i]].section);
		if (!is_wanted)
			continue;
		if (is_filled)
			(void)fputs(", ", out);
		r = put_section(out, values, sections[i], err);
		is_filled = true;
	}
	(void)fputc('}', out);
	if (fclose(out) != 0 && r == 0)
		r = vps_err_set(err, -ENOMEM, "cannot compose the limits");
	return r;
}

static int load(const struct update_values *values, struct oci_config *config, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	size_t len = 0;
	int r;

	if (!values->resources)
		r = compose(values, &text, &len, err);
	else if (!strcmp(values->resources, "-"))
		r = file_read_fd(STDIN_FILENO, "standard input", RESOURCES_MAX, &text, &len, err);
	else
		r = file_read(AT_FDCWD, values->resources, RESOURCES_MAX, &text, &len, err);
	return r == 0 ? oci_parse_resources(text, len, config, err) : r;
}

static int update(const struct oci_box *box, const struct oci_config *config, struct vps_err *err)
{
	OWN_FD cg_fd = FD_NONE;

	if (box->init_fd < 0)
		return vps_err_say(err, -VPS_ESTATE, "container not running: %.100s", box->id);
	if (config->device_rule_count)
		return vps_err_say(err, -VPS_EHOST,
				   "devices: rules of a container that runs cannot be changed by this version");
	/* Also enables a controller that had no limit before. */
	cg_fd = cg_create(box->record.cgroup, config->cg_values, config->cg_value_count, err);
	if (cg_fd < 0)
		return cg_fd;
	return cg_set(cg_fd, box->record.cgroup, config->cg_values, config->cg_value_count, err);
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	struct oci_config config = { 0 };
	OWN_BOX box = OCI_BOX_INIT;
	struct vps_err err = { 0 };
	int r = oci_box_open(cli, args[0], true, &box, &err);

	(void)count;
	if (r == 0)
		r = load(values, &config, &err);
	if (r == 0)
		r = update(&box, &config, &err);
	oci_free(&config);
	return r < 0 ? oci_say_error(cli, &err) : OCI_DONE;
}

const struct oci_command oci_update = {
	.name = "update",
	.args = "ID",
	.summary = "change limits of a container",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.values_size = sizeof(struct update_values),
	.run = run,
};
