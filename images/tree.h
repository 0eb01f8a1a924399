/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing a layer's directory tree from entries that a stranger wrote.
 *
 * No entry gets outside: the parent of each is resolved inside the root as a
 * chrooted process would see it, and the leaf is made beneath that descriptor,
 * exclusively and without following anything. A layer may so rightly say that
 * var/run is a link to /run, and then bring var/run/x.
 */
#ifndef IMAGES_TREE_H
#define IMAGES_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"

#define TREE_ID_MAX 65535	/* ids on disk: what every VPS's id map has a place for */

struct tree;

struct tree_xattr {
	const char *name;
	const void *value;
	size_t	    size;
};

/* One member of an archive; everything borrowed. */
struct tree_entry {
	const char *path;
	const char *target;	/* of a symlink; with is_hardlink, the path of the other name */
	bool	    is_hardlink;
	mode_t	    mode;	/* type and permissions */
	long long   uid, gid;
	dev_t	    rdev;
	struct timespec mtime;
	const struct tree_xattr *xattrs;
	size_t	    xattrs_len;
};

/*
 * Start in an empty directory.
 *
 * root_fd    borrowed until tree_free()
 * is_layer   names that begin with ".wh." are an OCI layer's whiteouts and
 *            become overlayfs's; otherwise they are plain names
 *
 * Returns NULL without memory.
 */
struct tree *tree_new(int root_fd, bool is_layer);

/* NULL is fine; what was written stays. */
void tree_free(struct tree *tree);

/*
 * Add an entry. What has its name already goes: the last entry of a name wins.
 *
 * ret_fd  for a regular file, a descriptor that the caller fills, hands to
 *         tree_seal() and closes; FD_NONE for everything else
 *
 * Returns 0, or -errno with err naming the entry.
 */
int tree_add(struct tree *tree, const struct tree_entry *entry, int *ret_fd,
	     struct vps_err *err) __attribute__((nonnull));

/*
 * Give a regular file its owner, mode, attributes and time, which writing to
 * it would have changed. fd is borrowed. 0, or -errno with err naming the entry.
 */
int tree_seal(const struct tree_entry *entry, int fd, struct vps_err *err)
	__attribute__((nonnull));

/* Set the times of directories, now that nothing is added to them. 0 or -errno. */
int tree_finish(struct tree *tree, struct vps_err *err) __attribute__((nonnull));

#endif
