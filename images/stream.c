// SPDX-License-Identifier: GPL-2.0-or-later
/* Decompression with both digests of a layer in one pass; called by unpack. */
#include "stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "images/blob.h"
#include "images/digest.h"

#define CHUNK_BYTES (256u << 10)

/* Compressions that a layer's blob may have, by how such files begin. */
static const struct {
	const char *magic;
	size_t len;
	const char *media_type;
} kept_forms[] = {
	{ "\x1f\x8b",		2,	MEDIA_LAYER_GZIP },
	{ "\x28\xb5\x2f\xfd",	4,	MEDIA_LAYER_ZSTD },
};

struct stream {
	int input_fd;
	struct space *space;
	struct archive *raw;	/* decompresses; the "raw" format has one member, everything */
	struct digest *digest;	/* of what was decompressed */
	struct blob *blob;	/* NULL: none is wanted */
	bool is_kept;		/* the blob takes the bytes as they were given */
	bool is_ended;
	uint64_t bytes;
	size_t first_len;	/* what was read to find out the form, not yet handed on */
	struct vps_err err;	/* of a failure inside one of libarchive's calls to us */
	char chunk[CHUNK_BYTES];
};

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	(void)archive_read_free(stream->raw);		/* NULL is fine; a result is not wanted */
	digest_free(stream->digest);
	blob_free(stream->blob);
	free(stream);
}

uint64_t stream_bytes(const struct stream *stream)
{
	return stream->bytes;
}

/* Read until the buffer is full or the input ends. Returns the length, or -errno. */
static ssize_t read_chunk(struct stream *stream)
{
	size_t len = 0;

	while (len < sizeof(stream->chunk)) {
		ssize_t got = read(stream->input_fd, stream->chunk + len,
				   sizeof(stream->chunk) - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return vps_err_set(&stream->err, -errno, "cannot read the archive");
		if (got == 0)
			break;
		len += (size_t)got;
	}
	if (stream->is_kept && len > 0 &&
	    (space_use_bytes(stream->space, len, &stream->err) < 0 ||
	     blob_add(stream->blob, stream->chunk, len, &stream->err) < 0))
		return stream->err.code;
	return (ssize_t)len;
}

static la_ssize_t on_read(struct archive *raw, void *arg, const void **ret_data)
{
	struct stream *stream = arg;
	ssize_t len = (ssize_t)stream->first_len;

	stream->first_len = 0;
	if (len == 0)
		len = read_chunk(stream);
	if (len < 0) {
		archive_set_error(raw, (int)-len, "cannot read");
		return ARCHIVE_FATAL;
	}
	*ret_data = stream->chunk;
	return len;
}

/* What libarchive said, unless one of our own calls failed inside it. */
static int raw_failed(struct stream *stream, struct vps_err *err)
{
	const char *said = archive_error_string(stream->raw);

	if (stream->err.code < 0) {
		*err = stream->err;
		return err->code;
	}
	return vps_err_say(err, -EBADMSG, "the archive is damaged: %s",
			   said ? said : "it cannot be decompressed");
}

/* Only filters that libarchive brings itself: the others would start programs. */
static int open_raw(struct stream *stream, struct vps_err *err)
{
	static int (*const filters[])(struct archive *) = {
		archive_read_support_filter_gzip,
		archive_read_support_filter_zstd,
		archive_read_support_filter_xz,
		archive_read_support_filter_lzma,
		archive_read_support_filter_bzip2,
		archive_read_support_filter_lz4,
		archive_read_support_filter_compress,
	};
	struct archive_entry *member;
	size_t i;

	stream->raw = archive_read_new();
	if (!stream->raw)
		return vps_err_set(err, -ENOMEM, "cannot read the archive");
	for (i = 0; i < ARRAY_LEN(filters); i++)
		if (filters[i](stream->raw) != ARCHIVE_OK)
			return vps_err_say(err, -VPS_EHOST,
					   "this libarchive was built without a compression that is needed: %s",
					   archive_error_string(stream->raw));
	if (archive_read_support_format_raw(stream->raw) != ARCHIVE_OK ||
	    archive_read_open(stream->raw, stream, NULL, on_read, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(stream->raw, &member) != ARCHIVE_OK)
		return raw_failed(stream, err);
	return 0;
}

/* Look at the first bytes, decide what the blob will be, start it. */
static int start_blob(struct stream *stream, int blob_fd, struct vps_err *err)
{
	const char *media_type = NULL;
	size_t i;

	for (i = 0; i < ARRAY_LEN(kept_forms) && !media_type; i++)
		if (stream->first_len >= kept_forms[i].len &&
		    memcmp(stream->chunk, kept_forms[i].magic, kept_forms[i].len) == 0)
			media_type = kept_forms[i].media_type;
	if (blob_new(blob_fd, !media_type, media_type ? media_type : MEDIA_LAYER_ZSTD,
		     &stream->blob, err) < 0)
		return err->code;
	stream->is_kept = media_type;
	return stream->is_kept ? blob_add(stream->blob, stream->chunk, stream->first_len, err) : 0;
}

static int start(struct stream *stream, int blob_fd, struct vps_err *err)
{
	ssize_t len = read_chunk(stream);

	if (len < 0) {
		*err = stream->err;
		return err->code;
	}
	if (len == 0)
		return vps_err_say(err, -EBADMSG, "the archive is empty");
	stream->first_len = (size_t)len;
	stream->digest = digest_new();
	if (!stream->digest)
		return vps_err_set(err, -ENOMEM, "cannot read the archive");
	if (blob_fd >= 0 && start_blob(stream, blob_fd, err) < 0)
		return err->code;
	return open_raw(stream, err);
}

int stream_open(int input_fd, int blob_fd, struct space *space, struct stream **ret_stream,
		struct vps_err *err)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return vps_err_set(err, -ENOMEM, "cannot read the archive");
	stream->input_fd = input_fd;
	stream->space = space;
	if (start(stream, blob_fd, err) < 0) {
		stream_free(stream);
		return err->code;
	}
	*ret_stream = stream;
	return 0;
}

ssize_t stream_next(struct stream *stream, const void **ret_block, struct vps_err *err)
{
	const void *block;
	la_int64_t offset;
	size_t len = 0;
	int r = ARCHIVE_OK;

	while (!stream->is_ended && r == ARCHIVE_OK && len == 0)
		r = archive_read_data_block(stream->raw, &block, &len, &offset);
	if (r == ARCHIVE_EOF || stream->is_ended) {
		stream->is_ended = true;
		return 0;
	}
	if (r != ARCHIVE_OK)
		return raw_failed(stream, err);
	if (space_use_bytes(stream->space, len, err) < 0)
		return err->code;
	digest_add(stream->digest, block, len);
	if (stream->blob && !stream->is_kept && blob_add(stream->blob, block, len, err) < 0)
		return err->code;
	stream->bytes += len;
	*ret_block = block;
	return (ssize_t)len;
}

int stream_finish(struct stream *stream, char ret_diff_id[DIGEST_HEX_LEN + 1],
		  struct descriptor *ret_layer, struct vps_err *err)
{
	const void *ignored;
	ssize_t len;
	int r;

	do
		len = stream_next(stream, &ignored, err);
	while (len > 0);
	if (len < 0)
		return (int)len;
	/* Bytes behind the compressed stream are part of the blob that was given. */
	do
		len = read_chunk(stream);
	while (len > 0);
	if (len < 0) {
		*err = stream->err;
		return err->code;
	}
	r = digest_finish(stream->digest, ret_diff_id);
	if (r < 0)
		return vps_err_set(err, r, "cannot digest a layer");
	return stream->blob ? blob_finish(stream->blob, ret_layer, err) : 0;
}
