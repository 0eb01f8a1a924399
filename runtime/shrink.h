/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lowering the memory of a VPS that runs, without killing anything in it. */
#ifndef RUNTIME_SHRINK_H
#define RUNTIME_SHRINK_H

#include "runtime/live.h"

/*
 * Lower memory.max: lower memory.high for a moment, so that the VPS gives back
 * what it can and grows no further, reclaim, look again, and only then set it.
 *
 * lines   for memory.max
 * bytes   the same as a number
 *
 * Returns 0; -VPS_EREFUSED with a sentence that names the smallest value that
 * would have worked and who holds the memory; or another -errno. On failure
 * memory.max and memory.high are as they were.
 */
int shrink_memory(const struct live *live, const char *lines, uint64_t bytes,
		  struct vps_err *err);

#endif
