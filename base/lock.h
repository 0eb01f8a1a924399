/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Advisory locks that die with their holder; one per VPS, one per store. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Take an exclusive flock(2) on a file, creating it.
 *
 * dir_fd      directory, borrowed
 * name        file in it
 * wait_msec   how long to wait for another holder: 0 does not wait, -1 for ever
 *
 * Returns a descriptor that holds the lock until its last copy is closed (a
 * child that inherits it holds it too), or -VPS_ELOCKED with err naming the
 * holder's pid where it is known, or another -errno.
 *
 * The file may have been unlinked by the holder we waited for: the lock is
 * then taken anew on the file that is there now.
 */
int lock_take(int dir_fd, const char *name, int wait_msec, struct vps_err *err)
	__attribute__((nonnull));

/* Whether somebody holds it. Missing file: nobody. */
bool lock_is_held(int dir_fd, const char *name) __attribute__((nonnull));

#endif
