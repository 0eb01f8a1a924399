/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Aligned columns for people. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX	11

/* Start with { 0 }; released by table_print(). */
struct table {
	size_t columns;		/* of the first row, the heading */
	size_t widths[TABLE_COLUMNS_MAX];
	char **cells;		/* escaped */
	size_t count;
	bool   is_broken;	/* memory ran out */
};

/* A row of columns cells, NULL at the end; the first sets their number. Copied, escaped. */
void table_row(struct table *table, const char *const *cells);

/* Write it to stdout and free it. Returns 0, or -ENOMEM when a row could not be kept. */
int table_print(struct table *table);

#endif
