/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * proc and sysfs that the root of a container cannot uncover.
 *
 * He is root of the user namespace that owns his mount namespace, so what is
 * mounted there he may unmount: the mask over /proc/cmdline as well. What
 * arrives by propagation from a mount namespace of another owner is locked,
 * mount_namespaces(7). So init hands its proc and sysfs to the runtime, the
 * runtime covers them in its own mount namespace and puts them on the root,
 * which it shares with init's: there they appear, and stay as they are.
 */
#ifndef ISOLATION_GUARD_H
#define ISOLATION_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "isolation/covers.h"
#include "isolation/mounts.h"

/* Whether an entry is one that is handed over. */
bool guard_is_for(const struct mount_entry *entry);

/* Whether a path is that of an entry, or below it. */
bool guard_is_under(const struct mount_entry *entry, const char *path);

/* What of path lies below the entry's destination, with its slash, or NULL. */
const char *guard_below(const struct mount_entry *entry, const char *path);

/*
 * Where such an entry goes, not through a link of the image's: who can exchange
 * the link would separate the mount from what has to cover it.
 * Returns a descriptor that the caller owns, or -errno with err set.
 */
int guard_open_target(int root_fd, const struct mount_entry *entry, struct vps_err *err);

/* Whether a masked or read-only path lies on such an entry: then it is covered here. */
bool guard_covers(const struct mounts_plan *plan, const char *path);

/*
 * The runtime's half: cover a mount and put it onto the root.
 *
 * plan       plan->root is attached and shared in the mount namespace of this process
 * entry      whose destination exists inside the root
 * mount_fd   detached mount that init made, borrowed
 * covers     the same for each mount of a container; the caller covers_close()s them
 * scratch    an existing directory of ours
 *
 * Returns 0, or -errno with err set.
 */
int guard_attach(const struct mounts_plan *plan, const struct mount_entry *entry, int mount_fd,
		 struct covers *covers, const char *scratch, struct vps_err *err);

#endif
