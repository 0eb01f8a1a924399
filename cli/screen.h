/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shows on a terminal what a stranger wrote: its text and colours, and nothing
 * that moves the cursor, names the window or makes the terminal type an answer.
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stddef.h>

/* What came and is not decided yet: the beginning of a sequence. {} at first. */
struct screen {
	char   kept[24];
	size_t kept_len;
	char   out[4096];
	size_t out_len;
	int    fd;
};

/* Show the next piece of it on screen->fd. 0 or -errno. */
int screen_show(struct screen *screen, const char *data, size_t len);

/* At its end: the terminal has its own colours again. */
void screen_end(struct screen *screen);

#endif
