/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much time has passed, whatever the host's date is set to. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment before; CLOCK_MONOTONIC of clock_gettime(2). */
static inline int64_t clock_msec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

#endif
