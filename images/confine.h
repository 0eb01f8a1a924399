/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locking a process up before it reads what a stranger wrote. */
#ifndef IMAGES_CONFINE_H
#define IMAGES_CONFINE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Leave the process with what unpacking needs, for good:
 *
 *   - the directories "images" and "layers" of root as its whole file system,
 *     in which no device opens and nothing executes (mount namespace of its
 *     own, pivoted); nothing can be made beside them;
 *   - network, ipc and uts namespaces of its own, with nothing in them;
 *   - the capabilities to write files of any owner: CHOWN, DAC_OVERRIDE,
 *     FOWNER, FSETID, MKNOD, SETFCAP;
 *   - no new privileges, no core dump, and a list of system calls outside of
 *     which nothing exists.
 *
 * root            has these two; what stands for it is "/" and the current directory
 * needs_trusted   keep SYS_ADMIN, for trusted.overlay.* attributes: OCI layers
 *                 have whiteouts, root file systems have not
 *
 * Descriptors that are open stay open, and reach what they reached: open the
 * store anew afterwards. Children started before can be waited for.
 *
 * Returns 0, or -errno with err set and the process fit only to exit.
 */
int confine_enter(const char *root, bool needs_trusted, struct vps_err *err)
	__attribute__((nonnull));

#endif
