// SPDX-License-Identifier: GPL-2.0-or-later
/* index.json, manifests and configurations of a store; called by store, names and imports. */
#include "catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "images/reference.h"

const char *catalog_blob_name(const struct descriptor *blob)
{
	return blob->digest + strlen(DIGEST_PREFIX);
}

int catalog_read_index(int images_fd, struct index *ret_index, struct vps_err *err)
{
	static const char empty[] = "{\"schemaVersion\":2,\"manifests\":[]}";
	OWN_MEM char *text = NULL;
	size_t len;

	if (faccessat(images_fd, "index.json", F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return ocidoc_parse_index(empty, strlen(empty), ret_index, err);
	if (file_read(images_fd, "index.json", OCIDOC_MAX_BYTES, &text, &len, err) < 0)
		return err->code;
	return ocidoc_parse_index(text, len, ret_index, err);
}

int catalog_write_index(int images_fd, const struct index *index, struct vps_err *err)
{
	OWN_MEM char *text = ocidoc_format_index(index);

	if (!text)
		return vps_err_set(err, -ENOMEM, "cannot write index.json");
	return file_replace(images_fd, "index.json", text, strlen(text), 0644, true, err);
}

/* Blobs were checked against their digests on their way in; a size that is off is a cut file. */
static int read_blob(int images_fd, const struct descriptor *blob, char **ret_text,
		     size_t *ret_len, struct vps_err *err)
{
	char path[sizeof(CATALOG_BLOBS) + 1 + DIGEST_HEX_LEN];
	OWN_MEM char *text = NULL;
	size_t len;

	(void)snprintf(path, sizeof(path), CATALOG_BLOBS "/%s", catalog_blob_name(blob));
	if (file_read(images_fd, path, OCIDOC_MAX_BYTES, &text, &len, err) < 0)
		return err->code;
	if (len != blob->size)
		return vps_err_say(err, -EBADMSG, "blob %s has %zu bytes, not %ju", blob->digest,
				   len, (uintmax_t)blob->size);
	*ret_text = mem_take(&text);
	*ret_len = len;
	return 0;
}

int catalog_read_manifest(int images_fd, const struct descriptor *blob,
			  struct manifest *ret_manifest, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	size_t len;

	if (read_blob(images_fd, blob, &text, &len, err) < 0)
		return err->code;
	return ocidoc_parse_manifest(text, len, ret_manifest, err);
}

static uint64_t sum_sizes(const struct descriptor *blob, const struct manifest *manifest)
{
	uint64_t sum = blob->size;
	size_t i;

	/* Sizes in a document may be anything; saturate rather than wrap. */
	if (__builtin_add_overflow(sum, manifest->config.size, &sum))
		return UINT64_MAX;
	for (i = 0; i < manifest->layers_len; i++)
		if (__builtin_add_overflow(sum, manifest->layers[i].size, &sum))
			return UINT64_MAX;
	return sum;
}

static int fill_image(int images_fd, const struct index_entry *entry,
		      const struct manifest *manifest, struct image *image, struct vps_err *err)
{
	OWN_MEM char *text = NULL;
	size_t len;

	if (read_blob(images_fd, &manifest->config, &text, &len, err) < 0 ||
	    ocidoc_parse_config(text, len, image, err) < 0)
		return err->code;
	if (image->diff_ids_len != manifest->layers_len)
		return vps_err_say(err, -EBADMSG, "%zu layers, but %zu diff_ids",
				   manifest->layers_len, image->diff_ids_len);
	image->digest = arena_strdup(&image->arena, entry->manifest.digest);
	if (entry->name)
		image->reference = arena_strdup(&image->arena, entry->name);
	if (!image->digest || (entry->name && !image->reference))
		return vps_err_set(err, -ENOMEM, "cannot read an image");
	image->size_bytes = sum_sizes(&entry->manifest, manifest);
	return 0;
}

int catalog_read_image(int images_fd, const struct index_entry *entry,
		       struct image **ret_image, struct vps_err *err)
{
	OWN_IMAGE *image = calloc(1, sizeof(*image));
	struct manifest manifest;

	if (!image)
		return vps_err_set(err, -ENOMEM, "cannot read an image");
	if (catalog_read_manifest(images_fd, &entry->manifest, &manifest, err) == 0) {
		(void)fill_image(images_fd, entry, &manifest, image, err);	/* err has it */
		arena_free(&manifest.arena);
	}
	if (err->code < 0)
		return vps_err_in(err, "image %s",
				  entry->name ? entry->name : entry->manifest.digest);
	*ret_image = mem_take(&image);
	return 0;
}

/* Names that other tools wrote need not be in full. */
static bool has_name(const struct index_entry *entry, const char *text)
{
	char wanted[REFERENCE_SIZE], found[REFERENCE_SIZE];
	struct vps_err ignored = { 0 };

	if (!entry->name)
		return false;
	if (strcmp(entry->name, text) == 0)
		return true;
	return reference_parse(text, wanted, &ignored) == 0 &&
	       reference_parse(entry->name, found, &ignored) == 0 && strcmp(found, wanted) == 0;
}

static int find_digest(const struct index *index, const char *text, const char *hex,
		       size_t *ret_at, struct vps_err *err)
{
	size_t found = index->len, i;

	for (i = 0; i < index->len; i++) {
		const struct descriptor *blob = &index->entries[i].manifest;

		if (strncmp(catalog_blob_name(blob), hex, strlen(hex)) != 0)
			continue;
		if (found < index->len &&
		    strcmp(index->entries[found].manifest.digest, blob->digest) != 0)
			return vps_err_say(err, -VPS_EMISUSE,
					   "\"%s\" fits several images: give more digits", text);
		if (found == index->len)
			found = i;
	}
	if (found == index->len)
		return vps_err_say(err, -VPS_ENOENT, "no image \"%s\"; `vpsctl image list` shows those that exist", text);
	*ret_at = found;
	return 0;
}

int catalog_find(const struct index *index, const char *text, size_t *ret_at,
		 struct vps_err *err)
{
	char name[REFERENCE_SIZE];
	const char *hex;
	size_t i;

	for (i = 0; i < index->len; i++) {
		if (has_name(&index->entries[i], text)) {
			*ret_at = i;
			return 0;
		}
	}
	if (reference_is_digest(text, &hex))
		return find_digest(index, text, hex, ret_at, err);
	if (reference_parse(text, name, err) < 0)
		return err->code;
	return vps_err_say(err, -VPS_ENOENT, "no image \"%s\"; `vpsctl image list` shows those that exist, `vpsctl image --help` how to make one", name);
}
