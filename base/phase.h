/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the time goes: $VPS_TRACE names a file, to which every phase of a
 * start appends a line "PID MICROSECONDS NAME" when it ends. The microseconds
 * are those since the phase before ended in the same process; a cloned process
 * counts on from its parent's last. Without $VPS_TRACE it costs one comparison.
 */
#ifndef BASE_PHASE_H
#define BASE_PHASE_H

extern int phase_fd;	/* the file; negative: nothing is written */

/* Look at $VPS_TRACE and start the clock: first thing in a program. */
void phase_start(void);

/* What the inline function below calls; failures leave a line out and nothing else. */
void phase_write(const char *name);

/* A phase ends here. */
static inline void phase_end(const char *name)
{
	if (phase_fd >= 0)
		phase_write(name);
}

/* "VPS_TRACE=file" to hand to another program, or NULL. Borrowed from the environment. */
const char *phase_env(void);

/* This process says no more: it closes descriptors that it does not know. */
void phase_stop(void);

#endif
