/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The terminal that a person sits at, while something else owns his keys, and the keys on their way. */
#ifndef RUNTIME_TERMINAL_H
#define RUNTIME_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <termios.h>

struct terminal {
	bool           is_raw;	/* then saved is put back by terminal_restore() */
	struct termios saved;
};

/* Pass every key through, if fd is a terminal. terminal_restore() it on every way out. */
void terminal_raw(int fd, struct terminal *terminal);
void terminal_restore(int fd, struct terminal *terminal);

/* Typed, but not yet taken by what reads it inside: that may wait for us to read first. */
struct typed {
	char   keys[8192];
	size_t len;
};

/* Read what was typed from stdin, once typed is empty. 0, or -errno; -EPIPE: the end of input. */
int typed_take(struct typed *typed);

/* Write to fd what it takes of that. 0, or -errno; nothing is lost. */
int typed_give(struct typed *typed, int fd);

/* A descriptor that gets readable when the window's size changes; owned by the caller. Or -errno. */
int terminal_watch_size(void);

#endif
