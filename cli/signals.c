// SPDX-License-Identifier: GPL-2.0-or-later
/* Names and numbers of signals, for cmd_kill.c. */
#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "base/units.h"

/* "RTMIN", "RTMIN+3", "RTMAX-1" */
static int parse_realtime(const char *name)
{
	int base, sign;
	uint64_t distance = 0;

	if (!strncmp(name, "RTMIN", 5))
		base = SIGRTMIN, sign = 1;
	else if (!strncmp(name, "RTMAX", 5))
		base = SIGRTMAX, sign = -1;
	else
		return -EINVAL;
	if (name[5] && name[5] != (sign > 0 ? '+' : '-'))
		return -EINVAL;
	if (name[5] &&
	    number_parse(name + 6, 0, (uint64_t)(SIGRTMAX - SIGRTMIN), &distance) < 0)
		return -EINVAL;
	return base + sign * (int)distance;
}

int signals_parse(const char *text)
{
	const char *name = strncmp(text, "SIG", 3) ? text : text + 3;
	uint64_t number;
	int i;

	if (!number_parse(text, 1, (uint64_t)SIGRTMAX, &number))
		return (int)number;
	for (i = 1; i < SIGRTMIN; i++) {
		const char *known = sigabbrev_np(i);

		if (known && !strcmp(known, name))
			return i;
	}
	return parse_realtime(name);
}
