// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory of an arena is zeroed, aligned, apart from its neighbours, and all freed at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
	struct arena arena = { 0 };
	unsigned char *blocks[200];
	size_t i, j;

	(void)state;
	for (i = 0; i < 200; i++) {
		size_t size = i * 7 % 97 + 1;

		blocks[i] = arena_alloc(&arena, size);
		assert_non_null(blocks[i]);
		assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
		for (j = 0; j < size; j++)
			assert_int_equal(blocks[i][j], 0);
		memset(blocks[i], (int)i, size);
	}
	for (i = 0; i < 200; i++)
		for (j = 0; j < i * 7 % 97 + 1; j++)
			assert_int_equal(blocks[i][j], (unsigned char)i);
	arena_free(&arena);
}

static void large_and_empty_pieces_are_possible(void **state)
{
	struct arena arena = { 0 };
	char *large;

	(void)state;
	assert_non_null(arena_alloc(&arena, 0));
	large = arena_alloc(&arena, 1 << 20);
	assert_non_null(large);
	memset(large, 1, 1 << 20);
	assert_non_null(arena_alloc(&arena, 1));
	arena_free(&arena);
	assert_null(arena.blocks);
	assert_non_null(arena_alloc(&arena, 1));
	arena_free(&arena);
}

static void a_size_that_overflows_gives_null(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX / 2 + 1));
	assert_null(arena_array(&arena, SIZE_MAX / 8, 16));
	arena_free(&arena);
}

static void strings_are_copied_and_formatted(void **state)
{
	struct arena arena = { 0 };
	char original[] = "text";
	char *copy = arena_strdup(&arena, original);

	(void)state;
	original[0] = 'n';
	assert_string_equal(copy, "text");
	assert_string_equal(arena_strdup(&arena, ""), "");
	assert_string_equal(arena_printf(&arena, "%s=%d", "a", 1), "a=1");
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(large_and_empty_pieces_are_possible),
		cmocka_unit_test(a_size_that_overflows_gives_null),
		cmocka_unit_test(strings_are_copied_and_formatted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
