// SPDX-License-Identifier: GPL-2.0-or-later
/* A tar on its way to being an image: staged, unpacked, described, published. */
#include "import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "images/catalog.h"
#include "images/digest.h"
#include "images/names.h"
#include "images/ocidoc.h"
#include "images/staging.h"
#include "images/sweep.h"
#include "images/unpack.h"

#if defined(__x86_64__)
#define ARCHITECTURE "amd64"
#elif defined(__aarch64__)
#define ARCHITECTURE "arm64"
#else
#error "say here what OCI calls this architecture"
#endif

static bool has(int dir_fd, const char *name)
{
	return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Archives of whole images look like tars of root file systems, but are none. */
static int check_rootfs(int tree_fd, struct vps_err *err)
{
	bool has_system = has(tree_fd, "bin") || has(tree_fd, "sbin") || has(tree_fd, "usr");

	if (has(tree_fd, "oci-layout") && !has_system)
		return vps_err_say(err, -VPS_EMISUSE,
				   "this is an archive of an OCI image layout, which import cannot read yet; it takes the tar of a root file system");
	if (has(tree_fd, "manifest.json") && !has_system)
		return vps_err_say(err, -VPS_EMISUSE,
				   "this is an archive made by \"docker save\", which import cannot read yet; it takes what \"docker export\" makes");
	return 0;
}

/* Write a document as a blob. The lock is held, so nobody sweeps it before the index has it. */
static int put_document(int blobs_fd, const char *text, const char *media_type,
			struct descriptor *ret_blob, struct vps_err *err)
{
	struct descriptor blob = { .media_type = media_type };
	int r;

	if (!text)
		return vps_err_say(err, -VPS_EMISUSE, "the image's configuration is not UTF-8 text");
	blob.size = strlen(text);
	r = digest_of(text, blob.size, blob.digest);
	if (r < 0)
		return vps_err_set(err, r, "cannot digest a document");
	if (file_replace(blobs_fd, catalog_blob_name(&blob), text, blob.size, 0644, true, err) < 0)
		return err->code;
	*ret_blob = blob;
	return 0;
}

/* The configuration and the manifest of an image of one layer. */
static int describe(int images_fd, const struct import *import,
		    const struct unpack_result *layer, struct descriptor *ret_manifest,
		    struct vps_err *err)
{
	char *diff_ids[] = { (char *)layer->diff_id, NULL };
	struct descriptor layers[] = { layer->layer };
	const struct image image = {
		.created = import->created,
		.architecture = ARCHITECTURE,
		.os = "linux",
		.diff_ids = diff_ids,
		.diff_ids_len = 1,
		.config = *import->config,
	};
	struct manifest manifest = { .layers = layers, .layers_len = 1 };
	OWN_MEM char *config_text = ocidoc_format_config(&image);
	OWN_MEM char *manifest_text = NULL;
	OWN_FD blobs_fd = openat(images_fd, CATALOG_BLOBS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (blobs_fd < 0)
		return vps_err_set(err, -errno, "cannot open " CATALOG_BLOBS);
	if (put_document(blobs_fd, config_text, MEDIA_CONFIG, &manifest.config, err) < 0)
		return err->code;
	manifest_text = ocidoc_format_manifest(&manifest);
	return put_document(blobs_fd, manifest_text, MEDIA_MANIFEST, ret_manifest, err);
}

static int publish(struct staging *staging, const struct import *import,
		   const struct unpack_result *layer, struct vps_err *err)
{
	int images_fd = store_images_fd(staging->store);
	struct descriptor manifest;
	OWN_FD lock_fd = FD_NONE;

	/* One sync for the whole tree: a layer that is there after a power cut is all there. */
	if (syncfs(staging->tree_fd) < 0)
		return vps_err_set(err, -errno, "cannot sync the layer");
	lock_fd = store_lock(staging->store, NAMES_WAIT_MSEC, err);
	if (lock_fd < 0)
		return lock_fd;
	if (staging_publish(staging, layer->diff_id, &layer->layer, err) < 0 ||
	    describe(images_fd, import, layer, &manifest, err) < 0 ||
	    names_put(images_fd, &manifest, import->reference, err) < 0)
		return err->code;
	/* In the index: nothing is to be taken back any more. */
	(void)unlinkat(staging->dir_fd, SWEEP_MARK, 0);	/* the next sweep sees that too */
	return 0;
}

int import_rootfs(const struct store *store, const struct import *import,
		  struct image **ret_image, struct vps_err *err)
{
	OWN_STAGING staging = STAGING_NONE;
	struct unpack_result layer;
	struct unpack unpack = {
		.input_fd = import->input_fd,
		.progress = import->progress,
		.progress_arg = import->arg,
	};

	if (staging_open(store, &staging, err) < 0)
		return err->code;
	unpack.tree_fd = staging.tree_fd;
	unpack.blob_fd = staging.blob_fd;
	if (unpack_tar(&unpack, &layer, err) < 0 || check_rootfs(staging.tree_fd, err) < 0 ||
	    (import->confirm && import->confirm(import->arg, err) < 0) ||
	    publish(&staging, import, &layer, err) < 0)
		return err->code;
	return store_find(store, import->reference, ret_image, err);
}
