/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vps.json, version 1: what the owner of a VPS asks for. vps.json(5) documents each key. */
#ifndef RUNTIME_SPEC_H
#define RUNTIME_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "runtime/elastic.h"
#include "runtime/resources.h"

#define SPEC_SIZE_MAX	(1u << 20)	/* bytes of a vps.json that are read at most */
#define VPS_NAME_MAX	63		/* a DNS label */

enum spec_restart { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS };
enum spec_net { SPEC_NET_BRIDGE, SPEC_NET_NONE };

struct spec_pair {
	const char *key, *value;
};

struct spec_mount {
	const char *source;		/* absolute host path, or NULL for a tmpfs */
	const char *target;		/* absolute path inside */
	const char *type;		/* "bind", "tmpfs" */
	const char *const *options;	/* NULL-terminated; OCI mount options */
	bool        is_readonly;
};

struct spec_device {
	const char *path;		/* host device node; the same path inside unless target is set */
	const char *target;
	const char *access;		/* subset of "rwm" */
};

struct spec {
	struct arena       arena;	/* owns every pointer below */
	const char        *name;	/* may be NULL in a file that is given to `create NAME` */
	const char        *image;
	const char        *hostname;	/* NULL: the name */
	const char *const *init;	/* argv of PID 1, or NULL: the image's */
	const char *const *env;		/* "KEY=VALUE", NULL-terminated */
	struct limits      limits;
	bool               is_best_effort;	/* "limits": "best-effort" */
	struct elastic     elastic;
	bool               has_kernel_view;	/* "view": "kernel" */
	struct {
		enum spec_net      mode;
		const char        *bridge;	/* NULL: vps0 */
		const char        *address;	/* fixed IPv4 address, or NULL: from the pool */
		const char        *mac;		/* fixed, or NULL */
		unsigned           mtu;		/* 0: the bridge's */
		const char *const *dns;		/* resolvers, NULL-terminated */
	} network;
	struct {
		const char *const *caps_add, *const *caps_drop;	/* "CAP_…", NULL-terminated */
		bool        is_seccomp_off;
		const char *seccomp_file;	/* OCI seccomp document on the host, or NULL: our default */
		bool        no_new_privileges;
		bool        is_readonly_root;
	} security;
	const struct spec_mount  *mounts;
	size_t                    mount_count;
	const struct spec_device *devices;
	size_t                    device_count;
	const struct spec_pair   *labels;
	size_t                    label_count;
	bool                      is_onboot;
	enum spec_restart         restart;
	unsigned                  restart_max;	/* tries in a row before giving up; 0: no end */
};

/*
 * Parse and check a vps.json.
 *
 * text, len  the document
 * spec       zeroed by the caller; filled on success, released with
 *            spec_free(); empty after failure
 *
 * Returns 0; -EINVAL with one sentence that starts with the JSON path, names
 * the value and the allowed ones; -ENOMEM.
 */
int spec_parse(const char *text, size_t len, struct spec *spec, struct vps_err *err);

/*
 * The spec as canonical JSON (two-space indent, keys in the order of the man
 * page, only what differs from the default, and version, name, image always).
 * ret_text is malloc()ed. spec_parse() of it gives the same spec.
 */
int spec_print(const struct spec *spec, char **ret_text, struct vps_err *err);

/*
 * Set one value by its dotted key ("hostname", "restart", "network.address",
 * "memory", "env.LANG", "labels.owner"): what `vpsctl create --set KEY=VALUE`
 * does. Resource rows need no prefix; lists and objects are written as JSON.
 *
 * Pointers that were taken out of the spec before become invalid; on failure
 * the spec is as it was.
 * Returns 0, or -EINVAL with the sentence that spec_parse() would have given.
 */
int spec_set(struct spec *spec, const char *key, const char *value, struct vps_err *err);

/*
 * Take one key out of the spec, by its path with dots as above, so that it has
 * its default again. One that is not there is success.
 * Returns 0, or -EINVAL for a key that there is not, or that others need; the
 * spec is then as it was.
 */
int spec_unset(struct spec *spec, const char *key, struct vps_err *err);

/*
 * Refuse combinations of keys that cannot be, such as memory.high above memory.
 * spec_parse() has done so; after spec_set() it is the caller's to do, once all
 * keys are set.
 * Returns 0, or -EINVAL with a sentence that starts with the JSON path.
 */
int spec_check(const struct spec *spec, struct vps_err *err);

/*
 * Refuse limits of a link that a VPS of this spec does not have, or whose frames are too long for them.
 *
 * prefix   stands before the limit's name in the sentence: "resources.", or ""
 */
int spec_check_link(const struct spec *spec, const struct limits *limits, const char *prefix,
		    struct vps_err *err);

/* Whether text is a VPS name: a DNS label, [a-z0-9] and inner '-', 1..63. Else -EINVAL and a sentence. */
int spec_check_name(const char *text, struct vps_err *err);

void spec_free(struct spec *spec);

#endif
