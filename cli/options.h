/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options as tables: parsed exactly, never by abbreviation, into a struct of the command's own. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define MISUSE_SIZE	200	/* bytes of the sentence about a mistake */

/* What an option's value becomes, and the type of the member that receives it. */
enum option_kind {
	OPTION_SWITCH,	/* bool; takes no value */
	OPTION_TEXT,	/* const char * */
	OPTION_LIST,	/* struct text_list: may be given again */
	OPTION_MSEC,	/* int: a time in milliseconds, -1 for "max" */
	OPTION_COUNT,	/* size_t */
};

/* Values of a repeated option, in order; items ends with NULL, or is NULL when there are none. */
struct text_list {
	const char **items;
	size_t       count;
};

/* A table of options ends with a row without a name. */
struct option_row {
	char             letter;	/* 0: no short form */
	const char      *name;
	const char      *value;		/* how help calls its value; NULL for a switch */
	enum option_kind kind;
	size_t           offset;	/* of the member in the values */
	const char      *summary;
};

/* A table, and the struct that its values go into. */
struct option_set {
	const struct option_row *rows;	/* NULL: no options */
	void                    *values;
};

/*
 * Take the options out of argv; what is left are operands, in their order.
 *
 * sets        count tables, asked in this order; values are borrowed and
 *             hold the defaults
 * is_ordered  stop at the first operand: what follows belongs to somebody else
 * argv        argc words and a NULL; the operands and a NULL are at its start afterwards
 * misuse      receives the sentence about the first mistake
 *
 * Returns the number of operands, or -1 with misuse filled and the values
 * partly set. Lists are to be freed by options_free() in either case.
 */
int options_parse(const struct option_set *sets, size_t count, bool is_ordered, int argc,
		  char **argv, char misuse[MISUSE_SIZE]) __attribute__((nonnull));

/* Free the lists among the values. */
void options_free(const struct option_set *set) __attribute__((nonnull));

#endif
