// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parses command lines against option tables, for main.c. Not getopt_long(3):
 * that takes any unique prefix of an option for the option, so that a script
 * changes its meaning when an option is added.
 */
#include "cli/options.h"

#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

/* A row, and where its value goes. */
struct found {
	const struct option_row *row;
	void                    *member;
};

struct parser {
	const struct option_set *sets;
	size_t                   count;
	int                      argc;
	char                   **argv;
	int                      next;		/* index of the next word */
	char                    *misuse;	/* MISUSE_SIZE bytes */
};

static int wrong(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int wrong(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->misuse, MISUSE_SIZE, fmt, ap);
	va_end(ap);
	return -1;
}

static bool row_matches(const struct option_row *row, char letter, const char *name, size_t len)
{
	if (letter)
		return row->letter == letter;
	return strlen(row->name) == len && !memcmp(row->name, name, len);
}

/* By its letter, or (letter is 0) by the name of len bytes. */
static struct found find(const struct parser *p, char letter, const char *name, size_t len)
{
	const struct option_row *row;
	size_t i;

	for (i = 0; i < p->count; i++)
		for (row = p->sets[i].rows; row && row->name; row++)
			if (row_matches(row, letter, name, len))
				return (struct found){ row, (char *)p->sets[i].values + row->offset };
	return (struct found){ 0 };
}

static int append(struct parser *p, struct text_list *list, const char *text)
{
	const char **items = reallocarray(list->items, list->count + 2, sizeof(*items));

	if (!items)
		return wrong(p, "no memory left");
	list->items = items;
	items[list->count++] = text;
	items[list->count] = NULL;
	return 0;
}

static int set_msec(struct parser *p, const struct found *found, const char *text)
{
	uint64_t msec;

	if (unit_parse(UNIT_SECONDS, text, &msec) < 0)
		return wrong(p, "--%s: \"%.60s\" is not %s", found->row->name, text,
			     unit_example(UNIT_SECONDS));
	if (msec != UINT64_MAX && msec > INT_MAX)
		return wrong(p, "--%s: %.60s is too long; say max to wait for ever",
			     found->row->name, text);
	*(int *)found->member = msec == UINT64_MAX ? -1 : (int)msec;
	return 0;
}

static int set_count(struct parser *p, const struct found *found, const char *text)
{
	uint64_t value;

	if (number_parse(text, 0, SIZE_MAX, &value) < 0)
		return wrong(p, "--%s: \"%.60s\" is not a whole number", found->row->name, text);
	*(size_t *)found->member = value;
	return 0;
}

static int set_value(struct parser *p, const struct found *found, const char *text)
{
	switch (found->row->kind) {
	case OPTION_SWITCH:
		*(bool *)found->member = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)found->member = text;
		return 0;
	case OPTION_LIST:
		return append(p, found->member, text);
	case OPTION_MSEC:
		return set_msec(p, found, text);
	case OPTION_COUNT:
		return set_count(p, found, text);
	}
	return 0;
}

/* The next word, as the value of an option that needs one. */
static int set_from_next(struct parser *p, const struct found *found)
{
	if (p->next == p->argc)
		return wrong(p, "--%s needs a value: %s", found->row->name, found->row->value);
	return set_value(p, found, p->argv[p->next++]);
}

/* "--name", "--name VALUE" or "--name=VALUE"; word is behind the dashes. */
static int parse_long(struct parser *p, const char *word)
{
	size_t len = strcspn(word, "=");
	struct found found = find(p, 0, word, len);
	bool has_value = word[len] == '=';

	if (!found.row)
		return wrong(p, "unknown option --%.*s", (int)(len > 60 ? 60 : len), word);
	if (found.row->kind == OPTION_SWITCH && has_value)
		return wrong(p, "--%s takes no value", found.row->name);
	if (found.row->kind == OPTION_SWITCH || has_value)
		return set_value(p, &found, word + len + has_value);
	return set_from_next(p, &found);
}

/* "-t", "-tu NAME" or "-uNAME"; word is behind the dash and not empty. */
static int parse_letters(struct parser *p, const char *word)
{
	for (; *word; word++) {
		struct found found = find(p, *word, NULL, 0);

		if (!found.row)
			return wrong(p, "unknown option -%c", *word);
		if (found.row->kind != OPTION_SWITCH)
			return word[1] ? set_value(p, &found, word + 1) : set_from_next(p, &found);
		if (set_value(p, &found, NULL) < 0)
			return -1;
	}
	return 0;
}

int options_parse(const struct option_set *sets, size_t count, bool is_ordered, int argc,
		  char **argv, char misuse[MISUSE_SIZE])
{
	struct parser p = { sets, count, argc, argv, 0, misuse };
	bool is_over = false;	/* no more options */
	int operands = 0;

	while (p.next < argc) {
		char *word = argv[p.next++];

		if (!is_over && !strcmp(word, "--")) {
			is_over = true;
		} else if (is_over || word[0] != '-' || !word[1]) {
			is_over |= is_ordered;
			argv[operands++] = word;
		} else if ((word[1] == '-' ? parse_long(&p, word + 2)
					   : parse_letters(&p, word + 1)) < 0) {
			return -1;
		}
	}
	argv[operands] = NULL;
	return operands;
}

void options_free(const struct option_set *set)
{
	const struct option_row *row;

	for (row = set->rows; row && row->name; row++) {
		if (row->kind == OPTION_LIST) {
			struct text_list *list = (void *)((char *)set->values + row->offset);

			free(list->items);
			*list = (struct text_list){ 0 };
		}
	}
}
