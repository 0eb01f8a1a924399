/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Acting on files as root of a VPS for a moment.
 *
 * Under an id map that has no place for uid 0 of the host, the kernel refuses
 * to create anything as that uid (EOVERFLOW), and overlayfs creates with the
 * credentials of whoever mounted it: its work directory at once, and every
 * copy-up later. Capabilities, which a change of fsuid drops, are put back.
 */
#ifndef IMAGES_FSIDENT_H
#define IMAGES_FSIDENT_H

#include <linux/capability.h>
#include <sys/types.h>

struct fsident {
	struct __user_cap_data_struct caps[2];
	uid_t uid;
	gid_t gid;
	int   dumpable;
	int   death_signal;
};

/*
 * Change the file system ids of this thread and keep its capabilities.
 *
 * ret_before  for fsident_leave()
 *
 * Returns 0, or -errno with everything as it was.
 */
int fsident_enter(uid_t uid, gid_t gid, struct fsident *ret_before);

/*
 * Put back what fsident_enter() found: ids, capabilities, and the dumpable flag
 * and parent death signal that the kernel resets when ids change (prctl(2)).
 */
void fsident_leave(const struct fsident *before);

#endif
