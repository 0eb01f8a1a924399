// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads and writes limits of links that are there; called at a start, by live.c and before limits are saved. */
#include <errno.h>
#include <string.h>

#include "bandwidth.h"
#include "base/own.h"
#include "netns/shape.h"
#include "oci.h"

int bandwidth_check(enum resource_id id, struct vps_err *err)
{
	return shape_probe(err) < 0 ? vps_err_in(err, "%s", resources[id].name) : 0;
}

int bandwidth_read(const char *link, enum resource_id id, char *buf, size_t size)
{
	struct vps_err ignored = { 0 };
	struct shape shape;
	int r = shape_get(link, bandwidth_way(id), &shape, &ignored);

	if (r == 0)
		(void)bandwidth_print(&shape, buf, size);
	return r;
}

int bandwidth_write(const char *link, const struct mac *mac, enum resource_id id,
		    const char *text, struct vps_err *err)
{
	struct shape shape;
	int r = bandwidth_scan(text, &shape);

	if (r < 0)
		return vps_err_say(err, r, "%s: \"%.60s\" is no rate and burst",
				   resources[id].name, text);
	r = shape_set(link, mac, bandwidth_way(id), &shape, err);
	return r < 0 ? vps_err_in(err, "%s", resources[id].name) : 0;
}

int bandwidth_apply(const char *link, const struct mac *mac, const struct oci_config *config,
		    struct vps_err *err)
{
	static const enum resource_id ids[] = { RES_NET_IN, RES_NET_OUT };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < ARRAY_LEN(ids); i++) {
		const char *text = oci_annotation(config, resources[ids[i]].file);

		if (!text || strncmp(text, "max", 3) == 0)
			continue;	/* as it was made */
		r = bandwidth_write(link, mac, ids[i], text, err);
	}
	return r;
}
