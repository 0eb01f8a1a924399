// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-monitor: started by vpsctl beside each VPS; never by hand. */
#include <stdio.h>
#include <string.h>

#include "base/phase.h"
#include "runtime/container.h"
#include "runtime/monitor.h"

int main(int argc, char **argv)
{
	struct monitor_options options;
	const char *stage;
	size_t i;

	if (argc == 2 && strcmp(argv[1], "stages") == 0) {
		for (i = 0; (stage = container_stage(i)); i++)
			(void)puts(stage);
		return 0;
	}
	if (argc != 4 || (strcmp(argv[1], "start") != 0 && strcmp(argv[1], "adopt") != 0)) {
		(void)fprintf(stderr, "vps-monitor: vpsctl starts this program; "
				      "usage: vps-monitor start|adopt RUN-DIR CACHE-DIR\n");
		return 2;
	}
	phase_start();
	options.is_adopting = strcmp(argv[1], "adopt") == 0;
	options.run_dir = argv[2];
	options.cache_dir = argv[3];
	return monitor_run(&options);
}
