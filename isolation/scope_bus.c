// SPDX-License-Identifier: LGPL-2.1-or-later
/* Loads libsystemd when the first scope is asked for; called by scope.c. */
#include <dlfcn.h>

#include "base/own.h"
#include "scope_parts.h"

#define LIBRARY "libsystemd.so.0"

static const struct {
	const char *name;
	size_t      offset;
} calls[] = {
#define BUS_ROW(name) { #name, offsetof(struct bus_calls, name) },
	BUS_CALLS(BUS_ROW)
#undef BUS_ROW
};

const struct bus_calls *bus_calls(struct vps_err *err)
{
	static struct bus_calls loaded;
	static bool is_loaded;
	void *library;
	size_t i;

	if (is_loaded)
		return &loaded;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);	/* for as long as the process lives */
	if (!library) {
		(void)vps_err_say(err, -VPS_EHOST,
				  "the systemd cgroup driver needs " LIBRARY "; install libsystemd0, or use --cgroup-manager cgroupfs");
		return NULL;
	}
	for (i = 0; i < ARRAY_LEN(calls); i++) {
		void *found = dlsym(library, calls[i].name);

		if (!found) {
			(void)vps_err_say(err, -VPS_EHOST, LIBRARY " has no %s; install a newer libsystemd0",
					  calls[i].name);
			return NULL;
		}
		*(void **)((char *)&loaded + calls[i].offset) = found;
	}
	is_loaded = true;
	return &loaded;
}
