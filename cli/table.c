// SPDX-License-Identifier: GPL-2.0-or-later
/* Prints the lists of `vpsctl list`, `image list` and `doctor`. */
#include "cli/table.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/text.h"

static bool add_cell(struct table *table, size_t column, const char *text)
{
	char **cells = reallocarray(table->cells, table->count + 1, sizeof(*cells));
	size_t width;

	if (!cells)
		return false;
	table->cells = cells;
	cells[table->count] = text_escape(*text ? text : "-");
	if (!cells[table->count])
		return false;
	width = text_width(cells[table->count++]);
	if (width > table->widths[column])
		table->widths[column] = width;
	return true;
}

void table_row(struct table *table, const char *const *cells)
{
	bool is_heading = !table->count;
	size_t i;

	for (i = 0; cells[i] && !table->is_broken; i++) {
		assert(i < TABLE_COLUMNS_MAX);
		table->is_broken = !add_cell(table, i, cells[i]);
		table->columns += is_heading;
	}
}

int table_print(struct table *table)
{
	size_t i;

	for (i = 0; i < table->count && !table->is_broken; i++) {
		size_t column = i % table->columns;

		if (column + 1 == table->columns)
			puts(table->cells[i]);
		else
			printf("%s%*s", table->cells[i],
			       (int)(table->widths[column] - text_width(table->cells[i]) + 2), "");
	}
	for (i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	return table->is_broken ? -ENOMEM : 0;
}
