/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One VPS's FUSE connection, answered by libfuse; the only place that knows that library. */
#ifndef RUNTIME_VIEW_FUSE_H
#define RUNTIME_VIEW_FUSE_H

#include "runtime/view.h"

struct view_link;

/*
 * Go on where the connection's last server stopped, or begin.
 *
 * fds    VIEW_FDS of them, taken, also on failure
 * Returns the link, or NULL with errno set.
 */
struct view_link *view_link_open(int *fds);

/* Answer one request. 0 (also when there was none), or -errno: the VPS is gone. */
int view_link_serve(struct view_link *link);

/* Its descriptors, VIEW_FDS of them, borrowed. */
const int *view_link_fds(const struct view_link *link);
const char *view_link_name(const struct view_link *link);

void view_link_close(struct view_link *link);

#endif
