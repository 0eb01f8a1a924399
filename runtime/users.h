/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users and groups of a VPS by name, from its own /etc: files that a stranger wrote. */
#ifndef RUNTIME_USERS_H
#define RUNTIME_USERS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

struct user {
	uid_t       uid;
	gid_t       gid;
	gid_t      *groups;		/* supplementary; in the arena */
	size_t      group_count;
	const char *name;		/* NULL: a number that passwd does not know */
	const char *home, *shell;	/* "/" and "/bin/sh" where passwd says nothing */
};

/*
 * Look up "root", "1000", "www-data:adm", "1000:1000".
 *
 * root_fd   root of the VPS, borrowed; /etc/passwd and /etc/group are opened
 *           inside it, must be regular files, and are read up to 4 MiB
 * arena     owns what ret_user points to
 *
 * A name that is not there: -EINVAL with a sentence. A number need not be there.
 */
int users_find(int root_fd, const char *text, struct arena *arena, struct user *ret_user,
	       struct vps_err *err);

/* The home directory of a user by number, or "/" where passwd has none that can be read. */
const char *users_home(int root_fd, uid_t uid, struct arena *arena);

#endif
