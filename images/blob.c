// SPDX-License-Identifier: GPL-2.0-or-later
/* Writing layer blobs, compressed by libarchive where they come plain; called by stream. */
#include "blob.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "images/digest.h"

#define BLOCK_BYTES (256 << 10)

struct blob {
	int fd;
	const char *media_type;
	struct digest *digest;
	struct archive *packer;		/* NULL: bytes are written as they come */
	uint64_t size;
	int failed;			/* -errno of the first failed write */
};

void blob_free(struct blob *blob)
{
	if (!blob)
		return;
	(void)archive_write_free(blob->packer);		/* NULL is fine; a result is not wanted */
	digest_free(blob->digest);
	free(blob);
}

static int put(struct blob *blob, const void *data, size_t len)
{
	if (blob->failed == 0)
		blob->failed = fd_write_all(blob->fd, data, len);
	if (blob->failed < 0)
		return blob->failed;
	digest_add(blob->digest, data, len);
	blob->size += len;
	return 0;
}

static la_ssize_t on_packed(struct archive *packer, void *arg, const void *data, size_t len)
{
	int r = put(arg, data, len);

	if (r < 0) {
		archive_set_error(packer, -r, "cannot write");
		return -1;
	}
	return (la_ssize_t)len;
}

/* libarchive compresses archives; a "raw" one is nothing but its only member. */
static int start_packing(struct blob *blob)
{
	struct archive_entry *member = archive_entry_new();
	int r = -ENOMEM;

	blob->packer = archive_write_new();
	if (blob->packer && member) {
		archive_entry_set_filetype(member, AE_IFREG);
		if (archive_write_set_format_raw(blob->packer) == ARCHIVE_OK &&
		    archive_write_add_filter_zstd(blob->packer) == ARCHIVE_OK &&
		    archive_write_set_filter_option(blob->packer, "zstd", "compression-level",
						    "1") == ARCHIVE_OK &&
		    archive_write_set_bytes_per_block(blob->packer, BLOCK_BYTES) == ARCHIVE_OK &&
		    archive_write_set_bytes_in_last_block(blob->packer, 1) == ARCHIVE_OK &&
		    archive_write_open(blob->packer, blob, NULL, on_packed, NULL) == ARCHIVE_OK &&
		    archive_write_header(blob->packer, member) == ARCHIVE_OK)
			r = 0;
		else
			r = -EIO;
	}
	archive_entry_free(member);
	return r;
}

int blob_new(int fd, bool is_packed, const char *media_type, struct blob **ret_blob,
	     struct vps_err *err)
{
	struct blob *blob = calloc(1, sizeof(*blob));
	int r = -ENOMEM;

	if (blob) {
		blob->fd = fd;
		blob->media_type = media_type;
		blob->digest = digest_new();
		r = !blob->digest ? -ENOMEM : is_packed ? start_packing(blob) : 0;
	}
	if (r < 0) {
		blob_free(blob);
		return vps_err_set(err, r, "cannot start a blob");
	}
	*ret_blob = blob;
	return 0;
}

static int packing_failed(struct blob *blob, struct vps_err *err)
{
	return vps_err_set(err, blob->failed < 0 ? blob->failed : -EIO,
			   "cannot write a layer's blob");
}

int blob_add(struct blob *blob, const void *data, size_t len, struct vps_err *err)
{
	if (!blob->packer) {
		int r = put(blob, data, len);

		return r < 0 ? vps_err_set(err, r, "cannot write a layer's blob") : 0;
	}
	return archive_write_data(blob->packer, data, len) == (la_ssize_t)len ?
	       0 : packing_failed(blob, err);
}

int blob_finish(struct blob *blob, struct descriptor *ret_descriptor, struct vps_err *err)
{
	struct descriptor d = { .media_type = blob->media_type };
	char hex[DIGEST_HEX_LEN + 1];
	int r;

	if (blob->packer && archive_write_close(blob->packer) != ARCHIVE_OK)
		return packing_failed(blob, err);
	r = digest_finish(blob->digest, hex);
	if (r < 0)
		return vps_err_set(err, r, "cannot digest a layer's blob");
	if (fsync(blob->fd) < 0)
		return vps_err_set(err, -errno, "cannot sync a layer's blob");
	(void)snprintf(d.digest, sizeof(d.digest), DIGEST_PREFIX "%s", hex);
	d.size = blob->size;
	*ret_descriptor = d;
	return 0;
}
