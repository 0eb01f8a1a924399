// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which controllers values need, and passing them down the tree; called by cg.c and cg_values.c. */
#include "cg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "cg_tree.h"

#define INITIAL_CGROUP_NS 0xEFFFFFFBU	/* its inode; include/linux/proc_ns.h of the kernel */

/* Every controller of version 2; a set of them is a mask of 1 << index. */
static const char *const controllers[] = {
	"cpu", "memory", "pids", "io", "cpuset", "hugetlb", "rdma", "misc", "dmem", "perf_event",
};

/* What every VPS is accounted by, where the host can: cpu, memory, pids, io. */
#define ACCOUNTED 0xfu

static bool in_cgroup_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/cgroup", &st) == 0 && st.st_ino != INITIAL_CGROUP_NS;
}

/* The mask of the controllers listed in cgroup.controllers or cgroup.subtree_control. */
static unsigned read_controllers(int cg_fd, const char *file)
{
	char line[512], *rest = line, *word;
	unsigned mask = 0;
	size_t i;

	if (file_read_line(cg_fd, file, line, sizeof(line)) < 0)
		return 0;
	while ((word = strsep(&rest, " ")))
		for (i = 0; i < ARRAY_LEN(controllers); i++)
			if (strcmp(word, controllers[i]) == 0)
				mask |= 1u << i;
	return mask;
}

size_t cg_controller_len(const char *file)
{
	size_t len = strcspn(file, ".");

	if ((len == 6 && strncmp(file, "cgroup", 6) == 0) || strcmp(file + len, ".pressure") == 0)
		return 0;
	return len;
}

/* The controller of a value as a mask; 0 when none is needed or none is known by that name. */
static unsigned controller_of(const char *file)
{
	size_t len = cg_controller_len(file), i;

	for (i = 0; i < ARRAY_LEN(controllers); i++)
		if (len && strlen(controllers[i]) == len && strncmp(file, controllers[i], len) == 0)
			return 1u << i;
	return 0;
}

bool cg_has_controller(const char *controller)
{
	struct vps_err ignored = { 0 };
	OWN_FD root_fd = cg_open_root(&ignored);
	unsigned mask = controller_of(controller);

	return root_fd >= 0 && (read_controllers(root_fd, "cgroup.controllers") & mask);
}

int cg_say_missing(const char *file, const char *value, struct vps_err *err)
{
	const char *why = "the kernel was built or booted without it (cgroup_disable=)";

	if (in_cgroup_namespace())
		why = "this process is in a cgroup namespace that it was not delegated to from outside";
	else if (strcmp(cg_mount_point(), "/sys/fs/cgroup") != 0)
		why = "this host keeps controllers in version 1; boot with systemd.unified_cgroup_hierarchy=1";
	return vps_err_say(err, -VPS_EHOST,
			   "%s=%.80s needs the cgroup v2 controller %.*s, which is not available: %s",
			   file, value, (int)cg_controller_len(file), file, why);
}

int cg_say_read_only(struct vps_err *err)
{
	return vps_err_say(err, -VPS_EHOST,
			   "%s is mounted read-only%s; mount it writable, or run this on the host itself",
			   cg_mount_point(), in_cgroup_namespace() ? ", as it is in a container" : "");
}

int cg_required(int root_fd, const struct cg_value *values, size_t count, unsigned *ret_required,
		struct vps_err *err)
{
	unsigned available = count ? read_controllers(root_fd, "cgroup.controllers") : 0;
	unsigned required = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		unsigned mask = controller_of(values[i].file);

		if (cg_controller_len(values[i].file) == 0)
			continue;
		if (!(mask & available))
			return cg_say_missing(values[i].file, values[i].value, err);
		required |= mask;
	}
	*ret_required = required;
	return 0;
}

/* Explain why the cgroup that is the first len bytes of path cannot pass a controller on. */
static int say_not_enabled(const char *controller, const char *path, size_t len, int code,
			   struct vps_err *err)
{
	int n = (int)len;

	if (code == -EROFS)
		return cg_say_read_only(err);
	if (code == -ENOENT)
		return vps_err_say(err, -VPS_EHOST,
				   "controller %s was not handed down to cgroup /%.*s, so nothing below it can use it",
				   controller, n, path);
	/* The true root may hold processes beside children; one that EBUSY comes from is not it. */
	if (code == -EBUSY && len == 0)
		return vps_err_say(err, -EBUSY,
				   "controller %s cannot be enabled: processes live in the root of our cgroup namespace, and must move into a child of it first",
				   controller);
	if (code == -EBUSY)
		return vps_err_say(err, -EBUSY,
				   "controller %s cannot be enabled below cgroup /%.*s: processes in it must move into a child of it first",
				   controller, n, path);
	return vps_err_set(err, code, "cannot enable controller %s below cgroup /%.*s", controller,
			   n, path);
}

/* "+cpu +memory" for a mask, into text. */
static void format_enable(unsigned mask, char *text, size_t size)
{
	size_t i, at = 0;

	*text = '\0';
	for (i = 0; i < ARRAY_LEN(controllers); i++)
		if (mask & 1u << i)
			at += (size_t)snprintf(text + at, size - at, "+%s ", controllers[i]);
}

/*
 * Whether processes live in a cgroup, none of those below counted. The root of
 * all, alone without a cgroup.type, may have them beside children.
 */
static bool holds_processes(int cg_fd)
{
	char pid[16];

	return faccessat(cg_fd, "cgroup.type", F_OK, 0) == 0 &&
	       file_read_line(cg_fd, "cgroup.procs", pid, sizeof(pid)) > 0;
}

/*
 * One that cannot be had makes the kernel refuse all: find out which. What no
 * value needs is only accounting, and a VPS runs without it.
 */
static int enable_singly(int cg_fd, unsigned todo, unsigned required, const char *path, size_t len,
			 struct vps_err *err)
{
	char text[128];
	size_t i;

	for (i = 0; i < ARRAY_LEN(controllers); i++) {
		struct vps_err why = { 0 };
		int r;

		if (!(todo & 1u << i))
			continue;
		format_enable(1u << i, text, sizeof(text));
		r = file_write(cg_fd, "cgroup.subtree_control", text, &why);
		if (r < 0 && (required & 1u << i))
			return say_not_enabled(controllers[i], path, len, r, err);
	}
	return 0;
}

int cg_enable(int cg_fd, unsigned required, unsigned *lacking, const char *path, size_t len,
	      struct vps_err *err)
{
	unsigned todo = required | (ACCOUNTED & ~*lacking);
	struct vps_err ignored = { 0 };
	char text[128];		/* all ten names fit */
	int r = -EBUSY;

	if (todo)
		todo &= ~read_controllers(cg_fd, "cgroup.subtree_control");
	if (todo) {
		const unsigned available = read_controllers(cg_fd, "cgroup.controllers");

		*lacking |= todo & ~available;
		todo &= required | available;
	}
	if (!todo)
		return 0;
	/*
	 * Looked at, not left to the kernel: it would take cpu and pids, and turn
	 * the cgroup into one of threads, whose children cannot hold processes.
	 */
	if (!holds_processes(cg_fd)) {
		format_enable(todo, text, sizeof(text));
		r = file_write(cg_fd, "cgroup.subtree_control", text, &ignored);
	}
	if (r == 0)
		return 0;
	if (r != -EBUSY)
		return enable_singly(cg_fd, todo, required, path, len, err);
	todo &= required;
	return todo ? say_not_enabled(controllers[__builtin_ctz(todo)], path, len, r, err) : 0;
}
