// SPDX-License-Identifier: GPL-2.0-or-later
/* Strings are what they are taken for, and nothing more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/own.h"
#include "runtime/words.h"

struct row {
	const char *text;
	bool        is;
};

static void check(bool (*is)(const char *), const struct row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (is(rows[i].text) != rows[i].is)
			fail_msg("\"%s\"", rows[i].text);
}

#define CHECK(is, ...)						\
	do {							\
		static const struct row rows_[] = { __VA_ARGS__ }; \
		check(is, rows_, ARRAY_LEN(rows_));		\
	} while (0)

static void clean_paths(void **state)
{
	(void)state;
	CHECK(word_is_clean_path, { "/", true }, { "/a", true }, { "/a/b.c/..d", true },
	      { "/...", true }, { "", false }, { "a", false }, { "//", false }, { "/a/", false },
	      { "/a//b", false }, { "/.", false }, { "/a/./b", false }, { "/..", false },
	      { "/a/..", false }, { "/a/../b", false });
}

static void dotdot(void **state)
{
	(void)state;
	CHECK(word_has_dotdot, { "..", true }, { "/..", true }, { "a/..", true }, { "../a", true },
	      { "a/../b", true }, { "", false }, { "...", false }, { "a..b", false }, { "/a", false });
}

static void within(void **state)
{
	(void)state;
	assert_true(word_is_within("/proc", "/proc"));
	assert_true(word_is_within("/proc/x", "/proc"));
	assert_false(word_is_within("/process", "/proc"));
	assert_false(word_is_within("/pro", "/proc"));
}

static void interfaces(void **state)
{
	(void)state;
	CHECK(word_is_interface, { "eth0", true }, { "vps-0.1@x", true }, { "fifteen-chars-x", true },
	      { "sixteen-chars-xy", false }, { "", false }, { ".", false }, { "..", false },
	      { "a/b", false }, { "a:1", false }, { "a b", false }, { "a\n", false }, { "a%d", false });
}

static void assignments(void **state)
{
	(void)state;
	CHECK(word_is_assignment, { "A=b", true }, { "A=", true }, { "A==", true }, { "A", false },
	      { "=b", false }, { "", false });
}

static void controls(void **state)
{
	(void)state;
	CHECK(word_has_control, { "", false }, { "a b\xc3\xa4", false }, { "a\n", true },
	      { "\033[1m", true }, { "\x7f", true });
}

static void utf8(void **state)
{
	(void)state;
	CHECK(word_is_utf8, { "", true }, { "plain", true }, { "\xc3\xa4", true },
	      { "\xe2\x82\xac", true }, { "\xf0\x9f\x98\x80", true }, { "\xff", false },
	      { "\x80", false }, { "\xc3", false }, { "\xc0\x80", false }, { "\xe0\x80\x80", false },
	      { "\xed\xa0\x80", false }, { "\xf4\x90\x80\x80", false }, { "\xe2\x82", false },
	      { "\xe2\x82x", false });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_paths), cmocka_unit_test(dotdot), cmocka_unit_test(within),
		cmocka_unit_test(interfaces),  cmocka_unit_test(assignments),
		cmocka_unit_test(controls),    cmocka_unit_test(utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
