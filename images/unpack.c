// SPDX-License-Identifier: GPL-2.0-or-later
/* From libarchive's view of a tar to tree's: libarchive parses and nothing else. */
#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "images/acl.h"
#include "images/space.h"
#include "images/stream.h"
#include "images/tree.h"

#define XATTRS_MAX	256
#define PROGRESS_EVERY	256	/* entries */

struct unpacker {
	const struct unpack *asked;
	struct space space;
	struct stream *stream;
	struct archive *tar;
	struct tree *tree;
	uint64_t files;
	struct tree_xattr xattrs[XATTRS_MAX];
	char acls[2][ACL_VALUE_MAX];
	struct vps_err err;	/* of a failure inside libarchive's call to us */
};

static la_ssize_t on_read(struct archive *tar, void *arg, const void **ret_data)
{
	struct unpacker *un = arg;
	ssize_t len = stream_next(un->stream, ret_data, &un->err);

	if (len < 0) {
		archive_set_error(tar, (int)-len, "cannot read");
		return ARCHIVE_FATAL;
	}
	return len;
}

static int tar_failed(const struct unpacker *un, struct vps_err *err)
{
	const char *said = archive_error_string(un->tar);

	if (un->err.code < 0) {
		*err = un->err;
		return err->code;
	}
	return vps_err_say(err, -EBADMSG, "the archive is damaged or not a tar: %s",
			   said ? said : "it cannot be read");
}

static int add_acl(struct unpacker *un, struct archive_entry *ae, int is_default,
		   struct tree_entry *entry, struct vps_err *err)
{
	int len = acl_encode(ae, is_default, un->acls[is_default], err);

	if (len <= 0)
		return len;
	un->xattrs[entry->xattrs_len++] = (struct tree_xattr){
		.name = is_default ? "system.posix_acl_default" : "system.posix_acl_access",
		.value = un->acls[is_default],
		.size = (size_t)len,
	};
	return 0;
}

static int read_xattrs(struct unpacker *un, struct archive_entry *ae, struct tree_entry *entry,
		       struct vps_err *err)
{
	const char *name;
	const void *value;
	size_t size;

	entry->xattrs = un->xattrs;
	entry->xattrs_len = 0;
	if (archive_entry_xattr_reset(ae) > XATTRS_MAX - 2)
		return vps_err_say(err, -VPS_EREFUSED, "more than %d extended attributes",
				   XATTRS_MAX - 2);
	while (archive_entry_xattr_next(ae, &name, &value, &size) == ARCHIVE_OK)
		if (name)
			un->xattrs[entry->xattrs_len++] = (struct tree_xattr){ name, value, size };
	if (add_acl(un, ae, 0, entry, err) < 0)
		return err->code;
	return S_ISDIR(entry->mode) ? add_acl(un, ae, 1, entry, err) : 0;
}

static int read_entry(struct unpacker *un, struct archive_entry *ae, struct tree_entry *entry,
		      struct vps_err *err)
{
	const char *hardlink = archive_entry_hardlink(ae);

	*entry = (struct tree_entry){
		.path = archive_entry_pathname(ae),
		.target = hardlink ? hardlink : archive_entry_symlink(ae),
		.is_hardlink = hardlink,
		.mode = archive_entry_mode(ae),
		.uid = archive_entry_uid(ae),
		.gid = archive_entry_gid(ae),
		.rdev = archive_entry_rdev(ae),
		.mtime = { archive_entry_mtime(ae), archive_entry_mtime_nsec(ae) },
	};
	if (!entry->path)
		return vps_err_say(err, -EBADMSG, "entry %ju has a name that is not text",
				   (uintmax_t)un->files);
	if (!hardlink && S_ISLNK(entry->mode) && !entry->target)
		return vps_err_say(err, -EBADMSG, "entry \"%.200s\": a link to nothing", entry->path);
	if (read_xattrs(un, ae, entry, err) < 0)
		return vps_err_in(err, "entry \"%.200s\"", entry->path);
	return 0;
}

static int write_at(int fd, const char *data, size_t len, la_int64_t offset)
{
	while (len > 0) {
		ssize_t written = pwrite(fd, data, len, offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		data += written;
		offset += written;
		len -= (size_t)written;
	}
	return 0;
}

/* A file's data; what a sparse archive leaves out stays a hole. */
static int fill_file(struct unpacker *un, int fd, la_int64_t size, struct vps_err *err)
{
	const void *block;
	la_int64_t offset, end = 0;
	size_t len;
	int r;

	while ((r = archive_read_data_block(un->tar, &block, &len, &offset)) == ARCHIVE_OK) {
		if (offset < 0 || offset > size || (la_int64_t)len > size - offset)
			return vps_err_say(err, -EBADMSG, "data beyond the end of the file");
		r = write_at(fd, block, len, offset);
		if (r < 0)
			return vps_err_set(err, r, "cannot write");
		if (len > 0 && offset + (la_int64_t)len > end)
			end = offset + (la_int64_t)len;
	}
	if (r != ARCHIVE_EOF)
		return tar_failed(un, err);
	if (end < size && ftruncate(fd, size) < 0)
		return vps_err_set(err, -errno, "cannot make it %jd bytes long", (intmax_t)size);
	return 0;
}

static int unpack_entry(struct unpacker *un, struct archive_entry *ae, struct vps_err *err)
{
	struct tree_entry entry;
	OWN_FD fd = FD_NONE;

	un->files++;
	if (space_use_file(&un->space, err) < 0 || read_entry(un, ae, &entry, err) < 0 ||
	    tree_add(un->tree, &entry, &fd, err) < 0)
		return err->code;
	if (fd < 0)
		return 0;
	if (fill_file(un, fd, archive_entry_size(ae), err) < 0)
		return vps_err_in(err, "entry \"%.200s\"", entry.path);
	return tree_seal(&entry, fd, err);
}

static int unpack_all(struct unpacker *un, struct unpack_result *ret_result, struct vps_err *err)
{
	const struct unpack *asked = un->asked;
	struct unpack_result result = { 0 };
	struct archive_entry *ae;
	int r;

	if (archive_read_support_format_tar(un->tar) != ARCHIVE_OK ||
	    archive_read_open(un->tar, un, NULL, on_read, NULL) != ARCHIVE_OK)
		return tar_failed(un, err);
	while ((r = archive_read_next_header(un->tar, &ae)) == ARCHIVE_OK || r == ARCHIVE_WARN) {
		if (unpack_entry(un, ae, err) < 0)
			return err->code;
		if (asked->progress && un->files % PROGRESS_EVERY == 0)
			asked->progress(un->files, stream_bytes(un->stream), asked->progress_arg);
	}
	if (r != ARCHIVE_EOF)
		return tar_failed(un, err);
	if (tree_finish(un->tree, err) < 0 ||
	    stream_finish(un->stream, result.diff_id, &result.layer, err) < 0)
		return err->code;
	result.files = un->files;
	result.bytes = stream_bytes(un->stream);
	*ret_result = result;
	return 0;
}

static int run(struct unpacker *un, struct unpack_result *ret_result, struct vps_err *err)
{
	const struct unpack *asked = un->asked;
	int r;

	if (space_init(&un->space, asked->tree_fd,
		       asked->max_files ? asked->max_files : UNPACK_MAX_FILES, err) < 0 ||
	    stream_open(asked->input_fd, asked->blob_fd, &un->space, &un->stream, err) < 0)
		return err->code;
	un->tree = tree_new(asked->tree_fd, asked->is_layer);
	un->tar = archive_read_new();
	r = un->tree && un->tar ? unpack_all(un, ret_result, err)
				: vps_err_set(err, -ENOMEM, "cannot unpack");
	(void)archive_read_free(un->tar);	/* NULL is fine; all was read or failed already */
	tree_free(un->tree);
	stream_free(un->stream);
	return r;
}

int unpack_tar(const struct unpack *unpack, struct unpack_result *ret_result, struct vps_err *err)
{
	/* Names are UTF-8 to libarchive whatever the caller's locale: pax converts otherwise. */
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
	struct unpacker *un = calloc(1, sizeof(*un));
	int r;

	if (un)
		un->asked = unpack;
	r = un ? run(un, ret_result, err) : vps_err_set(err, -ENOMEM, "cannot unpack");
	free(un);
	if (utf8) {
		(void)uselocale(before);
		freelocale(utf8);
	}
	return r;
}
