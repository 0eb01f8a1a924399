// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "images/reference.h"

static void names_are_written_out_in_full(void **state)
{
	static const struct {
		const char *text;
		const char *full;
	} rows[] = {
		{ "debian", "debian:latest" },
		{ "debian:12", "debian:12" },
		{ "a", "a:latest" },
		{ "team/app", "team/app:latest" },
		{ "team/app:v1.0-rc_2", "team/app:v1.0-rc_2" },
		{ "registry.example/app", "registry.example/app:latest" },
		{ "localhost:5000/app", "localhost:5000/app:latest" },
		{ "localhost:5000/app:X", "localhost:5000/app:X" },
		{ "a__b/c--d.e_f", "a__b/c--d.e_f:latest" },
		{ "0123456789abcdef", "0123456789abcdef:latest" },
	};
	char buf[REFERENCE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct vps_err err = { 0 };

		assert_int_equal(reference_parse(rows[i].text, buf, &err), 0);
		assert_string_equal(buf, rows[i].full);
	}
}

static void what_is_no_name_is_refused_and_shown(void **state)
{
	static const char *const rows[] = {
		"", ":", ":tag", "Debian", "debian:", "debian::12", "debian:12:13", "/debian", "debian/",
		"a//b", "-a", "a-", ".a", "a.", "a..b", "a___b", "a._b", "a b", "a\n", "a:b c", "a:.x",
		"a:-x", "../etc", "a/../b", "host:port/app", "host:/app", "host:123456/app", "a@sha256",
		"\xc3\xa4", "a:\xc3\xa4",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		char buf[REFERENCE_SIZE] = "untouched";
		struct vps_err err = { 0 };

		assert_int_equal(reference_parse(rows[i], buf, &err), -VPS_EMISUSE);
		assert_string_equal(buf, "untouched");
		assert_non_null(strstr(err.text, "is not an image"));
	}
}

static void long_names_fit_or_are_refused(void **state)
{
	char text[600], buf[REFERENCE_SIZE];
	struct vps_err err = { 0 };

	(void)state;
	memset(text, 'a', sizeof(text));
	text[255] = ':';
	text[255 + 1 + 127] = '\0';
	assert_int_equal(reference_parse(text, buf, &err), 0);
	assert_int_equal(strlen(buf), 255 + 1 + 127);
	text[255 + 1 + 127] = 'a';
	text[255 + 1 + 128] = '\0';
	assert_int_equal(reference_parse(text, buf, &err), -VPS_EMISUSE);
	memset(text, 'a', sizeof(text));
	text[256] = '\0';
	assert_int_equal(reference_parse(text, buf, &err), -VPS_EMISUSE);
}

static void digests_are_told_from_names(void **state)
{
	static const char whole[] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char text[100];
	const char *hex;

	(void)state;
	assert_true(reference_is_digest("01234567", &hex));
	assert_false(reference_is_digest("0123456", &hex));
	assert_false(reference_is_digest("0123456g", &hex));
	assert_false(reference_is_digest("0123456A", &hex));
	(void)snprintf(text, sizeof(text), "sha256:%s", whole);
	assert_true(reference_is_digest(text, &hex));
	assert_string_equal(hex, whole);
	assert_true(reference_is_hex(whole));
	assert_false(reference_is_hex(text));
	(void)snprintf(text, sizeof(text), "%s0", whole);
	assert_false(reference_is_digest(text, &hex));
	assert_false(reference_is_hex(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_written_out_in_full),
		cmocka_unit_test(what_is_no_name_is_refused_and_shown),
		cmocka_unit_test(long_names_fit_or_are_refused),
		cmocka_unit_test(digests_are_told_from_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
