// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes the --json output of every command. Errors of stdout are main.c's to find at the end. */
#include "cli/emit.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/text.h"

static void put_string(const char *text)
{
	putchar('"');
	while (*text) {
		uint32_t code = 0;
		size_t len = text_decode(text, &code);

		if (!len)
			fputs("\\ufffd", stdout);
		else if (code == '"' || code == '\\')
			printf("\\%c", (int)code);
		else if (text_is_control(code))
			printf("\\u%04" PRIx32, code);
		else
			fwrite(text, 1, len, stdout);
		text += len ? len : 1;
	}
	putchar('"');
}

static void put_indent(unsigned depth)
{
	printf("\n%*s", (int)(2 * depth), "");
}

/* Everything before the value of a member. */
static void put_member(struct emit *emit, const char *key)
{
	if (emit->is_filled)
		putchar(',');
	if (emit->depth && !emit->is_compact)
		put_indent(emit->depth);
	emit->is_filled = true;
	if (key) {
		put_string(key);
		fputs(emit->is_compact ? ":" : ": ", stdout);
	}
}

static void put_open(struct emit *emit, const char *key, char bracket)
{
	put_member(emit, key);
	putchar(bracket);
	emit->depth++;
	emit->is_filled = false;
}

void emit_object(struct emit *emit, const char *key)
{
	put_open(emit, key, '{');
}

void emit_array(struct emit *emit, const char *key)
{
	put_open(emit, key, '[');
}

void emit_end(struct emit *emit, char bracket)
{
	emit->depth--;
	if (emit->is_filled && !emit->is_compact)
		put_indent(emit->depth);
	putchar(bracket);
	emit->is_filled = true;
	if (!emit->depth)
		putchar('\n');
}

void emit_text(struct emit *emit, const char *key, const char *text)
{
	put_member(emit, key);
	if (text)
		put_string(text);
	else
		fputs("null", stdout);
}

void emit_number(struct emit *emit, const char *key, int64_t number)
{
	put_member(emit, key);
	printf("%" PRId64, number);
}

void emit_unsigned(struct emit *emit, const char *key, uint64_t number)
{
	put_member(emit, key);
	printf("%" PRIu64, number);
}

void emit_digits(struct emit *emit, const char *key, const char *digits)
{
	put_member(emit, key);
	fputs(digits, stdout);
}

void emit_bool(struct emit *emit, const char *key, bool is_true)
{
	put_member(emit, key);
	fputs(is_true ? "true" : "false", stdout);
}

void emit_null(struct emit *emit, const char *key)
{
	emit_text(emit, key, NULL);
}

void emit_texts(struct emit *emit, const char *key, const char *const *texts)
{
	emit_array(emit, key);
	for (; texts && *texts; texts++)
		emit_text(emit, NULL, *texts);
	emit_end(emit, ']');
}
