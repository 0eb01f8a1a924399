// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fileio.h"
#include "base/own.h"
#include "images/catalog.h"
#include "images/names.h"
#include "images/store.h"
#include "images/sweep.h"

/* A store in a directory of its own for each test. Blobs get made-up digests: one letter each. */
struct fixture {
	char root[32];
	struct store *store;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct vps_err err = { 0 };

	(void)snprintf(f->root, sizeof(f->root), "/tmp/test_store.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	assert_int_equal(store_open(f->root, true, &f->store, &err), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct vps_err err = { 0 };

	store_close(f->store);
	assert_int_equal(tree_remove(AT_FDCWD, f->root, &err), 0);
	free(f);
	return 0;
}

static const char *hex(char letter, char buf[65])
{
	memset(buf, letter, 64);
	buf[64] = '\0';
	return buf;
}

static bool exists(const struct fixture *f, const char *dir, char letter)
{
	char path[200], name[65];

	(void)snprintf(path, sizeof(path), "%s/%s/%s", f->root, dir, hex(letter, name));
	return access(path, F_OK) == 0;
}

static void put_blob(const struct fixture *f, char letter, const char *text,
		     struct descriptor *ret_blob)
{
	OWN_FD dir = openat(store_images_fd(f->store), CATALOG_BLOBS, O_RDONLY | O_DIRECTORY);
	struct vps_err err = { 0 };
	char name[65];

	*ret_blob = (struct descriptor){ .media_type = MEDIA_MANIFEST, .size = strlen(text) };
	(void)snprintf(ret_blob->digest, sizeof(ret_blob->digest), "sha256:%s", hex(letter, name));
	assert_int_equal(file_replace(dir, name, text, strlen(text), 0600, false, &err), 0);
}

/* An image whose manifest, configuration, blob and layer have these letters for digests. */
static void put_image(const struct fixture *f, const char *name, char manifest, char config,
		      char blob, char layer)
{
	char diff_id[65], *diff_ids[] = { diff_id, NULL }, *none[] = { NULL };
	const struct image image = {
		.created = "", .architecture = "amd64", .os = "linux", .diff_ids = diff_ids,
		.diff_ids_len = 1, .config = { none, none, none, "", "", "", NULL, 0 },
	};
	struct descriptor layers[1], described;
	struct manifest doc = { .layers = layers, .layers_len = 1 };
	struct vps_err err = { 0 };
	OWN_MEM char *config_text = NULL, *manifest_text = NULL;
	char path[100];

	(void)hex(layer, diff_id);
	config_text = ocidoc_format_config(&image);
	put_blob(f, config, config_text, &doc.config);
	put_blob(f, blob, "bytes", &layers[0]);
	manifest_text = ocidoc_format_manifest(&doc);
	put_blob(f, manifest, manifest_text, &described);
	(void)mkdirat(store_layers_fd(f->store), diff_id, 0755);
	(void)snprintf(path, sizeof(path), "%s/file", diff_id);
	close(openat(store_layers_fd(f->store), path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(names_put(store_images_fd(f->store), &described, name, &err), 0);
}

static int find(const struct fixture *f, const char *text, char ret_digest[DIGEST_SIZE])
{
	OWN_IMAGE *image = NULL;
	struct vps_err err = { 0 };
	int r = store_find(f->store, text, &image, &err);

	if (r == 0 && ret_digest)
		(void)snprintf(ret_digest, DIGEST_SIZE, "%s", image->digest);
	return r;
}

static void a_new_store_is_closed_to_others_and_empty(void **state)
{
	const struct fixture *f = *state;
	OWN_IMAGE_LIST list = { 0 };
	struct vps_err err = { 0 };
	struct stat st;

	assert_int_equal(fstat(store_layers_fd(f->store), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(fstat(store_images_fd(f->store), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(store_list(f->store, &list, &err), 0);
	assert_int_equal(list.len, 0);
	assert_int_equal(find(f, "debian", NULL), -VPS_ENOENT);
}

static void an_image_is_found_by_name_digest_and_prefix(void **state)
{
	const struct fixture *f = *state;
	char digest[DIGEST_SIZE], text[100], name[65];

	put_image(f, "debian:12", 'a', 'b', 'c', 'd');
	put_image(f, "busybox:latest", 'e', 'f', '0', '1');
	assert_int_equal(find(f, "debian:12", digest), 0);
	assert_int_equal(digest[7], 'a');
	assert_int_equal(find(f, "busybox", digest), 0);
	assert_int_equal(digest[7], 'e');
	assert_int_equal(find(f, "aaaaaaaa", digest), 0);
	(void)snprintf(text, sizeof(text), "sha256:%s", hex('a', name));
	assert_int_equal(find(f, text, digest), 0);
	assert_int_equal(find(f, "debian", NULL), -VPS_ENOENT);
	assert_int_equal(find(f, "aaaaaaa", NULL), -VPS_ENOENT);	/* a name, not seven digits */
	assert_int_equal(find(f, "bbbbbbbb", NULL), -VPS_ENOENT);	/* a config, not an image */
	assert_int_equal(find(f, "Not A Name", NULL), -VPS_EMISUSE);
}

static void a_prefix_of_several_images_is_refused(void **state)
{
	const struct fixture *f = *state;
	OWN_FD dir = openat(store_images_fd(f->store), CATALOG_BLOBS, O_RDONLY | O_DIRECTORY);
	char twin[65], original[65];
	struct descriptor blob = { .media_type = MEDIA_MANIFEST, .size = 0 };
	struct vps_err err = { 0 };

	put_image(f, "a:1", 'a', 'b', 'c', 'd');
	(void)hex('a', original);
	(void)snprintf(twin, sizeof(twin), "%.63sb", hex('a', original));
	assert_int_equal(linkat(dir, original, dir, twin, 0), 0);
	(void)snprintf(blob.digest, sizeof(blob.digest), "sha256:%s", twin);
	assert_int_equal(names_put(store_images_fd(f->store), &blob, "a:2", &err), 0);
	assert_int_equal(find(f, "aaaaaaaaaa", NULL), -VPS_EMISUSE);
}

static void a_list_is_sorted_and_whole(void **state)
{
	const struct fixture *f = *state;
	OWN_IMAGE_LIST list = { 0 };
	struct vps_err err = { 0 };

	put_image(f, "b:1", 'a', 'b', 'c', 'd');
	put_image(f, "a:1", 'e', 'f', '0', '1');
	put_image(f, "a:1", '2', '3', '4', '5');	/* the name moves: the former has none now */
	assert_int_equal(store_list(f->store, &list, &err), 0);
	assert_int_equal(list.len, 3);
	assert_string_equal(list.images[0]->reference, "a:1");
	assert_int_equal(list.images[0]->digest[7], '2');
	assert_string_equal(list.images[1]->reference, "b:1");
	assert_null(list.images[2]->reference);
	assert_int_equal(list.images[2]->digest[7], 'e');
	assert_true(list.images[0]->size_bytes > 5);
}

static void a_second_name_keeps_an_image_alive(void **state)
{
	const struct fixture *f = *state;
	struct vps_err err = { 0 };

	put_image(f, "a:1", 'a', 'b', 'c', 'd');
	assert_int_equal(names_tag(f->store, "a:1", "other", &err), 0);
	assert_int_equal(names_remove(f->store, "aaaaaaaa", NULL, NULL, &err), -VPS_ESTATE);
	err = (struct vps_err){ 0 };
	assert_int_equal(names_remove(f->store, "a:1", NULL, NULL, &err), 0);
	assert_int_equal(find(f, "a:1", NULL), -VPS_ENOENT);
	assert_int_equal(find(f, "other:latest", NULL), 0);
	assert_true(exists(f, "layers", 'd'));
	assert_int_equal(names_remove(f->store, "other", NULL, NULL, &err), 0);
	assert_false(exists(f, "layers", 'd'));
	assert_false(exists(f, "images/" CATALOG_BLOBS, 'a'));
	assert_false(exists(f, "images/" CATALOG_BLOBS, 'b'));
	assert_false(exists(f, "images/" CATALOG_BLOBS, 'c'));
}

static void tagging_the_same_twice_changes_nothing(void **state)
{
	const struct fixture *f = *state;
	OWN_IMAGE_LIST list = { 0 };
	struct vps_err err = { 0 };

	put_image(f, "a:1", 'a', 'b', 'c', 'd');
	assert_int_equal(names_tag(f->store, "a:1", "a:1", &err), 0);
	assert_int_equal(names_tag(f->store, "a:1", "b:1", &err), 0);
	assert_int_equal(names_tag(f->store, "a:1", "b:1", &err), 0);
	assert_int_equal(store_list(f->store, &list, &err), 0);
	assert_int_equal(list.len, 2);
}

static void removing_spares_what_others_share(void **state)
{
	const struct fixture *f = *state;
	struct vps_err err = { 0 };

	put_image(f, "a:1", 'a', 'b', 'c', 'd');
	put_image(f, "a:2", 'e', 'f', 'c', 'd');
	assert_int_equal(names_remove(f->store, "a:1", NULL, NULL, &err), 0);
	assert_true(exists(f, "layers", 'd'));
	assert_true(exists(f, "images/" CATALOG_BLOBS, 'c'));
	assert_false(exists(f, "images/" CATALOG_BLOBS, 'b'));
	assert_int_equal(find(f, "a:2", NULL), 0);
}

static bool is_letter(const char *diff_id, void *arg)
{
	return *diff_id == *(const char *)arg;
}

static void an_image_under_a_vps_is_not_removed(void **state)
{
	const struct fixture *f = *state;
	struct vps_err err = { 0 };
	char used = 'd';

	put_image(f, "a:1", 'a', 'b', 'c', 'd');
	assert_int_equal(names_remove(f->store, "a:1", is_letter, &used, &err), -VPS_ESTATE);
	assert_non_null(strstr(err.text, "in use by a VPS"));
	assert_int_equal(find(f, "a:1", NULL), 0);
	/* What another image brings too does not go, so it does not matter who uses it. */
	put_image(f, "a:2", 'e', 'f', 'c', 'd');
	err = (struct vps_err){ 0 };
	assert_int_equal(names_remove(f->store, "a:1", is_letter, &used, &err), 0);
	assert_true(exists(f, "layers", 'd'));
}

static void a_damaged_store_loses_nothing_by_a_removal(void **state)
{
	const struct fixture *f = *state;
	struct descriptor ignored;
	struct vps_err err = { 0 };

	put_image(f, "a:1", 'a', 'b', 'c', 'd');
	put_image(f, "a:2", 'e', 'f', '0', '1');
	put_blob(f, 'e', "rubbish", &ignored);
	assert_true(names_remove(f->store, "a:1", NULL, NULL, &err) < 0);
	assert_true(exists(f, "layers", 'd'));
	assert_true(exists(f, "layers", '1'));
	assert_true(exists(f, "images/" CATALOG_BLOBS, 'f'));
}

static void sweeping_takes_the_dead_and_spares_the_rest(void **state)
{
	const struct fixture *f = *state;
	int layers_fd = store_layers_fd(f->store), images_fd = store_images_fd(f->store);
	struct descriptor stray;
	struct vps_err err = { 0 };
	OWN_FD dead_fd = FD_NONE;
	char name[65];

	put_image(f, "a:1", 'a', 'b', 'c', 'd');
	/* An import that was killed after it had published its layer and its blob. */
	assert_int_equal(mkdirat(layers_fd, SWEEP_STAGING "dead", 0700), 0);
	dead_fd = openat(layers_fd, SWEEP_STAGING "dead", O_RDONLY | O_DIRECTORY);
	assert_int_equal(file_replace(dead_fd, SWEEP_MARK, hex('7', name), 64, 0600, false, &err), 0);
	assert_int_equal(mkdirat(layers_fd, name, 0755), 0);
	put_blob(f, '8', "bytes", &stray);
	assert_int_equal(sweep_staging(images_fd, layers_fd, &err), 0);
	assert_false(exists(f, "layers", '7'));
	assert_false(exists(f, "images/" CATALOG_BLOBS, '8'));
	assert_int_not_equal(faccessat(layers_fd, SWEEP_STAGING "dead", F_OK, 0), 0);
	assert_true(exists(f, "layers", 'd'));
	assert_int_equal(find(f, "a:1", NULL), 0);
	/* One that was killed after it got into the index. */
	assert_int_equal(mkdirat(layers_fd, SWEEP_STAGING "late", 0700), 0);
	own_close(&dead_fd);
	dead_fd = openat(layers_fd, SWEEP_STAGING "late", O_RDONLY | O_DIRECTORY);
	assert_int_equal(file_replace(dead_fd, SWEEP_MARK, hex('d', name), 64, 0600, false, &err), 0);
	assert_int_equal(sweep_staging(images_fd, layers_fd, &err), 0);
	assert_true(exists(f, "layers", 'd'));
}

static void a_missing_store_is_missing_unless_it_is_made(void **state)
{
	struct store *store = NULL;
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(store_open("/nonexistent/vps", false, &store, &err), -ENOENT);
	assert_null(store);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_store_is_closed_to_others_and_empty),
		TEST(an_image_is_found_by_name_digest_and_prefix),
		TEST(a_prefix_of_several_images_is_refused),
		TEST(a_list_is_sorted_and_whole),
		TEST(a_second_name_keeps_an_image_alive),
		TEST(tagging_the_same_twice_changes_nothing),
		TEST(removing_spares_what_others_share),
		TEST(an_image_under_a_vps_is_not_removed),
		TEST(a_damaged_store_loses_nothing_by_a_removal),
		TEST(sweeping_takes_the_dead_and_spares_the_rest),
		cmocka_unit_test(a_missing_store_is_missing_unless_it_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
