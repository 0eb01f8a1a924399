/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the link of a VPS may carry: rows of PLACE_LINK, by netns/shape.h. The
 * two rows of one way are one text, "RATE BURST" in bits a second and bytes,
 * or "max 0": so it stands in config.json, and the kernel has both or neither.
 */
#ifndef RUNTIME_BANDWIDTH_H
#define RUNTIME_BANDWIDTH_H

#include "netns/shape.h"
#include "runtime/resources.h"

struct oci_config;

/* What a burst is where none is set: enough for its rate to be reached. 0 for no limit. */
uint64_t bandwidth_burst(uint64_t rate_bits);

/* Which way a row is about. */
enum shape_way bandwidth_way(enum resource_id id);

/* The text of the way that a row is about. Returns buf. */
const char *bandwidth_text(enum resource_id id, const struct limits *limits, char *buf,
			   size_t size);

/* What of such a text is a row's value. 0, or -EBADMSG when it is none. */
int bandwidth_parse(enum resource_id id, const char *text, uint64_t *ret_value);

/* A text for what the kernel has, and back. */
const char *bandwidth_print(const struct shape *shape, char *buf, size_t size);
int bandwidth_scan(const char *text, struct shape *ret_shape);

/*
 * Whether this kernel can limit links: it is tried out, in some milliseconds.
 * 0, or -VPS_EHOST with a sentence that starts with the row's name.
 */
int bandwidth_check(enum resource_id id, struct vps_err *err);

/* The text of what is in force on a link. 0, or -errno; no sentence. */
int bandwidth_read(const char *link, enum resource_id id, char *buf, size_t size);

/* Make a text the limits of the way that a row is about; mac of the VPS. 0, or -errno with err set. */
int bandwidth_write(const char *link, const struct mac *mac, enum resource_id id,
		    const char *text, struct vps_err *err);

/*
 * Give a link that was just made the limits of its config.json.
 * Returns 0, or -errno with err set and some of them in force.
 */
int bandwidth_apply(const char *link, const struct mac *mac, const struct oci_config *config,
		    struct vps_err *err);

#endif
