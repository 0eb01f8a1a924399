// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci update: changes limits of a container that runs, or is about to. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/units.h"
#include "cli/oci_bring.h"
#include "cli/oci_limits.h"
#include "cli/oci_say.h"
#include "isolation/cg.h"
#include "isolation/cg_undo.h"
#include "isolation/devices.h"

#define RESOURCES_MAX	(1u << 20)	/* bytes of a resources document */

struct update_values {
	const char   *resources, *kernel, *kernel_tcp, *l3_schema, *bandwidth_schema;
	struct limits limits;
};

#define VALUE(member)	offsetof(struct update_values, member)
#define LIMIT(index)	VALUE(limits.limits) + (index) * sizeof(const char *)
#define RATE(index)	VALUE(limits.rates) + (index) * sizeof(struct text_list)

static const struct option_row options[] = {
	{ 'r', "resources", "FILE", OPTION_TEXT, VALUE(resources), "limits as a JSON document; - is standard input" },
	{ 0, "memory", "BYTES", OPTION_TEXT, LIMIT(LIMIT_MEMORY), "memory, such as 512M; -1: no limit" },
	{ 0, "memory-swap", "BYTES", OPTION_TEXT, LIMIT(LIMIT_SWAP), "memory and swap together" },
	{ 0, "memory-reservation", "BYTES", OPTION_TEXT, LIMIT(LIMIT_RESERVATION), "memory that is kept for it" },
	{ 0, "kernel-memory", "BYTES", OPTION_TEXT, VALUE(kernel), "no effect: counted with memory" },
	{ 0, "kernel-memory-tcp", "BYTES", OPTION_TEXT, VALUE(kernel_tcp), "no effect: counted with memory" },
	{ 0, "cpu-share", "N", OPTION_TEXT, LIMIT(LIMIT_SHARES), "weight among others, 1024 is usual" },
	{ 0, "cpu-quota", "USEC", OPTION_TEXT, LIMIT(LIMIT_QUOTA), "processor time in each period; -1: no limit" },
	{ 0, "cpu-period", "USEC", OPTION_TEXT, LIMIT(LIMIT_PERIOD), "length of a period" },
	{ 0, "cpu-burst", "USEC", OPTION_TEXT, LIMIT(LIMIT_BURST), "what it may save up over periods" },
	{ 0, "cpu-idle", "0|1", OPTION_TEXT, LIMIT(LIMIT_IDLE), "1: only time that nobody wants" },
	{ 0, "cpu-rt-period", "USEC", OPTION_TEXT, LIMIT(LIMIT_RT_PERIOD), "cgroup v2 has nothing like it" },
	{ 0, "cpu-rt-runtime", "USEC", OPTION_TEXT, LIMIT(LIMIT_RT_RUNTIME), "cgroup v2 has nothing like it" },
	{ 0, "cpuset-cpus", "LIST", OPTION_TEXT, LIMIT(LIMIT_CPUS), "processors, such as 0-2,4" },
	{ 0, "cpuset-mems", "LIST", OPTION_TEXT, LIMIT(LIMIT_MEMS), "memory nodes" },
	{ 0, "pids-limit", "N", OPTION_TEXT, LIMIT(LIMIT_PIDS), "processes and threads; -1: no limit" },
	{ 0, "blkio-weight", "N", OPTION_TEXT, LIMIT(LIMIT_WEIGHT), "weight of its input and output, 10 to 1000" },
	{ 0, "blkio-device-read-bps", "DEVICE:BYTES", OPTION_LIST, RATE(RATE_READ_BPS), "bytes read in a second" },
	{ 0, "blkio-device-write-bps", "DEVICE:BYTES", OPTION_LIST, RATE(RATE_WRITE_BPS), "bytes written in a second" },
	{ 0, "blkio-device-read-iops", "DEVICE:N", OPTION_LIST, RATE(RATE_READ_IOPS), "reads in a second" },
	{ 0, "blkio-device-write-iops", "DEVICE:N", OPTION_LIST, RATE(RATE_WRITE_IOPS), "writes in a second" },
	{ 0, "l3-cache-schema", "SCHEMA", OPTION_TEXT, VALUE(l3_schema), "not supported" },
	{ 0, "mem-bw-schema", "SCHEMA", OPTION_TEXT, VALUE(bandwidth_schema), "not supported" },
	{ 0 },
};

static int read_wish(const struct update_values *values, char **ret_text, size_t *ret_len,
		     struct vps_err *err)
{
	if (values->l3_schema || values->bandwidth_schema)
		return vps_err_say(err, -VPS_EHOST, "--%s is not supported: the container is in no group of resctrl",
				   values->l3_schema ? "l3-cache-schema" : "mem-bw-schema");
	if (!values->resources)
		return limits_document(&values->limits, ret_text, ret_len, err);
	if (!strcmp(values->resources, "-"))
		return file_read_fd(STDIN_FILENO, "standard input", RESOURCES_MAX, ret_text, ret_len, err);
	return file_read(AT_FDCWD, values->resources, RESOURCES_MAX, ret_text, ret_len, err);
}

/* The limits that it has, with what is wished for over them. */
static int merge(const struct oci_box *box, const char *wish, size_t wish_len, char **ret_text,
		 struct vps_err *err)
{
	struct vps_err cause = { 0 };
	OWN_MEM char *base = NULL;
	bool is_config = false;
	size_t len;
	int r = file_read(box->dir_fd, OCI_RESOURCES_NAME, RESOURCES_MAX * 4, &base, &len, &cause);

	if (r == -ENOENT) {
		is_config = true;
		cause = (struct vps_err){ 0 };
		r = file_read(box->dir_fd, "config.json", RESOURCES_MAX * 4, &base, &len, &cause);
	}
	if (r < 0) {
		*err = cause;
		return r;
	}
	return oci_merge_resources(base, len, is_config, wish, wish_len, ret_text, err);
}

/* A limit below what is used already would let the kernel kill for it. */
static int check_memory(int cg_fd, const struct oci_config *config, struct vps_err *err)
{
	uint64_t used, limit;
	size_t i;

	for (i = 0; config->checks_memory && i < config->cg_value_count; i++) {
		const struct cg_value *value = &config->cg_values[i];

		if (!strcmp(value->file, "memory.max") &&
		    unit_parse(UNIT_BYTES, value->value, &limit) == 0 &&
		    cg_read(cg_fd, "memory.current", &used) == 0 && used > limit)
			return vps_err_say(err, -VPS_EREFUSED,
					   "memory.limit: %ju is below the %ju bytes that it uses, and checkBeforeUpdate is set",
					   (uintmax_t)limit, (uintmax_t)used);
	}
	return 0;
}

static bool same_rules(const struct oci_config *a, const struct oci_config *b)
{
	size_t i;

	for (i = 0; i < a->device_rule_count && i < b->device_rule_count; i++) {
		const struct device_rule *x = &a->device_rules[i], *y = &b->device_rules[i];

		if (x->is_allowed != y->is_allowed || x->type != y->type || x->major != y->major ||
		    x->minor != y->minor || x->access != y->access)
			return false;
	}
	return a->device_rule_count == b->device_rule_count;
}

static int set_rules(int cg_fd, const struct oci_config *now, const struct oci_config *before,
		     struct vps_err *err)
{
	if (same_rules(now, before))
		return 0;
	return devices_attach(cg_fd, now->device_rules, now->device_rule_count, FD_NONE, err);
}

/* What cannot be put back stays as it was changed; the error says what began it. */
static void take_back(int cg_fd, const char *path, const struct cg_value *undo, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct vps_err ignored = { 0 };

		(void)cg_set(cg_fd, path, &undo[i], 1, &ignored);
	}
}

static int set_scope(const struct oci_box *box, const struct cg_value *values, size_t count,
		     const struct oci_config *now, const struct oci_config *before,
		     struct vps_err *err)
{
	bool has_same_rules = same_rules(now, before);
	struct scope scope;

	oci_box_scope(box, &scope);
	if (!*scope.name)
		return 0;
	return scope_set(&scope, values, count, has_same_rules ? NULL : now->device_rules,
			 has_same_rules ? 0 : now->device_rule_count, err);
}

/* All of it, or nothing. */
static int apply(const struct oci_box *box, struct oci_config *now, struct oci_config *before,
		 const char *text, struct vps_err *err)
{
	const char *path = box->record.cgroup;
	const struct cg_value *undo;
	struct vps_err ignored = { 0 };
	OWN_FD cg_fd = FD_NONE;
	size_t undo_count;
	int r;

	/* Also enables a controller that had no limit before. */
	cg_fd = cg_create(path, now->cg_values, now->cg_value_count, err);
	if (cg_fd < 0)
		return cg_fd;
	r = check_memory(cg_fd, now, err);
	if (r == 0)
		r = cg_remember(cg_fd, now->cg_values, now->cg_value_count, &now->arena, &undo,
				&undo_count, err);
	if (r < 0)
		return r;
	r = cg_set(cg_fd, path, now->cg_values, now->cg_value_count, err);
	if (r == 0)
		r = set_rules(cg_fd, now, before, err);
	if (r == 0)	/* systemd would put back one day what it does not know of */
		r = set_scope(box, now->cg_values, now->cg_value_count, now, before, err);
	if (r == 0) {
		r = file_replace(box->dir_fd, OCI_RESOURCES_NAME, text, strlen(text), 0600, false, err);
		if (r < 0)
			(void)set_scope(box, undo, undo_count, before, now, &ignored);
	}
	if (r < 0)
		(void)set_rules(cg_fd, before, now, &ignored);
	if (r < 0)
		take_back(cg_fd, path, undo, undo_count);
	return r;
}

/* Everything is read and checked before the first write. */
static int update(const struct oci_box *box, const struct update_values *values,
		  struct oci_config *now, struct oci_config *before, struct vps_err *err)
{
	OWN_MEM char *wish = NULL;
	OWN_MEM char *merged = NULL;
	size_t len = 0;
	int r = read_wish(values, &wish, &len, err);

	if (r == 0 && box->init_fd < 0)
		r = vps_err_say(err, -VPS_ESTATE, "container not running: %.100s", box->id);
	if (r == 0 && !*box->record.cgroup)
		r = oci_box_cgroup(box, "to which limits could be set", err);
	if (r == 0)
		r = oci_box_config(box, before, NULL, err);
	if (r == 0)
		r = merge(box, wish, len, &merged, err);
	if (r == 0)
		r = oci_parse_resources(merged, strlen(merged), now, err);
	if (r == 0)
		r = oci_bring_device_rules(before, err);
	if (r == 0)
		r = oci_bring_device_rules(now, err);
	return r == 0 ? apply(box, now, before, merged, err) : r;
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	const struct update_values *wanted = values;
	struct oci_config now = { 0 }, before = { 0 };
	OWN_BOX box = OCI_BOX_INIT;
	struct vps_err err = { 0 };
	int r = oci_box_open(cli, args[0], true, &box, &err);

	(void)count;
	if (wanted->kernel || wanted->kernel_tcp)
		oci_say_warning(cli, "--kernel-memory has no effect: cgroup v2 counts it with memory");
	if (r == 0)
		r = update(&box, wanted, &now, &before, &err);
	oci_free(&now);
	oci_free(&before);
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
