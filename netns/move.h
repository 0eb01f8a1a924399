/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A link of the host that is given into a network namespace whole. */
#ifndef NETNS_MOVE_H
#define NETNS_MOVE_H

#include "base/err.h"

/*
 * Move a link of the caller's network namespace into another, bring it up there
 * and put back the permanent addresses of global scope that it had: the kernel
 * takes those away, and keeps MAC and MTU.
 *
 * name       as it is called here
 * new_name   as it is to be called there; must be free there
 * netns_fd   borrowed; it may belong to another user namespace
 *
 * Returns 0; -ENODEV when there is no such link; -EEXIST when the new name is
 * taken; or another -errno. On failure err is set and the link is here again,
 * without its addresses if it had left.
 */
int move_in(const char *name, const char *new_name, int netns_fd, struct vps_err *err)
	__attribute__((nonnull));

/* The way back, for undoing: 0 or -errno with err set. Addresses come along in the same way. */
int move_out(const char *name, const char *new_name, int netns_fd, struct vps_err *err)
	__attribute__((nonnull));

#endif
