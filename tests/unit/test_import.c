// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "images/busybox.h"
#include "images/import.h"
#include "images/names.h"
#include "images/sweep.h"
#include "need.h"

/* The busybox image is the tar at hand: it is there, small, and always the same. */
static const char *missing;

struct fixture {
	char root[32];
	struct store *store;
	int tar_fd;
};

static int probe(void **state)
{
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE;

	(void)state;
	if (geteuid() != 0)
		missing = "root: the image's files belong to it";
	else if (busybox_make_tar(&fd, &err) < 0)
		missing = "busybox-static";
	return 0;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct vps_err err = { 0 };

	(void)snprintf(f->root, sizeof(f->root), "/tmp/test_import.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	assert_int_equal(store_open(f->root, true, &f->store, &err), 0);
	f->tar_fd = FD_NONE;
	if (!missing)
		assert_int_equal(busybox_make_tar(&f->tar_fd, &err), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct vps_err err = { 0 };

	own_close(&f->tar_fd);
	store_close(f->store);
	assert_int_equal(tree_remove(AT_FDCWD, f->root, &err), 0);
	free(f);
	return 0;
}

static size_t count_in(int dir_fd, const char *path)
{
	OWN_FD fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY);
	OWN_DIR *dir = fdopendir(fd_take(&fd));
	size_t count = 0;

	while (readdir(dir))
		count++;
	return count - 2;	/* . and .. */
}

static int run(struct fixture *f, const char *name, int (*confirm)(void *, struct vps_err *),
	       struct image **ret_image, struct vps_err *err)
{
	const struct import import = {
		.reference = name, .created = "", .config = busybox_config(),
		.input_fd = f->tar_fd, .confirm = confirm,
	};

	assert_int_equal(lseek(f->tar_fd, 0, SEEK_SET), 0);
	return import_rootfs(f->store, &import, ret_image, err);
}

static void the_image_has_what_a_vps_needs(void **state)
{
	struct fixture *f = *state;
	OWN_IMAGE *image = NULL;
	struct vps_err err = { 0 };
	char path[200], target[64];
	struct stat st;

	need(missing);
	assert_int_equal(run(f, "busybox:latest", NULL, &image, &err), 0);
	assert_string_equal(image->reference, "busybox:latest");
	assert_string_equal(image->config.entrypoint[0], "/sbin/init");
	assert_string_equal(image->config.stop_signal, "SIGUSR2");
	assert_int_equal(image->diff_ids_len, 1);
	(void)snprintf(path, sizeof(path), "%s/sbin/init", image->diff_ids[0]);
	assert_int_equal(readlinkat(store_layers_fd(f->store), path, target, sizeof(target)), 12);
	(void)snprintf(path, sizeof(path), "%s/tmp", image->diff_ids[0]);
	assert_int_equal(fstatat(store_layers_fd(f->store), path, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 01777);
	(void)snprintf(path, sizeof(path), "%s/etc/shadow", image->diff_ids[0]);
	assert_int_equal(fstatat(store_layers_fd(f->store), path, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void the_same_twice_is_the_same_once(void **state)
{
	struct fixture *f = *state;
	OWN_IMAGE *first = NULL, *second = NULL;
	OWN_IMAGE_LIST list = { 0 };
	struct vps_err err = { 0 };

	need(missing);
	assert_int_equal(run(f, "a:1", NULL, &first, &err), 0);
	own_close(&f->tar_fd);
	assert_int_equal(busybox_make_tar(&f->tar_fd, &err), 0);
	assert_int_equal(run(f, "a:1", NULL, &second, &err), 0);
	assert_string_equal(first->digest, second->digest);
	assert_int_equal(store_list(f->store, &list, &err), 0);
	assert_int_equal(list.len, 1);
	assert_int_equal(count_in(store_layers_fd(f->store), "."), 1);
	assert_int_equal(count_in(store_images_fd(f->store), "blobs/sha256"), 3);
}

static int refuse(void *arg, struct vps_err *err)
{
	(void)arg;
	return vps_err_say(err, -EIO, "the other program failed");
}

static void an_import_that_fails_at_the_end_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	OWN_IMAGE_LIST list = { 0 };
	struct image *image = NULL;
	struct vps_err err = { 0 };

	need(missing);
	assert_int_equal(run(f, "a:1", refuse, &image, &err), -EIO);
	assert_null(image);
	err = (struct vps_err){ 0 };
	assert_int_equal(store_list(f->store, &list, &err), 0);
	assert_int_equal(list.len, 0);
	assert_int_equal(count_in(store_layers_fd(f->store), "."), 0);
	assert_int_equal(count_in(store_images_fd(f->store), "blobs/sha256"), 0);
}

static void an_import_sweeps_what_a_killed_one_left(void **state)
{
	struct fixture *f = *state;
	OWN_IMAGE *image = NULL;
	struct vps_err err = { 0 };

	need(missing);
	assert_int_equal(mkdirat(store_layers_fd(f->store), SWEEP_STAGING "dead", 0700), 0);
	assert_int_equal(mkdirat(store_layers_fd(f->store), SWEEP_STAGING "dead/tree", 0700), 0);
	assert_int_equal(run(f, "a:1", NULL, &image, &err), 0);
	assert_int_equal(count_in(store_layers_fd(f->store), "."), 1);
}

static void an_import_and_a_removal_leave_an_empty_store(void **state)
{
	struct fixture *f = *state;
	OWN_IMAGE *image = NULL;
	struct vps_err err = { 0 };

	need(missing);
	assert_int_equal(run(f, "a:1", NULL, &image, &err), 0);
	assert_int_equal(names_remove(f->store, "a:1", NULL, NULL, &err), 0);
	assert_int_equal(count_in(store_layers_fd(f->store), "."), 0);
	assert_int_equal(count_in(store_images_fd(f->store), "blobs/sha256"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_image_has_what_a_vps_needs),
		TEST(the_same_twice_is_the_same_once),
		TEST(an_import_that_fails_at_the_end_leaves_nothing),
		TEST(an_import_sweeps_what_a_killed_one_left),
		TEST(an_import_and_a_removal_leave_an_empty_store),
	};

	return cmocka_run_group_tests(tests, probe, NULL);
}
