/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The terminal that a person sits at, while something else owns his keys. */
#ifndef RUNTIME_TERMINAL_H
#define RUNTIME_TERMINAL_H

#include <stdbool.h>
#include <sys/ioctl.h>
#include <termios.h>

struct terminal {
	bool           is_raw;	/* then saved is put back by terminal_restore() */
	struct termios saved;
};

/* Pass every key through, if fd is a terminal. terminal_restore() it on every way out. */
void terminal_raw(int fd, struct terminal *terminal);
void terminal_restore(int fd, struct terminal *terminal);

/* A descriptor that gets readable when the window's size changes; owned by the caller. Or -errno. */
int terminal_watch_size(void);

#endif
