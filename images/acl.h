/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POSIX access control lists, from how libarchive tells them to how the kernel stores them. */
#ifndef IMAGES_ACL_H
#define IMAGES_ACL_H

#include <stddef.h>

#include "base/err.h"

struct archive_entry;

#define ACL_ENTRIES_MAX	1024
#define ACL_VALUE_MAX	(4 + 8 * ACL_ENTRIES_MAX)	/* bytes of the attribute's value */

/*
 * Encode an entry's list as the value of system.posix_acl_access or _default.
 *
 * is_default  which of the two lists
 * buf         ACL_VALUE_MAX bytes
 *
 * Returns the length, 0 when the entry has no such list (beyond its mode), or
 * -errno with err set.
 */
int acl_encode(struct archive_entry *entry, int is_default, void *buf, struct vps_err *err)
	__attribute__((nonnull));

#endif
