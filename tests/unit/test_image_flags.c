// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "images/image_flags.h"

static void without_flags_init_is_run(void **state)
{
	const struct image_flags flags = { 0 };
	struct image_config config;
	struct arena arena = { 0 };
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(image_flags_read(&flags, &arena, &config, &err), 0);
	assert_string_equal(config.entrypoint[0], "/sbin/init");
	assert_null(config.entrypoint[1]);
	assert_null(config.cmd[0]);
	assert_null(config.env[0]);
	assert_string_equal(config.stop_signal, "");
	arena_free(&arena);
}

static void every_flag_ends_up_in_the_configuration(void **state)
{
	static const char *const env[] = { "A=1", "B=" }, *const labels[] = { "k=v=w" };
	const struct image_flags flags = {
		NULL, "[\"sh\",\"-c\"]", "SIGRTMIN+3", "/srv", "nobody", env, 2, labels, 1,
	};
	struct image_config config;
	struct arena arena = { 0 };
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(image_flags_read(&flags, &arena, &config, &err), 0);
	assert_null(config.entrypoint[0]);	/* --cmd says what to run */
	assert_string_equal(config.cmd[1], "-c");
	assert_string_equal(config.env[1], "B=");
	assert_string_equal(config.labels[0].key, "k");
	assert_string_equal(config.labels[0].value, "v=w");
	assert_string_equal(config.stop_signal, "SIGRTMIN+3");
	assert_string_equal(config.working_dir, "/srv");
	assert_string_equal(config.user, "nobody");
	arena_free(&arena);
}

static void a_wrong_flag_is_named(void **state)
{
	static const char *const no_equals[] = { "X" }, *const no_name[] = { "=x" };
	static const struct {
		struct image_flags flags;
		const char *says;
	} rows[] = {
		{ { .entrypoint = "/sbin/init" }, "--entrypoint: " },
		{ { .cmd = "[1]" }, "--cmd: " },
		{ { .stop_signal = "" }, "--stop-signal: " },
		{ { .stop_signal = "kill -9" }, "--stop-signal: " },
		{ { .working_dir = "srv" }, "--workdir: " },
		{ { .env = no_equals, .env_len = 1 }, "--env: \"X\"" },
		{ { .env = no_name, .env_len = 1 }, "--env: \"=x\"" },
		{ { .labels = no_equals, .labels_len = 1 }, "--label: " },
		{ { .labels = no_name, .labels_len = 1 }, "--label: " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct image_config config;
		struct arena arena = { 0 };
		struct vps_err err = { 0 };

		assert_int_equal(image_flags_read(&rows[i].flags, &arena, &config, &err),
				 -VPS_EMISUSE);
		assert_int_equal(strncmp(err.text, rows[i].says, strlen(rows[i].says)), 0);
		arena_free(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_flags_init_is_run),
		cmocka_unit_test(every_flag_ends_up_in_the_configuration),
		cmocka_unit_test(a_wrong_flag_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
