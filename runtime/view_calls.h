/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system calls of one VPS that its view answers: taken from its notify
 * descriptors one after the other, the one at hand standing in the page.
 */
#ifndef RUNTIME_VIEW_CALLS_H
#define RUNTIME_VIEW_CALLS_H

#include "runtime/view.h"

struct view_calls;

/*
 * fds   VIEW_FDS of them, borrowed
 * Returns what holds no notify descriptor yet, or NULL with errno set.
 */
struct view_calls *view_calls_open(const int *fds);

/* Take a notify descriptor, also on failure. 0 or -errno. */
int view_calls_add(struct view_calls *calls, int listener_fd);

/* All that the server before us had are there: answer what it owed, and go on. */
void view_calls_begin(struct view_calls *calls);

/* To be waited for; readable when there is something to do. */
int view_calls_fd(const struct view_calls *calls);

/* Whether view_calls_serve() is to be called after a while, whatever happens. */
bool view_calls_is_busy(const struct view_calls *calls);

/* Do one thing, without waiting. 0, or -errno: no process can call any more. */
int view_calls_serve(struct view_calls *calls);

/* The lowest notify descriptor above one, borrowed, or FD_NONE: for going through all of them. */
int view_calls_above(const struct view_calls *calls, int listener_fd);

const char *view_calls_name(const struct view_calls *calls);
void view_calls_close(struct view_calls *calls);

#endif
