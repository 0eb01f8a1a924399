// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening the image store and finding what is in it; called by every program. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "base/own.h"
#include "images/catalog.h"

static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";

struct store {
	int images_fd;
	int layers_fd;
};

/* Directories, in order; their modes keep everybody but root from the set-id files inside. */
static const struct {
	const char *path;
	mode_t mode;
} dirs[] = {
	{ "images", 0700 },
	{ "images/blobs", 0700 },
	{ "images/" CATALOG_BLOBS, 0700 },
	{ "layers", 0700 },
};

void store_close(struct store *store)
{
	if (!store)
		return;
	own_close(&store->images_fd);
	own_close(&store->layers_fd);
	free(store);
}

static int make_dirs(int root_fd, struct vps_err *err)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(dirs); i++) {
		if (mkdirat(root_fd, dirs[i].path, dirs[i].mode) == 0)
			continue;
		if (errno != EEXIST)
			return vps_err_set(err, -errno, "cannot make %s", dirs[i].path);
	}
	return 0;
}

static int open_dirs(struct store *store, int root_fd, struct vps_err *err)
{
	store->images_fd = openat(root_fd, "images", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->images_fd >= 0)
		store->layers_fd = openat(root_fd, "layers", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->images_fd < 0 || store->layers_fd < 0)
		return vps_err_set(err, -errno, "cannot open the image store");
	return 0;
}

int store_open_at(int root_fd, bool is_made, struct store **ret_store, struct vps_err *err)
{
	OWN_STORE *store = calloc(1, sizeof(*store));

	if (!store)
		return vps_err_set(err, -ENOMEM, "cannot open the image store");
	store->images_fd = store->layers_fd = FD_NONE;
	if (is_made && make_dirs(root_fd, err) < 0)
		return err->code;
	if (open_dirs(store, root_fd, err) < 0)
		return err->code;
	if (is_made && faccessat(store->images_fd, "oci-layout", F_OK, 0) < 0 &&
	    file_replace(store->images_fd, "oci-layout", layout, strlen(layout), 0644, true, err) < 0)
		return err->code;
	*ret_store = mem_take(&store);
	return 0;
}

int store_open(const char *root, bool is_made, struct store **ret_store, struct vps_err *err)
{
	OWN_FD root_fd = is_made ? dir_make(AT_FDCWD, root, 0711, err) :
			 open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root_fd < 0 && !is_made)
		return vps_err_set(err, -errno, "cannot open %s", root);
	if (root_fd < 0)
		return err->code;
	if (store_open_at(root_fd, is_made, ret_store, err) < 0)
		return vps_err_in(err, "%s", root);
	return 0;
}

int store_layers_fd(const struct store *store)
{
	return store->layers_fd;
}

int store_images_fd(const struct store *store)
{
	return store->images_fd;
}

int store_lock(const struct store *store, int wait_msec, struct vps_err *err)
{
	int fd = lock_take(store->images_fd, ".lock", wait_msec, err);

	return fd < 0 ? vps_err_in(err, "image store") : fd;
}

int store_find(const struct store *store, const char *text, struct image **ret_image,
	       struct vps_err *err)
{
	struct index index;
	size_t at;
	int r;

	if (catalog_read_index(store->images_fd, &index, err) < 0)
		return err->code;
	r = catalog_find(&index, text, &at, err);
	if (r == 0)
		r = catalog_read_image(store->images_fd, &index.entries[at], ret_image, err);
	arena_free(&index.arena);
	return r;
}

static int by_name(const void *left, const void *right)
{
	const struct image *a = *(struct image *const *)left;
	const struct image *b = *(struct image *const *)right;

	if (a->reference && b->reference)
		return strcmp(a->reference, b->reference);
	if (a->reference || b->reference)
		return a->reference ? -1 : 1;
	return strcmp(a->digest, b->digest);
}

static int read_all(const struct store *store, const struct index *index,
		    struct image_list *list, struct vps_err *err)
{
	list->images = calloc(index->len + 1, sizeof(struct image *));
	if (!list->images)
		return vps_err_set(err, -ENOMEM, "cannot list the images");
	for (list->len = 0; list->len < index->len; list->len++)
		if (catalog_read_image(store->images_fd, &index->entries[list->len],
				       &list->images[list->len], err) < 0)
			return err->code;
	qsort(list->images, list->len, sizeof(struct image *), by_name);
	return 0;
}

int store_list(const struct store *store, struct image_list *ret_list, struct vps_err *err)
{
	OWN_IMAGE_LIST list = { 0 };
	struct index index;
	int r;

	if (catalog_read_index(store->images_fd, &index, err) < 0)
		return err->code;
	r = read_all(store, &index, &list, err);
	arena_free(&index.arena);
	if (r < 0)
		return r;
	*ret_list = list;
	list = (struct image_list){ 0 };
	return 0;
}
