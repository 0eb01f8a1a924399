/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Standing between a person and a process: his keys, his signals, its exit status. */
#ifndef RUNTIME_RELAY_H
#define RUNTIME_RELAY_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Copy between stdin, stdout and the master of a pty, with the size of the
 * window, until the process (pid_fd) ends and what it wrote has been shown. The
 * end of stdin is typed there. Signals of signal_fd are passed on, but for
 * SIGTERM and SIGHUP unless passes_all: these end this process, and thereby
 * hang up the pty. All descriptors are borrowed; master_fd is non-blocking
 * from here on.
 */
void relay_terminal(int master_fd, int pid_fd, int signal_fd, bool passes_all);

/*
 * Block the signals that are passed on from here on.
 * Returns a descriptor that the caller owns, or -1.
 */
int relay_watch_signals(void);

/* End as one who did not catch this signal. */
_Noreturn void relay_die(int number);

/* Wait for a child: its exit status, or 128 and the signal that ended it. */
int relay_wait(pid_t pid);

#endif
