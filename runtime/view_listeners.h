/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The notify descriptors of the system call filters of one VPS: one of its
 * init, one of each process that was put into it, seccomp_unotify(2). When the
 * last copy of one is closed, watched calls under its filter fail for ever.
 */
#ifndef RUNTIME_VIEW_LISTENERS_H
#define RUNTIME_VIEW_LISTENERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/own.h"

struct view_listeners {
	int    epoll_fd;	/* readable when there is something for view_listeners_next() */
	int   *fds;
	size_t count;
};

#define VIEW_LISTENERS_INIT	{ .epoll_fd = FD_NONE }

/*
 * fd       taken, also on failure
 * events   EPOLLIN to be told of calls; 0: only of the end
 * Returns 0 or -errno.
 */
int view_listeners_add(struct view_listeners *set, int fd, uint32_t events);

/* Close those whose filter no process has any more. Returns one on which a call waits, or FD_NONE. */
int view_listeners_next(struct view_listeners *set);

void view_listeners_remove(struct view_listeners *set, int fd);
void view_listeners_free(struct view_listeners *set);

/* Let the kernel make its own answer to a call; it may wait no more, which harms nobody. */
void view_listeners_pass(int listener_fd, uint64_t id);

/* The same for all calls that wait, and for owed, which may be none of theirs. */
void view_listeners_pass_all(const struct view_listeners *set, uint64_t owed);

#endif
