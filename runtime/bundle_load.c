// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads the config.json that bundle.c wrote; called by the monitor and by exec. */
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "base/fileio.h"
#include "compile.h"
#include "host.h"

#define CONFIG_MAX	(4u << 20)	/* bytes; a seccomp profile of the owner's may be large */

static bool has_annotation(const struct oci_config *config, const char *key, const char *value)
{
	const char *found = oci_annotation(config, key);

	return found && strcmp(found, value) == 0;
}

/* The uptime of a VPS begins with it: shift its clocks by what the host has run already. */
static void zero_uptime(struct oci_config *config)
{
	struct timespec now;

	config->has_time_offsets = true;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	config->boottime = (struct ns_time_offset){ .sec = -now.tv_sec };
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	config->monotonic = (struct ns_time_offset){ .sec = -now.tv_sec };
}

int bundle_load(int run_fd, struct oci_config *config, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	size_t len;
	int r = file_read(run_fd, "config.json", CONFIG_MAX, &text, &len, err);

	if (r == 0)
		r = oci_parse(text, len, config, err);
	if (r < 0)
		return r;
	if (has_annotation(config, SECCOMP_ANNOTATION, SECCOMP_DEFAULT)) {
		config->seccomp = syscalls_system_container;
		config->has_seccomp = true;
	}
	if (has_annotation(config, "vps.uptime", "zero"))
		zero_uptime(config);
	return 0;
}
