// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "images/overlay.h"

static void short_names_count_in_base_36(void **state)
{
	static const struct {
		size_t i;
		const char *name;
	} rows[] = {
		{ 0, "0" }, { 9, "9" }, { 10, "a" }, { 35, "z" }, { 36, "10" }, { 499, "dv" },
		{ 1295, "zz" },
	};
	char buf[8];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(overlay_short_name(rows[i].i, buf), rows[i].name);
}

static const struct overlay read_only = { .vps_fd = FD_NONE, .is_volatile = true };
static const struct overlay writable = { .vps_fd = 0 };
static const struct overlay everything = { .vps_fd = 0, .is_volatile = true, .is_detached = true };

static void the_topmost_layer_comes_first(void **state)
{
	char buf[4096];

	(void)state;
	assert_int_equal(overlay_options(&read_only, 1, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "lowerdir=0");
	assert_int_equal(overlay_options(&read_only, 3, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "lowerdir=2:1:0");
	assert_int_equal(overlay_options(&writable, 2, buf, sizeof(buf)), 0);
	assert_string_equal(buf,
			    "lowerdir=1:0,upperdir=V/upper,workdir=V/work,redirect_dir=on");
	assert_int_equal(overlay_options(&everything, 2, buf, sizeof(buf)), 0);
	assert_non_null(strstr(buf, ",volatile,xino=on"));
}

static void as_many_layers_as_the_kernel_stacks_fit_in_a_page(void **state)
{
	char buf[4096];

	(void)state;
	assert_int_equal(overlay_options(&everything, OVERLAY_LAYERS_MAX + 1, buf, sizeof(buf)), 0);
	assert_int_equal(strncmp(buf, "lowerdir=dv:du:", 15), 0);
}

static void what_does_not_fit_is_refused_at_every_size(void **state)
{
	char buf[4096];
	size_t whole, size;

	(void)state;
	assert_int_equal(overlay_options(&everything, 40, buf, sizeof(buf)), 0);
	whole = strlen(buf);
	for (size = 10; size <= whole; size++)
		assert_int_equal(overlay_options(&everything, 40, buf, size), -E2BIG);
	assert_int_equal(overlay_options(&everything, 40, buf, whole + 1), 0);
}

static void an_image_without_layers_or_with_too_many_is_refused(void **state)
{
	struct overlay overlay = { .layers_fd = FD_NONE, .vps_fd = FD_NONE, .userns_fd = FD_NONE };
	int fd = FD_NONE;

	(void)state;
	for (; overlay.diff_ids_len <= OVERLAY_LAYERS_MAX + 1;
	     overlay.diff_ids_len += OVERLAY_LAYERS_MAX + 1) {
		struct vps_err err = { 0 };

		assert_int_equal(overlay_mount(&overlay, &fd, NULL, &err), -VPS_EMISUSE);
		assert_non_null(strstr(err.text, "1 to 499 layers"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_names_count_in_base_36),
		cmocka_unit_test(the_topmost_layer_comes_first),
		cmocka_unit_test(as_many_layers_as_the_kernel_stacks_fit_in_a_page),
		cmocka_unit_test(what_does_not_fit_is_refused_at_every_size),
		cmocka_unit_test(an_image_without_layers_or_with_too_many_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
