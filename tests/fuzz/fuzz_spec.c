// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vps.json. What is taken is printed, taken again and printed the same; what
 * is refused is refused with one line of text and nothing left behind. Behind
 * a NUL byte, a key and behind the next one a value are set.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "runtime/spec.h"
#include "runtime/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refusal(const struct vps_err *err)
{
	if (!err->code || !*err->text || word_has_control(err->text))
		abort();
}

static void check_round_trip(const struct spec *spec)
{
	OWN_MEM char *once = NULL, *twice = NULL;
	struct vps_err err = { 0 };
	struct spec again = { 0 };

	if (spec_print(spec, &once, &err) < 0 ||
	    spec_parse(once, strlen(once), &again, &err) < 0 ||
	    spec_print(&again, &twice, &err) < 0 || strcmp(once, twice) != 0)
		abort();
	spec_free(&again);
}

/* The strings behind the document. */
static void set_key(struct spec *spec, const char *text, size_t len)
{
	const char *key = memchr(text, '\0', len);
	const char *value = key ? memchr(key + 1, '\0', len - (size_t)(key + 1 - text)) : NULL;
	struct vps_err err = { 0 };

	if (!value)
		return;
	if (spec_set(spec, key + 1, value + 1, &err) < 0) {
		check_refusal(&err);
		check_round_trip(spec);
	} else if (spec_check(spec, &err) == 0) {
		check_round_trip(spec);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWN_MEM char *text = malloc(size + 1);
	struct vps_err err = { 0 };
	struct spec spec = { 0 };

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (spec_parse(text, strnlen(text, size), &spec, &err) < 0) {
		check_refusal(&err);
		if (spec.arena.blocks)
			abort();
		return 0;
	}
	check_round_trip(&spec);
	set_key(&spec, text, size);
	spec_free(&spec);
	return 0;
}
