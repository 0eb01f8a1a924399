/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Standing between a person and a process: his keys, his signals, its exit status. */
#ifndef RUNTIME_RELAY_H
#define RUNTIME_RELAY_H

#include <sys/types.h>

/*
 * Copy between stdin, stdout and the master of a pty, with the size of the
 * window, until the process (pid_fd) ends and what it wrote has been shown.
 * All descriptors are borrowed.
 */
void relay_terminal(int master_fd, int pid_fd);

/*
 * Block the signals that relay_signals() passes on. To be called before the
 * process exists, so that a signal in between waits instead of ending us.
 * Returns a descriptor that the caller owns, or -1.
 */
int relay_watch_signals(void);

/* Pass on what signal_fd delivers until the process ends. */
void relay_signals(int signal_fd, int pid_fd);

/* Wait for a child: its exit status, or 128 and the signal that ended it. */
int relay_wait(pid_t pid);

#endif
