// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the spec of a VPS for `start --onboot`. */
#include "cli/onboot.h"

#include <stdio.h>

#include "base/fileio.h"
#include "base/own.h"
#include "runtime/spec.h"
#include "runtime/vps.h"

int onboot_get(const struct vps_host *host, const char *name, bool *ret_is_wanted,
	       struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	struct spec spec = { 0 };
	char path[VPS_NAME_MAX + 20];
	size_t len;

	(void)snprintf(path, sizeof(path), "vps/%s/spec.json", name);
	if (file_read(vps_host_root_fd(host), path, SPEC_SIZE_MAX, &text, &len, err) < 0 ||
	    spec_parse(text, len, &spec, err) < 0)
		return err->code;
	*ret_is_wanted = spec.is_onboot;
	spec_free(&spec);
	return 0;
}
