/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What vps_set() leaves to others: finishing a `set` that was killed. */
#ifndef RUNTIME_RESIZE_H
#define RUNTIME_RESIZE_H

#include "runtime/host.h"

/*
 * Put back what a killed `set` had begun, or nothing when it was done; see
 * journal.h. Called by vps_lock() with the state read.
 */
int resize_recover(struct vps *vps, struct vps_err *err);

#endif
