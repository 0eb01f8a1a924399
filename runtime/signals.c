// SPDX-License-Identifier: LGPL-2.1-or-later
/* Parses signal names; called by kill and import, and for the stop signal of an image. */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/units.h"

/*
 * The kernel's SIGRTMIN and SIGRTMAX: glibc keeps the first two for itself and
 * says 34, and it is 34 that systemd means by SIGRTMIN+0.
 */
static int realtime(const char *name)
{
	const int lowest = SIGRTMIN, highest = SIGRTMAX;
	bool is_min = strncasecmp(name, "RTMIN", 5) == 0;
	uint64_t offset = 0;

	if (!is_min && strncasecmp(name, "RTMAX", 5) != 0)
		return -EINVAL;
	if (name[5] && (name[5] != (is_min ? '+' : '-') ||
			number_parse(name + 6, 0, (uint64_t)(highest - lowest), &offset) < 0))
		return -EINVAL;
	return is_min ? lowest + (int)offset : highest - (int)offset;
}

int signal_parse(const char *text)
{
	uint64_t number;
	int i;

	if (number_parse(text, 1, (uint64_t)SIGRTMAX, &number) == 0)
		return (int)number;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (i = 1; i < NSIG; i++) {
		const char *name = sigabbrev_np(i);

		if (name && strcasecmp(name, text) == 0)
			return i;
	}
	return realtime(text);
}
