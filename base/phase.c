// SPDX-License-Identifier: LGPL-2.1-or-later
/* Appends to $VPS_TRACE how long the phases of a start took; called by the engine's stages. */
#include "phase.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "own.h"

int phase_fd = FD_NONE;
static int64_t last_nsec;

static int64_t now_nsec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);	/* the one that is the same in a new time namespace */
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void phase_start(void)
{
	const char *path = getenv("VPS_TRACE");

	if (!path)
		return;
	phase_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC, 0600);
	last_nsec = now_nsec();
}

void phase_write(const char *name)
{
	char line[96];
	int64_t now = now_nsec();
	int len = snprintf(line, sizeof(line), "%d %.1f %s\n", (int)getpid(),
			   (double)(now - last_nsec) / 1e3, name);

	if (len > 0 && len < (int)sizeof(line))
		(void)!write(phase_fd, line, (size_t)len);
	last_nsec = now_nsec();		/* writing is nobody's phase */
}

const char *phase_env(void)
{
	const char *path = getenv("VPS_TRACE");

	return path ? path - strlen("VPS_TRACE=") : NULL;	/* environ(7): "NAME=value" */
}

void phase_stop(void)
{
	own_close(&phase_fd);
}
