/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels of Linux Security Modules: the AppArmor profile and the SELinux context of a process. */
#ifndef ISOLATION_LABELS_H
#define ISOLATION_LABELS_H

#include <stdbool.h>

#include "base/err.h"

/* Whether this host's kernel runs with that module. */
bool labels_have_apparmor(void);
bool labels_have_selinux(void);

/*
 * Whether what is wished for, each may be NULL, can be had: to be asked outside
 * of the container. 0, or -VPS_EHOST with err naming property and module.
 */
int labels_check(const char *profile, const char *context, const char *mount_context,
		 struct vps_err *err);

/*
 * Let the next execve() of the calling thread take this profile, or context.
 *
 * NULL is no wish. Written into /proc of the calling thread's root, which is
 * made sure to be a procfs that nothing is mounted over.
 * Returns 0, or -errno with err set.
 */
int labels_set_apparmor(const char *profile, struct vps_err *err);
int labels_set_selinux(const char *context, struct vps_err *err);

#endif
