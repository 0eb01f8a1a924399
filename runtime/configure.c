// SPDX-License-Identifier: LGPL-2.1-or-later
/* vps_configure(): changes what a VPS is from its next start on, but for its limits; called by vpsctl. */
#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "base/own.h"
#include "host.h"
#include "host_limits.h"
#include "limits.h"

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Files, ids and an address were given to the VPS by these when it was created. */
static int check_kept(const struct spec *before, const struct spec *after, struct vps_err *err)
{
	const struct {
		const char *key;
		bool        is_kept;
	} keys[] = {
		{ "image", same_text(before->image, after->image) },
		{ "network.mode", before->network.mode == after->network.mode },
		{ "network.bridge", same_text(before->network.bridge, after->network.bridge) },
		{ "network.address", same_text(before->network.address, after->network.address) },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(keys); i++)
		if (!keys[i].is_kept)
			return vps_err_say(err, -EINVAL,
					   "%s: stays as it was when the VPS was created; create another",
					   keys[i].key);
	return 0;
}

/* What has a command of its own. */
static int check_others(const struct spec *before, const struct spec *after, struct vps_err *err)
{
	int id;

	if (!same_text(before->name, after->name))
		return vps_err_say(err, -EINVAL, "name: `vpsctl rename` gives a VPS another name");
	for (id = 0; id < RESOURCES; id++)
		if (!limits_are_equal(&before->limits, &after->limits, (enum resource_id)id))
			return vps_err_say(err, -EINVAL, "resources.%s: `vpsctl set` changes limits",
					   resources[id].name);
	return 0;
}

/* The rules of a file hold for what was changed key by key, too. */
static int check_whole(const char *text, const struct spec *before, struct vps_err *err)
{
	struct spec after = { 0 };
	int r = spec_parse(text, strlen(text), &after, err);

	if (r == 0)
		r = check_kept(before, &after, err);
	if (r == 0)
		r = check_others(before, &after, err);
	spec_free(&after);
	return r;
}

static int claim_mac(struct vps *vps, const struct spec *before, const struct spec *after,
		     struct vps_err *err)
{
	if (same_text(before->network.mac, after->network.mac))
		return 0;
	return vps_claim_mac(vps, after->network.mac, err);
}

int vps_configure(struct vps_host *host, const char *name, vps_change_fn *change, void *arg,
		  struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	OWN_MEM char *text = NULL;
	struct spec before = { 0 }, spec = { 0 };
	struct vps_err ignored = { 0 };
	int r = vps_lock(host, name, &vps, err);

	if (r == 0)
		r = vps_load_spec(vps.vps_fd, &before, err);
	if (r == 0)
		r = vps_load_spec(vps.vps_fd, &spec, err);
	if (r == 0)
		r = change(&spec, arg, err);
	if (r == 0 && !spec.name)	/* a file need not repeat them */
		spec.name = before.name;
	if (r == 0 && !spec.image)
		spec.image = before.image;
	if (r == 0)
		r = spec_print(&spec, &text, err);
	if (r == 0)
		r = check_whole(text, &before, err);
	if (r == 0 && host_limits_check_spec(host, &before, &ignored) == 0)
		r = host_limits_check_spec(host, &spec, err);
	if (r == 0)
		r = claim_mac(&vps, &before, &spec, err);
	if (r == 0) {
		r = file_replace(vps.vps_fd, SPEC_FILE, text, strlen(text), 0600, true, err);
		if (r < 0)
			(void)claim_mac(&vps, &spec, &before, &ignored);
	}
	spec_free(&spec);
	spec_free(&before);
	return r;
}
