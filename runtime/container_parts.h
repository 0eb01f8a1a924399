/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files of the engine: container.c, container_*.c, init.c. */
#ifndef RUNTIME_CONTAINER_PARTS_H
#define RUNTIME_CONTAINER_PARTS_H

#include <linux/sched.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "runtime/container.h"

/* A namespace of that kind is made for it, neither shared nor joined. */
static inline bool has_new(const struct container *c, enum ns_kind kind)
{
	return c->config.namespaces[kind].is_listed && !c->config.namespaces[kind].path;
}

/* A container in a user namespace has its root, binds and device nodes prepared outside. */
static inline bool has_userns(const struct container *c)
{
	return c->config.namespaces[NS_USER].is_listed;
}

/* Its tree is laid out in a mount namespace of its own, not found in one that it joins or shares. */
static inline bool has_tree(const struct container *c)
{
	return has_new(c, NS_MOUNT);
}

/*
 * The runtime puts links into its network namespace, which is then made with init. Else init makes
 * it while the runtime goes on: it takes longer than all others together.
 */
static inline bool has_filled_netns(const struct container *c)
{
	return has_new(c, NS_NET) && (c->attachments || c->config.net_device_count);
}

/* Init stops before the switch of root until hooks have run outside. */
static inline bool waits_to_enter(const struct container *c)
{
	const struct oci_hooks *hooks = c->config.hooks;

	return hooks[HOOK_PRESTART].count || hooks[HOOK_CREATE_RUNTIME].count ||
	       hooks[HOOK_CREATE_CONTAINER].count;
}

/* Run hooks with the container's state; pid is that of init as the hooks see it. */
int container_run_hooks(struct container *c, enum oci_hook_kind kind, const char *status,
			pid_t pid, struct vps_err *err);

/* Keep what helps who looks for a mistake: a literal, which the caller may print. */
void container_note(struct container *c, const char *text);

/*
 * Remove the cgroup and go on without one, since this user may not use it.
 * -VPS_EHOST with err set when a limit needs it.
 */
int cgroup_do_without(struct container *c, struct vps_err *err);

/*
 * clone3(2), with the user whom root inside is on the host as the owner of a new
 * user namespace. The pid; 0 in the child; -1 with errno set.
 */
pid_t container_clone(const struct container *c, struct clone_args *args);

/* Whether init is to be cloned by container_clone_joined(). */
bool container_has_joiner(const struct container *c);

/*
 * Clone init from a process that has joined every namespace with a path.
 *
 * args   of clone3(2), for the new ones; c->init_fd is set
 * Returns the pid, 0 in init, or -errno with err set.
 */
pid_t container_clone_joined(struct container *c, struct clone_args *args, struct vps_err *err);

/* Stages. */
int init_up(struct container *c, struct vps_err *err);
void init_down(struct container *c);
int cgroup_up(struct container *c, struct vps_err *err);
void cgroup_down(struct container *c);
int rules_up(struct container *c, struct vps_err *err);
int limits_up(struct container *c, struct vps_err *err);

/* With systemd: put init, which waits, into a scope of its own. 0 or -errno with err set. */
int cgroup_enter(struct container *c, struct vps_err *err);

int mountns_up(struct container *c, struct vps_err *err);

/* Back to the host's, where hooks run, once init has taken what was attached in ours. */
int mountns_leave(struct container *c, struct vps_err *err);

int links_up(struct container *c, struct vps_err *err);
void links_down(struct container *c);
int root_up(struct container *c, struct vps_err *err);
/* Init has its copies of the mounts that root_up() made for it: close ours. */
void root_handed(struct container *c);
/* Close what root_up() left open. Again is harmless. */
void root_settle(struct container *c);
void root_down(struct container *c);
int view_up(struct container *c, struct vps_err *err);
int view_files_up(struct container *c, struct vps_err *err);
void view_down(struct container *c);

/* Whether init has a proc or sysfs yet to send, which it does in the order of its mounts. */
bool container_awaits_mount(struct container *c);

/* Put the proc or sysfs that init sent, mount_fd, borrowed, in place, and tell it. */
int container_place(struct container *c, int mount_fd, struct vps_err *err);

#endif
