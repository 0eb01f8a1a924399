// SPDX-License-Identifier: GPL-2.0-or-later
/* A stranger's entries as files below one directory; called by unpack. */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/path.h"
#include "images/attrs.h"

#define WHITEOUT	".wh."
#define WHITEOUT_OWN	".wh..wh."		/* aufs's own files, "opaque" among them */
#define WHITEOUT_OPAQUE	".wh..wh..opq"

struct dir_time {
	char *path;
	struct timespec mtime;
};

struct tree {
	int root_fd;
	bool is_layer;
	char *parent;		/* path of the last entry's directory, */
	int parent_fd;		/* kept open: the next entry is often a sibling */
	struct dir_time *times;
	size_t times_len, times_room;
};

/* An entry's path taken apart; both "" for the root itself. */
struct place {
	char parent[PATH_MAX];
	char leaf[NAME_MAX + 1];
};

struct tree *tree_new(int root_fd, bool is_layer)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return NULL;
	tree->root_fd = root_fd;
	tree->is_layer = is_layer;
	tree->parent_fd = FD_NONE;
	return tree;
}

static void forget_parent(struct tree *tree)
{
	own_close(&tree->parent_fd);
	free(tree->parent);
	tree->parent = NULL;
}

void tree_free(struct tree *tree)
{
	size_t i;

	if (!tree)
		return;
	forget_parent(tree);
	for (i = 0; i < tree->times_len; i++)
		free(tree->times[i].path);
	free(tree->times);
	free(tree);
}

/* "./usr//bin/" is usr and bin. A leaf of ".." names nothing that can be made. */
static int split(const char *path, struct place *place)
{
	size_t len = strlen(path), leaf;

	while (len > 0 && (path[len - 1] == '/' ||
			   (path[len - 1] == '.' && (len == 1 || path[len - 2] == '/'))))
		len--;
	leaf = len;
	while (leaf > 0 && path[leaf - 1] != '/')
		leaf--;
	if (leaf >= sizeof(place->parent) || len - leaf >= sizeof(place->leaf))
		return -ENAMETOOLONG;
	memcpy(place->parent, path, leaf);
	place->parent[leaf] = '\0';
	memcpy(place->leaf, path + leaf, len - leaf);
	place->leaf[len - leaf] = '\0';
	return strcmp(place->leaf, "..") == 0 ? -EBADMSG : 0;
}

/* The directory that an entry goes to; missing ones are made. Borrowed from the tree. */
static int parent_of(struct tree *tree, const char *parent)
{
	OWN_FD fd = FD_NONE;

	if (tree->parent && strcmp(tree->parent, parent) == 0)
		return tree->parent_fd;
	fd = path_make_dir_in_root(tree->root_fd, parent, 0755);
	if (fd < 0)
		return fd;
	forget_parent(tree);
	tree->parent = strdup(parent);
	if (!tree->parent)
		return -ENOMEM;
	tree->parent_fd = fd_take(&fd);
	return tree->parent_fd;
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/* Remove what has the name. Paths may lead elsewhere afterwards, so the parent's is forgotten. */
static int clear_leaf(struct tree *tree, int parent_fd, const char *leaf, bool *ret_was_whiteout,
		      struct vps_err *err)
{
	struct stat st;

	if (fstatat(parent_fd, leaf, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return vps_err_set(err, -errno, "cannot look at what is there");
	*ret_was_whiteout = is_whiteout(&st);
	if (S_ISDIR(st.st_mode) && tree_remove(parent_fd, leaf, err) < 0)
		return err->code;
	if (!S_ISDIR(st.st_mode) && unlinkat(parent_fd, leaf, 0) < 0)
		return vps_err_set(err, -errno, "cannot replace what is there");
	free(tree->parent);
	tree->parent = NULL;	/* parent_fd stays open until the next entry finds its own */
	return 0;
}

static int remember_time(struct tree *tree, const struct tree_entry *entry)
{
	char *path = strdup(entry->path);

	if (path && tree->times_len == tree->times_room) {
		size_t room = tree->times_room ? tree->times_room * 2 : 256;
		struct dir_time *bigger = reallocarray(tree->times, room, sizeof(*bigger));

		if (!bigger) {
			free(path);
			return -ENOMEM;
		}
		tree->times = bigger;
		tree->times_room = room;
	}
	if (!path)
		return -ENOMEM;
	tree->times[tree->times_len++] = (struct dir_time){ path, entry->mtime };
	return 0;
}

static int make_opaque(int dir_fd, struct vps_err *err)
{
	if (fsetxattr(dir_fd, "trusted.overlay.opaque", "y", 1, 0) < 0)
		return vps_err_set(err, -errno, "cannot make the directory opaque");
	return 0;
}

/* A directory that is there stays, with what is in it, and gets the entry's attributes. */
static int add_dir(struct tree *tree, const struct tree_entry *entry, int parent_fd,
		   const char *leaf, struct vps_err *err)
{
	bool was_whiteout = false;
	OWN_FD fd = FD_NONE;
	struct stat st;
	int r;

	if (*leaf && mkdirat(parent_fd, leaf, 0700) < 0) {
		if (errno != EEXIST)
			return vps_err_set(err, -errno, "cannot make the directory");
		if (fstatat(parent_fd, leaf, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return vps_err_set(err, -errno, "cannot look at what is there");
		if (!S_ISDIR(st.st_mode) &&
		    (clear_leaf(tree, parent_fd, leaf, &was_whiteout, err) < 0 ||
		     mkdirat(parent_fd, leaf, 0700) < 0))
			return vps_err_set(err, -errno, "cannot make the directory");
	}
	fd = openat(*leaf ? parent_fd : tree->root_fd, *leaf ? leaf : ".",
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return vps_err_set(err, -errno, "cannot open the directory");
	/* Deleted below and made anew above: nothing of the lower one shows through. */
	if (tree->is_layer && was_whiteout && make_opaque(fd, err) < 0)
		return err->code;
	r = remember_time(tree, entry);
	if (r < 0)
		return vps_err_set(err, r, "cannot remember the directory");
	return attrs_apply(fd, entry, err);
}

/* The other name of a hard link: its directory resolved like any, the leaf never followed. */
static int link_leaf(struct tree *tree, const char *target, int parent_fd, const char *leaf)
{
	OWN_FD dir_fd = FD_NONE;
	struct place place;
	struct stat st;
	int r = split(target, &place);

	if (r < 0)
		return r;
	dir_fd = path_open_in_root(tree->root_fd, place.parent, O_PATH | O_DIRECTORY, 0);
	if (dir_fd < 0)
		return dir_fd;
	if (!*place.leaf || fstatat(dir_fd, place.leaf, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return *place.leaf ? -errno : -EISDIR;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return linkat(dir_fd, place.leaf, parent_fd, leaf, 0) < 0 ? -errno : 0;
}

/* Make the leaf, which must not be there. Returns a descriptor, FD_NONE, or another -errno. */
static int make_leaf(struct tree *tree, const struct tree_entry *entry, int parent_fd,
		     const char *leaf)
{
	int r = -1;

	if (entry->is_hardlink) {
		r = link_leaf(tree, entry->target, parent_fd, leaf);
		return r < 0 ? r : FD_NONE;
	}
	switch (entry->mode & S_IFMT) {
	case S_IFREG:
		r = openat(parent_fd, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			   0600);
		return r < 0 ? -errno : r;
	case S_IFLNK:
		r = symlinkat(entry->target, parent_fd, leaf);
		break;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
		r = mknodat(parent_fd, leaf, (entry->mode & S_IFMT) | 0600, entry->rdev);
		break;
	default:
		errno = EOPNOTSUPP;
	}
	return r < 0 ? -errno : FD_NONE;
}

static int add_leaf(struct tree *tree, const struct tree_entry *entry, int parent_fd,
		    const char *leaf, int *ret_fd, struct vps_err *err)
{
	bool was_whiteout;
	int fd = make_leaf(tree, entry, parent_fd, leaf);

	if (fd == -EEXIST) {
		if (clear_leaf(tree, parent_fd, leaf, &was_whiteout, err) < 0)
			return err->code;
		fd = make_leaf(tree, entry, parent_fd, leaf);
	}
	if (entry->is_hardlink && (fd == -ENOENT || fd == -EISDIR))
		return vps_err_say(err, -EBADMSG, "a hard link to \"%.150s\", which is no file of the archive",
				   entry->target);
	if (fd < 0 && fd != FD_NONE)
		return vps_err_set(err, fd, "cannot make it");
	*ret_fd = fd;
	if (fd >= 0 || entry->is_hardlink)
		return 0;
	return attrs_apply_at(parent_fd, leaf, entry, err);
}

/* "dir/.wh.name": overlayfs hides a name by a character device 0:0, a directory by an attribute. */
static int add_whiteout(int parent_fd, const char *leaf, struct vps_err *err)
{
	const char *hidden = leaf + strlen(WHITEOUT);
	OWN_FD fd = FD_NONE;

	if (strcmp(leaf, WHITEOUT_OPAQUE) == 0) {
		fd = openat(parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return fd < 0 ? vps_err_set(err, -errno, "cannot open the directory")
			      : make_opaque(fd, err);
	}
	if (strncmp(leaf, WHITEOUT_OWN, strlen(WHITEOUT_OWN)) == 0)
		return 0;
	if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		return vps_err_say(err, -EBADMSG, "a whiteout of no name");
	if (mknodat(parent_fd, hidden, S_IFCHR, makedev(0, 0)) == 0)
		return 0;
	if (errno != EEXIST)
		return vps_err_set(err, -errno, "cannot make a whiteout");
	/* What this layer brings itself stays; a directory only stops showing the lower one. */
	fd = openat(parent_fd, hidden, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? 0 : make_opaque(fd, err);
}

static int add(struct tree *tree, const struct tree_entry *entry, int *ret_fd,
	       struct vps_err *err)
{
	struct place place;
	int parent_fd = split(entry->path, &place);

	if (parent_fd == -EBADMSG)
		return vps_err_say(err, parent_fd, "\"..\" is no name for anything");
	if (parent_fd < 0)
		return vps_err_set(err, parent_fd, "no such name can be made");
	if (entry->uid < 0 || entry->uid > TREE_ID_MAX || entry->gid < 0 || entry->gid > TREE_ID_MAX)
		return vps_err_say(err, -VPS_EREFUSED,
				   "owner %lld:%lld is outside 0..%d, which is all that a VPS has",
				   entry->uid, entry->gid, TREE_ID_MAX);
	if (!*place.leaf && !S_ISDIR(entry->mode))
		return vps_err_say(err, -EBADMSG, "the root must be a directory");
	parent_fd = parent_of(tree, place.parent);
	if (parent_fd < 0)
		return vps_err_set(err, parent_fd, "cannot open its directory");
	if (tree->is_layer && strncmp(place.leaf, WHITEOUT, strlen(WHITEOUT)) == 0)
		return add_whiteout(parent_fd, place.leaf, err);
	if (S_ISDIR(entry->mode) && !entry->is_hardlink)
		return add_dir(tree, entry, parent_fd, place.leaf, err);
	return add_leaf(tree, entry, parent_fd, place.leaf, ret_fd, err);
}

int tree_add(struct tree *tree, const struct tree_entry *entry, int *ret_fd, struct vps_err *err)
{
	int fd = FD_NONE;

	if (add(tree, entry, &fd, err) < 0) {
		own_close(&fd);
		return vps_err_in(err, "entry \"%.200s\"", entry->path);
	}
	*ret_fd = fd;
	return 0;
}

int tree_seal(const struct tree_entry *entry, int fd, struct vps_err *err)
{
	if (attrs_apply(fd, entry, err) < 0)
		return vps_err_in(err, "entry \"%.200s\"", entry->path);
	return 0;
}

int tree_finish(struct tree *tree, struct vps_err *err)
{
	size_t i;

	for (i = 0; i < tree->times_len; i++) {
		const struct dir_time *dir = &tree->times[i];
		const struct timespec times[2] = { dir->mtime, dir->mtime };
		OWN_FD fd = path_open_in_root(tree->root_fd, dir->path,
					      O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

		if (fd < 0)	/* a later entry replaced it */
			continue;
		if (futimens(fd, times) < 0)
			return vps_err_set(err, -errno, "cannot set the time of %s", dir->path);
	}
	return 0;
}
