/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a VPS has beyond its OCI config.json: the layers behind its root, its
 * link, its restart policy. Written by `start` as attach.json beside
 * config.json; read by the monitor, which thereby needs neither registry nor spec.
 */
#ifndef RUNTIME_ATTACH_H
#define RUNTIME_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "runtime/container.h"
#include "runtime/spec.h"

struct attach {
	struct arena       arena;	/* owns every pointer below when it was loaded */
	const char        *name;
	const char        *root;	/* ROOT of all state */
	const char        *cgroup;	/* path below the v2 mount */
	uint32_t           id_start;	/* the host's id of its root */
	const char *const *layers;	/* diff-ids, lowest first */
	size_t             layer_count;
	bool               has_network;
	const char        *bridge, *link, *gateway, *address, *mac;
	unsigned           mtu;
	const char        *hostname;
	const char *const *dns;		/* NULL-terminated */
	bool               is_first_boot;	/* hostname and hosts are written once, then they are the tenant's */
	int                stop_signal;
	struct elastic     elastic;
	enum spec_restart  restart;
	unsigned           restart_max;
};

int attach_save(int run_fd, const struct attach *attach, struct vps_err *err);

/* Load it into a zeroed struct; attach_free() it. -VPS_ENOENT when there is none. */
int attach_load(int run_fd, struct attach *attach, struct vps_err *err);
void attach_free(struct attach *attach);

/* For struct container: its arg is a struct attach. */
struct attachments attach_ops(struct attach *attach);

#endif
