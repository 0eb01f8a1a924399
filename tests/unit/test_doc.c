// SPDX-License-Identifier: GPL-2.0-or-later
/* A tree fits the memory set aside for it, however dense its text; places are named in full. */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "runtime/doc.h"

#define TEXT_SIZE (1 << 20)

static unsigned allocations;

static void *counting_malloc(size_t size)
{
	allocations++;
	return malloc(size);
}

/* "[" piece "," piece … "]" of about a megabyte; %u in the piece counts. */
static char *fill(char open, const char *piece, char close)
{
	char *text = malloc(TEXT_SIZE + 64);
	size_t len = 0;
	unsigned n;

	text[len++] = open;
	for (n = 0; len < TEXT_SIZE; n++) {
		if (n)
			text[len++] = ',';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		len += (size_t)snprintf(text + len, 64, piece, n);
#pragma GCC diagnostic pop
	}
	text[len++] = close;
	text[len] = '\0';
	return text;
}

static void the_densest_trees_need_no_memory_beyond(void **state)
{
	static const struct { char open; const char *piece; char close; } rows[] = {
		{ '[', "{}", ']' },	     { '[', "[]", ']' },	{ '[', "[[],[[]]]", ']' },
		{ '[', "1", ']' },	     { '[', "\"\"", ']' },	{ '[', "{\"\":{}}", ']' },
		{ '{', "\"%x\":0", '}' },    { '{', "\"%x\":{}", '}' }, { '{', "\"%x\":[]", '}' },
		{ '[', "{\"a\":{\"\":{}}}", ']' }, { '[', "[[[[[[]]]]]]", ']' },
		{ '[', "{\"\":[{\"\":[]}]}", ']' },
	};
	size_t i;

	(void)state;
	json_set_alloc_funcs(counting_malloc, free);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		OWN_MEM char *text = fill(rows[i].open, rows[i].piece, rows[i].close);
		struct arena arena = { 0 };
		struct vps_err err = { 0 };
		struct doc doc = { .arena = &arena, .err = &err };
		struct doc_node root;

		allocations = 0;
		if (doc_open(&doc, text, strlen(text), 2 * TEXT_SIZE, &root) < 0)
			fail_msg("%s: %s", rows[i].piece, err.text);
		if (allocations)
			fail_msg("%s: %u allocations beyond", rows[i].piece, allocations);
		assert_in_range(doc_count(&root), 1000, TEXT_SIZE);
		doc_close(&doc);
	}
}

static void a_place_is_named_in_full_and_printably(void **state)
{
	struct vps_err err = { 0 };
	struct doc doc = { .err = &err };
	const struct doc_node root = { .doc = &doc };
	const struct doc_node list = doc_below(&root, "mounts", 0), item = doc_below(&list, NULL, 3);
	const struct doc_node options = doc_below(&item, "options", 0);
	const struct doc_node option = doc_below(&options, NULL, 1);
	const struct doc_node strange = doc_below(&root, "a\n\033b", 0);

	(void)state;
	assert_int_equal(doc_fail(&option, "wrong"), -EINVAL);
	assert_string_equal(err.text, "mounts[3].options[1]: wrong");
	memset(&err, 0, sizeof(err));
	assert_int_equal(doc_fail_code(&strange, -VPS_EHOST, "%d", 5), -VPS_EHOST);
	assert_string_equal(err.text, "a??b: 5");
	memset(&err, 0, sizeof(err));
	assert_int_equal(doc_fail(&root, "whole"), -EINVAL);
	assert_string_equal(err.text, "whole");
}

static void a_long_value_is_cut_between_characters(void **state)
{
	char text[300], shown[DOC_SHOWN];
	size_t len;

	(void)state;
	for (len = 60; len < 100; len++) {
		size_t i;

		memset(text, 'x', len % 4);
		for (i = len % 4; i + 2 <= len; i += 2)
			memcpy(text + i, "\xc3\xa4", 2);
		text[i] = '\0';
		(void)doc_quote(text, shown);
		assert_int_equal(shown[0], '"');
		assert_int_equal(shown[strlen(shown) - 1], '"');
		assert_non_null(strstr(shown, "\xc3\xa4"));
		for (i = 0; shown[i]; i++)
			if (shown[i] == '\xc3')
				assert_int_equal((unsigned char)shown[i + 1], 0xa4);
	}
}

static void big_integers_are_carried_only_outside_strings(void **state)
{
	static const char text[] = "{\"a\": 18446744073709551615, \"b\": \"18446744073709551615\","
				   " \"c\": \"\\\"18446744073709551615\", \"d\": 1.8446744073709551615,"
				   " \"e\": 9223372036854775807, \"f\": 1234567890123456789012e1,"
				   " \"g\": -9223372036854775808, \"h\": -9223372036854775809,"
				   " \"i\": -1234567890123456789012, \"j\": \"\\\\-1\"}";
	struct arena arena = { 0 };
	struct vps_err err = { 0 };
	struct doc doc = { .arena = &arena, .err = &err };
	struct doc_node root, node;
	uint64_t value;

	(void)state;
	assert_int_equal(doc_open(&doc, text, strlen(text), 1000, &root), 0);
	assert_true(doc_member(&root, "a", &node) && doc_is(&node, DOC_INTEGER));
	assert_false(doc_is(&node, DOC_STRING));
	assert_int_equal(doc_integer(&node, 0, UINT64_MAX, &value), 0);
	assert_int_equal(value, UINT64_MAX);
	assert_true(doc_member(&root, "b", &node) && doc_is(&node, DOC_STRING));
	assert_string_equal(doc_string(&node), "18446744073709551615");
	assert_true(doc_member(&root, "c", &node) && doc_is(&node, DOC_STRING));
	assert_true(doc_member(&root, "d", &node) && !doc_is(&node, DOC_INTEGER));
	assert_true(doc_member(&root, "e", &node) && doc_is(&node, DOC_INTEGER));
	assert_int_equal(doc_integer(&node, 0, INT64_MAX, &value), 0);
	assert_int_equal(value, INT64_MAX);
	assert_true(doc_member(&root, "f", &node) && !doc_is(&node, DOC_INTEGER));
	assert_true(doc_member(&root, "g", &node));
	assert_int_equal(doc_integer(&node, INT64_MIN, 0, &value), 0);
	assert_int_equal(value, INT64_MIN);
	assert_true(doc_integer(&node, INT64_MIN + 1, 0, &value) < 0);
	assert_true(doc_integer(&node, 0, UINT64_MAX, &value) < 0);
	assert_true(doc_member(&root, "h", &node) && doc_is(&node, DOC_INTEGER));
	assert_true(doc_integer(&node, INT64_MIN, UINT64_MAX, &value) < 0);
	assert_true(doc_member(&root, "i", &node) && doc_is(&node, DOC_INTEGER));
	assert_true(doc_integer(&node, INT64_MIN, UINT64_MAX, &value) < 0);
	assert_true(doc_member(&root, "j", &node));
	assert_string_equal(doc_string(&node), "\\-1");
	doc_close(&doc);
	arena_free(&arena);
}

static void a_value_is_found_where_the_parser_finds_it(void **state)
{
	static const char *const keys[] = { "linux", "seccomp", NULL };
	static const struct { const char *text, *value; } rows[] = {
		{ "{\"linux\":{\"seccomp\":{\"a\":1}}}", "{\"a\":1}" },
		{ " {\n\t\"linux\" : { \"seccomp\" :\r\n [ 1, 2 ]\n, \"x\": 0 } } ", "[ 1, 2 ]" },
		{ "{\"a\":[{\"linux\":{\"seccomp\":1}}],\"linux\":{\"x\":{},\"seccomp\":null}}", "null" },
		{ "{\"a\":\"}\\\"{\",\"b\":\"\\\\\",\"linux\":{\"seccomp\":\"}\\\"]\"}}", "\"}\\\"]\"" },
		{ "{\"linux\":{\"c\":\"seccomp\",\"seccomp\":{\"b\":[{}],\"c\":\"}\"}}}",
		  "{\"b\":[{}],\"c\":\"}\"}" },
		{ "{\"seccomp\":{},\"linux\":{\"x\":{\"seccomp\":1}}}", NULL },
		{ "{\"linux\":[\"seccomp\"]}", NULL },
		{ "{\"linux\":{\"sec\\u0063omp\":1}}", NULL },
		{ "{}", NULL },
		{ "[]", NULL },
		{ "", NULL },
	};
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const char *value = NULL;
		size_t value_len = 0;

		assert_int_equal(doc_find(rows[i].text, strlen(rows[i].text), keys, &value, &value_len),
				 rows[i].value != NULL);
		if (rows[i].value) {
			assert_int_equal(value_len, strlen(rows[i].value));
			assert_memory_equal(value, rows[i].value, value_len);
		}
		/* Cut off anywhere: what is found is whole, and nothing behind the end is read. */
		for (len = 0; len < strlen(rows[i].text); len++) {
			OWN_MEM char *cut = malloc(len ? len : 1);

			memcpy(cut, rows[i].text, len);
			if (doc_find(cut, len, keys, &value, &value_len))
				assert_true(value >= cut && value + value_len <= cut + len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_densest_trees_need_no_memory_beyond),
		cmocka_unit_test(a_place_is_named_in_full_and_printably),
		cmocka_unit_test(a_long_value_is_cut_between_characters),
		cmocka_unit_test(big_integers_are_carried_only_outside_strings),
		cmocka_unit_test(a_value_is_found_where_the_parser_finds_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
