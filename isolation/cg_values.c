// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads and writes the interface files of a cgroup; called when a VPS starts
 * with limits and when they are changed.
 *
 * A controller's value is set through libcgroup, whose first use in a process
 * costs 0.4 ms (it reads /proc/cgroups and every mount), each further one
 * 0.02 ms; so a VPS without limits does not come here. Straight to the file go
 *	- files of the cgroup core and pressure triggers, which libcgroup does
 *	  not know as a controller's;
 *	- values with a key or of several lines (io.max), of which 3.1 loses some.
 * libcgroup 3.1 also takes EOPNOTSUPP for success: every value is read back,
 * and one that does not read as it was written is written once more directly,
 * which either works or says why not. The kernel rounds some values, so that
 * happens without anything being wrong.
 */
#include "cg.h"

#include <errno.h>
#include <fcntl.h>
#include <libcgroup.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/units.h"
#include "cg_tree.h"

#define CONTROLLER_ROOM	32

static void say_nothing(void *userdata, int level, const char *fmt, va_list ap)
{
	(void)userdata;
	(void)level;
	(void)fmt;
	(void)ap;
}

/* Only cli/ prints: libcgroup's own logger would write to our stdout. */
static bool library_is_ready(void)
{
	static enum { UNTRIED, READY, FAILED } state;

	if (state == UNTRIED) {
		cgroup_set_logger(say_nothing, CGROUP_LOG_ERROR, NULL);
		state = cgroup_init() == 0 ? READY : FAILED;
	}
	return state == READY;
}

/*
 * Whether libcgroup's idea of a controller's mount is the v2 tree that we use.
 * On a hybrid host it is the version 1 tree for most.
 */
static bool library_means_our_tree(const char *controller)
{
	const char *ours = cg_mount_point();
	OWN_MEM char *theirs = NULL;

	return ours && cgroup_get_subsys_mount_point(controller, &theirs) == 0 && theirs &&
	       strcmp(ours, theirs) == 0;
}

static void own_cgroup(struct cgroup **cgroup)
{
	if (*cgroup)
		cgroup_free(cgroup);
}

static bool set_by_library(const char *path, const char *file, const char *value)
{
	__attribute__((cleanup(own_cgroup))) struct cgroup *cgroup = NULL;
	char controller[CONTROLLER_ROOM];
	struct cgroup_controller *values;
	size_t len = cg_controller_len(file);

	if (len == 0 || len >= sizeof(controller) || strpbrk(value, "\n=:"))
		return false;
	memcpy(controller, file, len);
	controller[len] = '\0';
	if (!library_is_ready() || !library_means_our_tree(controller))
		return false;
	cgroup = cgroup_new_cgroup(path);
	values = cgroup ? cgroup_add_controller(cgroup, controller) : NULL;
	return values && cgroup_set_value_string(values, file, value) == 0 &&
	       cgroup_modify_cgroup(cgroup) == 0;
}

static bool reads_back(int cg_fd, const char *file, const char *value)
{
	char now[128];

	return file_read_line(cg_fd, file, now, sizeof(now)) >= 0 && strcmp(now, value) == 0;
}

/* What a failed write means; file_write() has said only that it failed. */
static int say_not_set(const struct cg_value *value, int code, struct vps_err *err)
{
	const size_t len = cg_controller_len(value->file);
	char controller[CONTROLLER_ROOM];

	if (code == -ENOENT && len > 0 && len < sizeof(controller)) {
		memcpy(controller, value->file, len);
		controller[len] = '\0';
		if (!cg_has_controller(controller))
			return cg_say_missing(value->file, value->value, err);
		return vps_err_say(err, -VPS_EHOST,
				   "%s=%.80s cannot be set: this kernel has no such file, or controller %s is not enabled above this cgroup",
				   value->file, value->value, controller);
	}
	if (code == -EROFS)
		return cg_say_read_only(err);
	return vps_err_set(err, code, "cannot set %s to \"%.200s\"", value->file, value->value);
}

/* One write for each line. */
static int set_directly(int cg_fd, const struct cg_value *value, struct vps_err *err)
{
	OWN_MEM char *lines = strdup(value->value);
	char *rest = lines, *line;

	if (!lines)
		return vps_err_set(err, -ENOMEM, "cannot set %s", value->file);
	while ((line = strsep(&rest, "\n"))) {
		struct vps_err why = { 0 };
		int r = 0;

		/* A write of nothing never reaches the kernel; an empty line means "none". */
		if (*line || !*value->value)
			r = file_write(cg_fd, value->file, *line ? line : "\n", &why);
		if (r < 0)
			return say_not_set(value, r, err);
	}
	return 0;
}

static bool exists(int cg_fd, const char *file)
{
	return file && faccessat(cg_fd, file, F_OK, 0) == 0;
}

#define BFQ_FILE	"io.bfq.weight"
#define BFQ_WEIGHT_MAX	1000u	/* where io.weight ends at 10000; 100 is usual in both */

/* The default weight for BFQ, of a value that does not say another itself; or NULL. */
static const char *bfq_weight(const struct cg_value *value, char *buf, size_t size)
{
	unsigned weight;

	if (strcmp(value->file, "io.weight") != 0 ||
	    sscanf(value->value, "default %u", &weight) != 1)
		return NULL;
	(void)snprintf(buf, size, "default %u", weight < BFQ_WEIGHT_MAX ? weight : BFQ_WEIGHT_MAX);
	return buf;
}

static int set_one(int cg_fd, const char *path, const struct cg_value *value, struct vps_err *err)
{
	char text[32];
	const char *weight = value->twin_file ? NULL : bfq_weight(value, text, sizeof(text));
	const struct cg_value twin = {
		.file = weight ? BFQ_FILE : value->twin_file,
		.value = weight ? weight : value->twin_value,
	};
	const bool has_twin = exists(cg_fd, twin.file);
	int r = 0;

	if (!has_twin || exists(cg_fd, value->file)) {
		if (!set_by_library(path, value->file, value->value) ||
		    !reads_back(cg_fd, value->file, value->value))
			r = set_directly(cg_fd, value, err);
	}
	return r == 0 && has_twin ? set_directly(cg_fd, &twin, err) : r;
}

/* The kernel takes any kind of partition, and then says in the file why it is none. */
static int check_partition(int cg_fd, const struct cg_value *value, struct vps_err *err)
{
	char now[160];

	if (strcmp(value->file, "cpuset.cpus.partition") != 0 ||
	    file_read_line(cg_fd, value->file, now, sizeof(now)) < 0 || !strstr(now, "invalid"))
		return 0;
	return vps_err_say(err, -VPS_EHOST, "%s=%.20s has no effect: the kernel says \"%.150s\"",
			   value->file, value->value, now);
}

int cg_set(int cg_fd, const char *path, const struct cg_value *values, size_t count,
	   struct vps_err *err)
{
	size_t i;
	int r = cg_check_path(path, err);

	for (i = 0; r == 0 && i < count; i++) {
		if (strchr(values[i].file, '/') || !strchr(values[i].file, '.'))
			return vps_err_say(err, -EINVAL, "\"%.80s\" is not an interface file of a cgroup",
					   values[i].file);
		r = set_one(cg_fd, path, &values[i], err);
		if (r == 0)
			r = check_partition(cg_fd, &values[i], err);
	}
	return r;
}

int cg_read(int cg_fd, const char *file, uint64_t *ret_value)
{
	char text[32];
	ssize_t len = file_read_line(cg_fd, file, text, sizeof(text));

	if (len < 0)
		return (int)len;
	if (strcmp(text, "max") == 0) {
		*ret_value = UINT64_MAX;
		return 0;
	}
	return number_parse(text, 0, UINT64_MAX, ret_value);
}
