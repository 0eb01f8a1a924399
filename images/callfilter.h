/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls that unpacking needs, and no others. */
#ifndef IMAGES_CALLFILTER_H
#define IMAGES_CALLFILTER_H

#include "base/err.h"

/*
 * From here on any other system call fails with ENOSYS, as if the kernel were
 * older: libraries have an answer to that. Needs no_new_privs. For good.
 *
 * Returns 0, or -errno with err set.
 */
int callfilter_install(struct vps_err *err) __attribute__((nonnull));

#endif
