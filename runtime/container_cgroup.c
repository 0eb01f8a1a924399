// SPDX-License-Identifier: LGPL-2.1-or-later
/* The container's cgroup, its limits and device rules: stages of container.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fileio.h"
#include "container_parts.h"
#include "isolation/families.h"

#define SCOPE_CHILD "container"	/* cgroup in the scope that init lives in */

void container_note(struct container *c, const char *text)
{
	if (c->note_count < ARRAY_LEN(c->notes))
		c->notes[c->note_count++] = text;
}

/* A value that takes something away; "max" is what a cgroup has anyway. */
static const struct cg_value *first_limit(const struct oci_config *config)
{
	size_t i;

	for (i = 0; i < config->cg_value_count; i++)
		if (strncmp(config->cg_values[i].value, "max", 3) != 0)
			return &config->cg_values[i];
	return NULL;
}

int cgroup_do_without(struct container *c, struct vps_err *err)
{
	const struct cg_value *limit = first_limit(&c->config);

	if (c->cg_fd >= 0)	/* else nothing of ours is there, but perhaps something of his */
		cgroup_down(c);
	c->lacks_cgroup = limit != NULL;
	*err = (struct vps_err){ 0 };
	if (limit)
		return vps_err_say(err, -VPS_EHOST,
				   "linux.resources: %s=%.60s needs a cgroup, and %s may not be made by this user: let systemd delegate one to him, or leave the limit out",
				   limit->file, limit->value, c->cgroup_path);
	container_note(c, "no cgroup may be made here, and no limit asks for one: running without");
	c->cgroup_path = "";
	return 0;
}

static bool is_refusal(int code)
{
	return code == -EACCES || code == -EPERM || code == -EROFS || code == -VPS_EHOST;
}

static int restrict_devices(struct container *c, struct vps_err *err)
{
	const struct oci_config *config = &c->config;
	struct vps_err why = { 0 };
	int r = devices_attach(c->cg_fd, config->device_rules, config->device_rule_count, c->cache_fd,
			       &why);

	if (r == -EPERM && c->is_rootless) {
		/* He can make no node, and opens those of the host by their own modes. */
		container_note(c, "device rules need the host's root: left out");
		return 0;
	}
	if (r < 0)
		*err = why;
	return r;
}

/* Of a VPS: what containers may have is for their engines to say. `doctor` says where it is not possible. */
static void refuse_families(struct container *c)
{
	struct vps_err ignored = { 0 };

	if (c->attachments)
		(void)families_refuse(c->cg_fd, families_unheld, families_unheld_count,
				      c->cache_fd, &ignored);
}

/* With the container, all that is in its cgroup is killed: it must be nobody else's. */
static int refuse_foreign(struct container *c, struct vps_err *err)
{
	const char *path = c->cgroup_path;
	OWN_FD fd = cg_open(path);

	if (fd < 0 || cg_is_populated(fd) <= 0)
		return 0;
	c->cgroup_path = "";	/* so that it is not taken down */
	return vps_err_say(err, -EBUSY,
			   "linux.cgroupsPath: processes live in cgroup %s or below it already; each container needs one of its own",
			   path);
}

int cgroup_up(struct container *c, struct vps_err *err)
{
	const struct oci_config *config = &c->config;
	struct vps_err why = { 0 };

	if (c->scope)
		return 0;	/* there is none without a process: cgroup_enter() */
	if (!*c->cgroup_path) {
		container_note(c, "without a cgroup there are neither limits nor device rules");
		return 0;
	}
	if (refuse_foreign(c, err) < 0)
		return err->code;
	c->cg_fd = cg_create(c->cgroup_path, config->cg_values, config->cg_value_count, &why);
	if (c->cg_fd < 0 && c->is_rootless && is_refusal(c->cg_fd))
		return cgroup_do_without(c, err);
	if (c->cg_fd < 0)
		*err = why;
	return c->cg_fd < 0 ? c->cg_fd : 0;
}

/*
 * The scope's own directory stays systemd's: from time to time it writes files
 * there that no property is for, memory.oom.group among them. Below, it does not,
 * and only while no process is above can controllers be enabled there.
 */
static int move_below(struct container *c, struct vps_err *err)
{
	OWN_FD cg_fd = cg_create(c->cgroup_path, NULL, 0, err);
	char pid[16];

	if (cg_fd < 0)
		return cg_fd;
	(void)snprintf(pid, sizeof(pid), "%d", (int)c->init_pid);
	return file_write(cg_fd, "cgroup.procs", pid, err);
}

int cgroup_enter(struct container *c, struct vps_err *err)
{
	const struct oci_config *config = &c->config;
	const char *below;
	char path[PATH_MAX];
	int r;

	if (!c->scope)
		return 0;
	r = scope_start(c->scope, c->init_pid, config->cg_values, config->cg_value_count,
			config->device_rules, config->device_rule_count, path, err);
	c->lacks_cgroup = r == -VPS_EHOST;
	if (r < 0) {
		c->scope = NULL;	/* a unit of that name is another's, and not ours to stop */
		return r;
	}
	below = arena_printf(&c->config.arena, "%s/" SCOPE_CHILD, path);
	if (!below)
		return vps_err_set(err, -ENOMEM, "cannot open the cgroup");
	c->cgroup_path = below;
	r = move_below(c, err);
	if (r < 0)
		return r;
	c->cg_fd = cg_create(c->cgroup_path, config->cg_values, config->cg_value_count, err);
	return c->cg_fd < 0 ? c->cg_fd : 0;
}

/* Init opens its tree meanwhile. Like limits, they are there before SYNC_START. */
int rules_up(struct container *c, struct vps_err *err)
{
	int r = c->cg_fd >= 0 ? restrict_devices(c, err) : 0;

	if (r == 0 && c->cg_fd >= 0)
		refuse_families(c);
	return r;
}

/*
 * OCI, "Cgroup ownership": the cgroup is given to the user of the program, if
 * that has a cgroup namespace in which it is mounted writable, and to nobody else.
 * What an ordinary user gave away he could not enter again, to exec.
 */
static bool is_delegated(const struct container *c, uint32_t *ret_uid, uint32_t *ret_gid)
{
	const struct oci_config *config = &c->config;
	bool is_writable = false;
	size_t i;

	for (i = 0; i < config->mount_count; i++) {
		const struct mount_entry *entry = &config->mounts[i];

		if (!entry->is_bind && strncmp(entry->type, "cgroup", 6) == 0)
			is_writable |= !entry->sb_ro && !(entry->attr_set & MOUNT_ATTR_RDONLY);
	}
	return is_writable && has_new(c, NS_USER) && has_new(c, NS_CGROUP) &&
	       idmap_uid_outside(&config->idmap, config->process.uid, ret_uid) &&
	       (!c->is_user || *ret_uid == geteuid()) &&
	       idmap_gid_outside(&config->idmap, 0, ret_gid);
}

/* Init does what it need not wait for meanwhile, and runs nothing of the tenant's. */
int limits_up(struct container *c, struct vps_err *err)
{
	const struct oci_config *config = &c->config;
	uint32_t uid, gid;
	int r;

	if (c->cg_fd < 0)
		return 0;
	r = cg_set(c->cg_fd, c->cgroup_path, config->cg_values, config->cg_value_count, err);
	if (r == 0 && c->attachments)	/* the parent of a container's is its engine's */
		r = cg_sum_guarantees(c->cgroup_path, err);
	if (r == 0 && is_delegated(c, &uid, &gid))
		r = cg_delegate(c->cg_fd, uid, gid, err);
	return r;
}

void cgroup_down(struct container *c)
{
	struct vps_err ignored = { 0 };

	own_close(&c->cg_fd);
	/* Best effort: what refuses to die now is killed and removed by the next command. */
	if (*c->cgroup_path)
		(void)cg_remove(c->cgroup_path, &ignored);
	if (*c->cgroup_path && c->attachments)
		(void)cg_sum_guarantees(c->cgroup_path, &ignored);
	if (c->scope)
		scope_stop(c->scope);
}
