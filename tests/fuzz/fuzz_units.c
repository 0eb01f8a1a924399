// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Amounts and lists that people write. The first byte chooses the unit. What
 * is taken is printed, and must come back as the same amount.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/units.h"
#include "runtime/resources.h"
#include "runtime/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void amounts(enum unit unit, const char *text)
{
	uint64_t value, again;
	char printed[40];

	if (unit_parse(unit, text, &value) < 0)
		return;
	if (unit_parse(unit, unit_format(unit, value, printed, sizeof(printed)), &again) < 0 ||
	    again != value)
		abort();
}

static void limits(enum resource_id id, const char *text)
{
	const struct resource *row = &resources[id];
	struct vps_err err = { 0 };
	uint64_t value;

	if (resource_parse(id, text, &value, &err) < 0) {
		if (!*err.text || word_has_control(err.text))
			abort();
		return;
	}
	if (!row->is_text && value != UINT64_MAX && (value < row->lowest || value > row->highest))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWN_MEM char *text = NULL;
	uint64_t number;

	if (size < 1)
		return 0;
	text = malloc(size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	amounts((enum unit)(data[0] % UNIT_KINDS), text);
	limits((enum resource_id)(data[0] % RESOURCES), text);
	if (number_parse(text, 3, 1000, &number) == 0 && (number < 3 || number > 1000))
		abort();
	(void)resource_is_cpu_list(text);
	return 0;
}
