// SPDX-License-Identifier: GPL-2.0-or-later
/* Mark and sweep over a store; called after a removal and before an import. */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "base/own.h"
#include "images/reference.h"

/* Hex names that are referred to, sorted once all are in. */
struct marks {
	struct arena arena;
	const char **names;
	size_t len, room;
};

struct all_marks {
	struct marks blobs;
	struct marks layers;
};

static void own_all_marks(struct all_marks *marks)
{
	arena_free(&marks->blobs.arena);
	arena_free(&marks->layers.arena);
	free(marks->blobs.names);
	free(marks->layers.names);
}

#define OWN_ALL_MARKS __attribute__((cleanup(own_all_marks))) struct all_marks

static int mark(struct marks *marks, const char *hex, struct vps_err *err)
{
	char *name = arena_strdup(&marks->arena, hex);

	if (name && marks->len == marks->room) {
		size_t room = marks->room ? marks->room * 2 : 64;
		const char **bigger = reallocarray(marks->names, room, sizeof(*bigger));

		if (!bigger)
			return vps_err_set(err, -ENOMEM, "cannot sweep the store");
		marks->names = bigger;
		marks->room = room;
	}
	if (!name)
		return vps_err_set(err, -ENOMEM, "cannot sweep the store");
	marks->names[marks->len++] = name;
	return 0;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool is_marked(const struct marks *marks, const char *name)
{
	return marks->len > 0 &&
	       bsearch(&name, marks->names, marks->len, sizeof(*marks->names), by_text);
}

static int mark_blobs(int images_fd, const struct index_entry *entry, struct marks *marks,
		      struct vps_err *err)
{
	struct manifest manifest;
	size_t i;
	int r;

	if (catalog_read_manifest(images_fd, &entry->manifest, &manifest, err) < 0)
		return err->code;
	r = mark(marks, catalog_blob_name(&entry->manifest), err);
	if (r == 0)
		r = mark(marks, catalog_blob_name(&manifest.config), err);
	for (i = 0; r == 0 && i < manifest.layers_len; i++)
		r = mark(marks, catalog_blob_name(&manifest.layers[i]), err);
	arena_free(&manifest.arena);
	return r;
}

static int mark_layers(int images_fd, const struct index_entry *entry, struct marks *marks,
		       struct vps_err *err)
{
	OWN_IMAGE *image = NULL;
	size_t i;

	if (catalog_read_image(images_fd, entry, &image, err) < 0)
		return err->code;
	for (i = 0; i < image->diff_ids_len; i++)
		if (mark(marks, image->diff_ids[i], err) < 0)
			return err->code;
	return 0;
}

/* Everything that the index refers to, but for one entry (len: none is left out). */
static int mark_all(int images_fd, const struct index *index, size_t except,
		    struct all_marks *marks, struct vps_err *err)
{
	size_t i;

	for (i = 0; i < index->len; i++) {
		if (i == except)
			continue;
		if (mark_blobs(images_fd, &index->entries[i], &marks->blobs, err) < 0 ||
		    mark_layers(images_fd, &index->entries[i], &marks->layers, err) < 0)
			return err->code;
	}
	if (marks->blobs.len > 0)
		qsort(marks->blobs.names, marks->blobs.len, sizeof(char *), by_text);
	if (marks->layers.len > 0)
		qsort(marks->layers.names, marks->layers.len, sizeof(char *), by_text);
	return 0;
}

static int open_listing(int dir_fd, const char *path, DIR **ret_dir, struct vps_err *err)
{
	OWN_FD fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		return vps_err_set(err, -errno, "cannot list %s", path);
	(void)fd_take(&fd);	/* the stream has it now */
	*ret_dir = dir;
	return 0;
}

/*
 * A layer disappears by its name first: a deletion that is killed half way must
 * not leave a layer that looks whole.
 */
static int drop_layer(int layers_fd, const char *name, struct vps_err *err)
{
	char doomed[sizeof(SWEEP_STAGING) + DIGEST_HEX_LEN];

	(void)snprintf(doomed, sizeof(doomed), SWEEP_STAGING "%.*s", DIGEST_HEX_LEN, name);
	if (tree_remove(layers_fd, doomed, err) < 0)
		return err->code;
	if (renameat(layers_fd, name, layers_fd, doomed) < 0)
		return vps_err_set(err, -errno, "cannot set layer %s aside", name);
	return tree_remove(layers_fd, doomed, err);
}

static int sweep_layers(int layers_fd, const struct marks *marks, names_used_fn is_used,
			void *arg, struct vps_err *err)
{
	OWN_DIR *dir = NULL;
	struct dirent *entry;

	if (open_listing(layers_fd, ".", &dir, err) < 0)
		return err->code;
	while ((entry = readdir(dir))) {
		if (!reference_is_hex(entry->d_name) || is_marked(marks, entry->d_name) ||
		    (is_used && is_used(entry->d_name, arg)))
			continue;
		if (drop_layer(layers_fd, entry->d_name, err) < 0)
			return err->code;
	}
	return 0;
}

static int sweep_blobs(int images_fd, const struct marks *marks, struct vps_err *err)
{
	OWN_DIR *dir = NULL;
	struct dirent *entry;

	if (open_listing(images_fd, CATALOG_BLOBS, &dir, err) < 0)
		return err->code;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || is_marked(marks, entry->d_name))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			return vps_err_set(err, -errno, "cannot delete blob %s", entry->d_name);
	}
	return 0;
}

int sweep_unreferenced(int images_fd, int layers_fd, const struct index *index,
		       names_used_fn is_used, void *arg, struct vps_err *err)
{
	OWN_ALL_MARKS marks = { 0 };

	if (mark_all(images_fd, index, index->len, &marks, err) < 0 ||
	    sweep_layers(layers_fd, &marks.layers, is_used, arg, err) < 0)
		return err->code;
	return sweep_blobs(images_fd, &marks.blobs, err);
}

int sweep_find_used(int images_fd, const struct index *index, size_t entry,
		    names_used_fn is_used, void *arg, bool *ret_used, struct vps_err *err)
{
	OWN_ALL_MARKS marks = { 0 };
	OWN_IMAGE *image = NULL;
	size_t i;

	if (mark_all(images_fd, index, entry, &marks, err) < 0 ||
	    catalog_read_image(images_fd, &index->entries[entry], &image, err) < 0)
		return err->code;
	*ret_used = false;
	for (i = 0; i < image->diff_ids_len && !*ret_used; i++)
		*ret_used = !is_marked(&marks.layers, image->diff_ids[i]) &&
			    is_used(image->diff_ids[i], arg);
	return 0;
}

/* A lock that can be had at once has no holder: the import that made it is dead. */
static bool is_alive(int layers_fd, const char *name)
{
	OWN_FD fd = openat(layers_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && lock_is_held(fd, SWEEP_LOCK);
}

/* Take back the layer that a dead import announced, and its blobs, unless they got into the index. */
static int take_back(int images_fd, int layers_fd, const char *diff_id, struct vps_err *err)
{
	OWN_ALL_MARKS marks = { 0 };
	struct index index;
	int r;

	if (catalog_read_index(images_fd, &index, err) < 0)
		return err->code;
	r = mark_all(images_fd, &index, index.len, &marks, err);
	arena_free(&index.arena);
	if (r < 0)
		return r;
	if (!is_marked(&marks.layers, diff_id) &&
	    faccessat(layers_fd, diff_id, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    drop_layer(layers_fd, diff_id, err) < 0)
		return err->code;
	return sweep_blobs(images_fd, &marks.blobs, err);
}

static int sweep_dead(int images_fd, int layers_fd, const char *name, struct vps_err *err)
{
	OWN_FD fd = openat(layers_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char diff_id[DIGEST_HEX_LEN + 2], blob[sizeof(CATALOG_BLOBS) + NAME_MAX + 1];

	if (fd >= 0 && file_read_line(fd, SWEEP_MARK, diff_id, sizeof(diff_id)) > 0 &&
	    reference_is_hex(diff_id) && take_back(images_fd, layers_fd, diff_id, err) < 0)
		return err->code;
	(void)snprintf(blob, sizeof(blob), CATALOG_BLOBS "/%s", name);
	if (unlinkat(images_fd, blob, 0) < 0 && errno != ENOENT)
		return vps_err_set(err, -errno, "cannot delete blob %s", name);
	return tree_remove(layers_fd, name, err);
}

int sweep_staging(int images_fd, int layers_fd, struct vps_err *err)
{
	OWN_DIR *dir = NULL;
	struct dirent *entry;

	if (open_listing(layers_fd, ".", &dir, err) < 0)
		return err->code;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, SWEEP_STAGING, strlen(SWEEP_STAGING)) != 0 ||
		    is_alive(layers_fd, entry->d_name))
			continue;
		if (sweep_dead(images_fd, layers_fd, entry->d_name, err) < 0)
			return err->code;
	}
	return 0;
}
