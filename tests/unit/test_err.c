// SPDX-License-Identifier: GPL-2.0-or-later
/* An error keeps its cause, gains context, and never outgrows its buffer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void the_first_cause_wins(void **state)
{
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(vps_err_set(&err, -ENOENT, "no %s", "image"), -ENOENT);
	assert_int_equal(vps_err_set(&err, -EIO, "later"), -ENOENT);
	assert_int_equal(vps_err_say(&err, -EIO, "later still"), -ENOENT);
	assert_string_equal(err.text, "no image");
}

static void context_goes_in_front(void **state)
{
	struct vps_err err = { 0 };
	char message[600];

	(void)state;
	(void)vps_err_set(&err, -EEXIST, "veth \"%s\"", "v1");
	assert_int_equal(vps_err_in(&err, "network"), -EEXIST);
	assert_int_equal(vps_err_in(&err, "%s", "web1"), -EEXIST);
	assert_string_equal(err.text, "web1: network: veth \"v1\"");
	assert_string_equal(vps_err_message(&err, message, sizeof(message)),
			    "web1: network: veth \"v1\": File exists");
}

static void a_complete_sentence_gets_no_strerror_even_in_context(void **state)
{
	struct vps_err err = { 0 };
	char message[600];

	(void)state;
	(void)vps_err_say(&err, -EINVAL, "pids: 0 is below 1");
	(void)vps_err_in(&err, "web1");
	assert_string_equal(vps_err_message(&err, message, sizeof(message)),
			    "web1: pids: 0 is below 1");
	assert_true(vps_err_is_said(&err));
}

static void what_the_kernel_said_is_no_complete_sentence(void **state)
{
	struct vps_err err = { 0 };

	(void)state;
	assert_false(vps_err_is_said(&err));
	(void)vps_err_set(&err, -ENOENT, "cannot open registry.db");
	(void)vps_err_in(&err, "web1");
	assert_false(vps_err_is_said(&err));
}

static void what_does_not_fit_is_cut_or_dropped_and_the_cause_is_kept(void **state)
{
	struct vps_err err = { 0 };
	char flood[1000], cause[sizeof(err.text)];
	char message[20];

	(void)state;
	memset(flood, 'x', sizeof(flood) - 1);
	flood[sizeof(flood) - 1] = '\0';
	(void)vps_err_set(&err, -EIO, "%s", flood);
	assert_in_range(strlen(err.text), 400, sizeof(err.text) - 1);
	memcpy(cause, err.text, sizeof(cause));
	assert_int_equal(vps_err_in(&err, "context"), -EIO);
	assert_memory_equal(err.text, cause, sizeof(cause));

	memset(&err, 0, sizeof(err));
	(void)vps_err_set(&err, -EIO, "cause");
	(void)vps_err_in(&err, "%s", flood);
	assert_string_equal(err.text, "cause");
	(void)vps_err_message(&err, message, sizeof(message));
	assert_int_equal(strlen(message), sizeof(message) - 1);
}

static void context_fits_to_the_last_byte(void **state)
{
	size_t len;

	(void)state;
	for (len = 480; len < 500; len++) {
		struct vps_err err = { 0 };
		char flood[512];

		memset(flood, 'x', len);
		flood[len] = '\0';
		(void)vps_err_say(&err, -EIO, "cause");
		(void)vps_err_in(&err, "%s", flood);
		assert_in_range(strlen(err.text), 5, sizeof(err.text) - 2);
		assert_non_null(strstr(err.text, "cause"));
		assert_string_equal(vps_err_message(&err, flood, sizeof(flood)), err.text);
	}
}

static void test_control_characters(void **state)
{
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(vps_err_say(&err, -EINVAL, "name \"%s\" is bad", "a\x1b[2Jb\x7f\n"), -EINVAL);
	assert_string_equal(err.text, "name \"a?[2Jb??\" is bad");
	(void)vps_err_in(&err, "%s", "x\ry");
	assert_string_equal(err.text, "x?y: name \"a?[2Jb??\" is bad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_cause_wins),
		cmocka_unit_test(context_goes_in_front),
		cmocka_unit_test(a_complete_sentence_gets_no_strerror_even_in_context),
		cmocka_unit_test(what_the_kernel_said_is_no_complete_sentence),
		cmocka_unit_test(what_does_not_fit_is_cut_or_dropped_and_the_cause_is_kept),
		cmocka_unit_test(context_fits_to_the_last_byte),
		cmocka_unit_test(test_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
