// SPDX-License-Identifier: GPL-2.0-or-later
/* Tagging and removing images; called by vpsctl image and at the end of an import. */
#include "names.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "images/catalog.h"
#include "images/reference.h"
#include "images/sweep.h"

static bool has_twin(const struct index *index, size_t at)
{
	size_t i;

	for (i = 0; i < index->len; i++)
		if (i != at && strcmp(index->entries[i].manifest.digest,
				      index->entries[at].manifest.digest) == 0)
			return true;
	return false;
}

static void drop_entry(struct index *index, size_t at)
{
	memmove(&index->entries[at], &index->entries[at + 1],
		(index->len - at - 1) * sizeof(*index->entries));
	index->len--;
}

/*
 * Take a name from whoever has it: an image with another entry loses this one,
 * an image without keeps it nameless. The entry that gets the name stays.
 */
static void free_name(struct index *index, const char *name)
{
	size_t i;

	for (i = index->len; i-- > 0;) {
		if (!index->entries[i].name || strcmp(index->entries[i].name, name) != 0)
			continue;
		if (has_twin(index, i))
			drop_entry(index, i);
		else
			index->entries[i].name = NULL;
	}
}

int names_put(int images_fd, const struct descriptor *manifest, const char *name,
	      struct vps_err *err)
{
	struct index index;
	size_t i;
	int r;

	if (catalog_read_index(images_fd, &index, err) < 0)
		return err->code;
	free_name(&index, name);
	for (i = 0; i < index.len; i++)		/* a nameless entry of ours gets the name */
		if (!index.entries[i].name &&
		    strcmp(index.entries[i].manifest.digest, manifest->digest) == 0)
			break;
	if (i == index.len) {
		index.entries[i] = (struct index_entry){ .manifest = *manifest };
		index.len++;			/* the parser leaves room for one more */
	}
	index.entries[i].name = name;
	r = catalog_write_index(images_fd, &index, err);
	arena_free(&index.arena);
	return r;
}

int names_tag(const struct store *store, const char *image, const char *reference,
	      struct vps_err *err)
{
	OWN_FD lock_fd = FD_NONE;
	char name[REFERENCE_SIZE];
	struct index index;
	size_t at;
	int r;

	if (reference_parse(reference, name, err) < 0)
		return err->code;
	lock_fd = store_lock(store, NAMES_WAIT_MSEC, err);
	if (lock_fd < 0)
		return lock_fd;
	if (catalog_read_index(store_images_fd(store), &index, err) < 0)
		return err->code;
	r = catalog_find(&index, image, &at, err);
	if (r == 0)
		r = names_put(store_images_fd(store), &index.entries[at].manifest, name, err);
	arena_free(&index.arena);
	return r;
}

/* Whether the entry may go. */
static int check_removal(const struct store *store, const struct index *index, size_t at,
			 const char *text, names_used_fn is_used, void *arg, struct vps_err *err)
{
	const struct index_entry *entry = &index->entries[at];
	char name[REFERENCE_SIZE];
	struct vps_err no_name = { 0 };
	bool used = false, is_named;

	is_named = entry->name && (strcmp(entry->name, text) == 0 ||
				   (reference_parse(text, name, &no_name) == 0 &&
				    strcmp(entry->name, name) == 0));
	if (has_twin(index, at))
		return is_named ? 0 : vps_err_say(err, -VPS_ESTATE,
						  "image %s has several names: remove them by name", text);
	if (is_used && sweep_find_used(store_images_fd(store), index, at, is_used, arg, &used, err) < 0)
		return err->code;
	if (used)
		return vps_err_say(err, -VPS_ESTATE, "image %s is in use by a VPS", text);
	return 0;
}

static int remove_entry(const struct store *store, struct index *index, const char *text,
			names_used_fn is_used, void *arg, struct vps_err *err)
{
	int images_fd = store_images_fd(store);
	size_t at;

	if (catalog_find(index, text, &at, err) < 0 ||
	    check_removal(store, index, at, text, is_used, arg, err) < 0)
		return err->code;
	drop_entry(index, at);
	if (catalog_write_index(images_fd, index, err) < 0)
		return err->code;
	return sweep_unreferenced(images_fd, store_layers_fd(store), index, is_used, arg, err);
}

int names_remove(const struct store *store, const char *image, names_used_fn is_used,
		 void *arg, struct vps_err *err)
{
	OWN_FD lock_fd = store_lock(store, NAMES_WAIT_MSEC, err);
	struct index index;
	int r;

	if (lock_fd < 0)
		return lock_fd;
	if (catalog_read_index(store_images_fd(store), &index, err) < 0)
		return err->code;
	r = remove_entry(store, &index, image, is_used, arg, err);
	arena_free(&index.arena);
	return r;
}
