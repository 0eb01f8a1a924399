// SPDX-License-Identifier: GPL-2.0-or-later
/* The short way through ordinary documents ends in the same tree as jansson's, or gives up. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/doc_plain.h"

#define ROUNDS 200000

static const char *const ordinary[] = {
	"{}",
	"[]",
	" [ 1 , -2,0, 999999999999999999,-999999999999999999 ]\n",
	"[true,false,null]",
	"{\"a\":{\"b\":[{\"c\":\"d e~!\"},\"\"]},\"\":0}",
	"{\"process\":{\"args\":[\"sh\",\"-c\",\"x\"],\"user\":{\"uid\":0}},\"n\":\t[\r\n]}",
};

/* Mistakes, and what only jansson reads. */
static const char *const odd[] = {
	"", " ", "1", "\"a\"", "null", "[", "{", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[]]", "[]x",
	"{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}",
	"[\"a]", "[\"a\\n\"]", "[\"\\u0041\"]", "[\"\xc3\xa9\"]", "[\"\x01\"]", "[\"\x7f\"]",
	"[1.5]", "[1e3]", "[1E3]", "[01]", "[-]", "[-0]", "[-01]", "[- 1]", "[+1]", "[1-]",
	"[1000000000000000000]", "[18446744073709551615]", "[tru]", "[True]", "[truee]", "[nul",
	"{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":{\"c\":1,\"c\":1}}", "\xef\xbb\xbf[]", "[] //", "[NaN]",
};

static void ordinary_documents_are_read_as_jansson_reads_them(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ordinary) / sizeof(*ordinary); i++) {
		json_t *ours = doc_plain_load(ordinary[i], strlen(ordinary[i]));
		json_t *theirs = json_loads(ordinary[i], JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(ours);
		assert_true(json_equal(ours, theirs));
		json_decref(ours);
		json_decref(theirs);
	}
}

static void what_is_odd_is_left_to_jansson(void **state)
{
	static const char with_nul[] = "[1]\0";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		if (doc_plain_load(odd[i], strlen(odd[i])))
			fail_msg("read %s", odd[i]);
	assert_null(doc_plain_load(with_nul, sizeof(with_nul)));
	assert_null(doc_plain_load("[1\0]", 4));
}

/* A generator of numbers of our own, so that a failure comes again. */
static uint32_t next_number(void)
{
	static uint32_t state = 2463534242;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static void a_changed_document_is_never_read_otherwise(void **state)
{
	static const char bytes[] = "{}[]\",:0129-.eE\\ \n\tatrufalsn\x01\x7f\xc3\0";
	unsigned accepted = 0, round;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		const char *from = ordinary[next_number() % (sizeof(ordinary) / sizeof(*ordinary))];
		size_t len = strlen(from), changes = 1 + next_number() % 3;
		json_t *ours, *theirs;
		char text[128];

		memcpy(text, from, len);
		while (changes--)
			text[next_number() % len] = bytes[next_number() % (sizeof(bytes) - 1)];
		ours = doc_plain_load(text, len);
		theirs = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
		if (ours && !json_equal(ours, theirs))
			fail_msg("read otherwise: %.*s", (int)len, text);
		accepted += ours != NULL;
		json_decref(ours);
		json_decref(theirs);
	}
	assert_true(accepted > ROUNDS / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_documents_are_read_as_jansson_reads_them),
		cmocka_unit_test(what_is_odd_is_left_to_jansson),
		cmocka_unit_test(a_changed_document_is_never_read_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
