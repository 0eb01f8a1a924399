// SPDX-License-Identifier: GPL-2.0-or-later
/* The working directory of an import; called by import. */
#include "staging.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "images/catalog.h"
#include "images/names.h"
#include "images/sweep.h"

#define BLOB_SIZE (sizeof(CATALOG_BLOBS) + STAGING_NAME_SIZE)

/* Its blob, in the directory where it will stay: nobody may move it there from another mount. */
static const char *blob_path(const struct staging *staging, char buf[BLOB_SIZE])
{
	(void)snprintf(buf, BLOB_SIZE, CATALOG_BLOBS "/%s", staging->name);
	return buf;
}

void staging_close(struct staging *staging)
{
	struct vps_err ignored = { 0 };
	char path[BLOB_SIZE];

	own_close(&staging->tree_fd);
	own_close(&staging->blob_fd);
	/* What cannot be removed now is removed by the next import. */
	if (*staging->name) {
		(void)unlinkat(store_images_fd(staging->store), blob_path(staging, path), 0);
		(void)tree_remove(store_layers_fd(staging->store), staging->name, &ignored);
	}
	own_close(&staging->dir_fd);
	own_close(&staging->lock_fd);
	staging->name[0] = '\0';
}

/* A name of its own: process ids repeat across pid namespaces. */
static int make_dir(struct staging *staging, struct vps_err *err)
{
	int layers_fd = store_layers_fd(staging->store);
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return vps_err_set(err, -errno, "cannot get a random number");
	(void)snprintf(staging->name, sizeof(staging->name), SWEEP_STAGING "%016" PRIx64, number);
	if (mkdirat(layers_fd, staging->name, 0700) < 0) {
		staging->name[0] = '\0';
		return vps_err_set(err, -errno, "cannot make a directory to import in");
	}
	staging->dir_fd = openat(layers_fd, staging->name,
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (staging->dir_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s", staging->name);
	return 0;
}

static int fill_dir(struct staging *staging, struct vps_err *err)
{
	int dir_fd = staging->dir_fd;
	char path[BLOB_SIZE];

	staging->lock_fd = lock_take(dir_fd, SWEEP_LOCK, 0, err);
	if (staging->lock_fd < 0)
		return staging->lock_fd;
	if (mkdirat(dir_fd, "tree", 0755) < 0)
		return vps_err_set(err, -errno, "cannot make the layer's directory");
	staging->tree_fd = openat(dir_fd, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	staging->blob_fd = openat(store_images_fd(staging->store), blob_path(staging, path),
				  O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (staging->tree_fd < 0 || staging->blob_fd < 0)
		return vps_err_set(err, -errno, "cannot open the layer's directory and blob");
	if (fchmod(staging->tree_fd, 0755) < 0)		/* whatever the umask */
		return vps_err_set(err, -errno, "cannot set the mode of the layer's directory");
	return 0;
}

int staging_open(const struct store *store, struct staging *ret_staging, struct vps_err *err)
{
	OWN_STAGING staging = STAGING_NONE;
	/* Between its directory and its lock, an import looks dead to the sweep of another. */
	OWN_FD store_lock_fd = store_lock(store, NAMES_WAIT_MSEC, err);

	if (store_lock_fd < 0)
		return store_lock_fd;
	staging.store = store;
	if (sweep_staging(store_images_fd(store), store_layers_fd(store), err) < 0 ||
	    make_dir(&staging, err) < 0 || fill_dir(&staging, err) < 0)
		return err->code;
	*ret_staging = staging;
	staging = (struct staging)STAGING_NONE;
	return 0;
}

/* Say beforehand which layer is about to appear: a killed import's can be told from a good one. */
static int mark_layer(const struct staging *staging, const char *diff_id, struct vps_err *err)
{
	return file_replace(staging->dir_fd, SWEEP_MARK, diff_id, strlen(diff_id), 0600, true, err);
}

int staging_publish(struct staging *staging, const char *diff_id, const struct descriptor *layer,
		    struct vps_err *err)
{
	OWN_FD blobs_fd = openat(store_images_fd(staging->store), CATALOG_BLOBS,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int layers_fd = store_layers_fd(staging->store);
	char path[BLOB_SIZE];

	if (blobs_fd < 0)
		return vps_err_set(err, -errno, "cannot open " CATALOG_BLOBS);
	if (faccessat(layers_fd, diff_id, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		if (mark_layer(staging, diff_id, err) < 0)
			return err->code;
		if (renameat(staging->dir_fd, "tree", layers_fd, diff_id) < 0)
			return vps_err_set(err, -errno, "cannot put layer %s in its place", diff_id);
	}
	if (renameat(store_images_fd(staging->store), blob_path(staging, path), blobs_fd,
		     catalog_blob_name(layer)) < 0)
		return vps_err_set(err, -errno, "cannot put blob %s in its place", layer->digest);
	if (fsync(layers_fd) < 0 || fsync(blobs_fd) < 0)
		return vps_err_set(err, -errno, "cannot sync the store");
	return 0;
}
