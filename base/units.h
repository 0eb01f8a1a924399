/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How people write amounts: "512M", "1.5", "100Mbit", "30s"; parsed and printed. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* How a limit is written. */
enum unit {
	UNIT_COUNT,	/* whole number */
	UNIT_BYTES,	/* 4096, 64K, 512M, 1.5G, 2T: powers of 1024; "KiB", "kB" are as "K" */
	UNIT_CPUS,	/* 1.5, kept as thousandths of a processor: 1500 */
	UNIT_RATE,	/* bits/s on a network: 64000, 100Mbit, 1.5Gbit: powers of 1000 */
	UNIT_SECONDS,	/* 30, 30s, 5m, 2h, kept as milliseconds; "1.5s" */
	UNIT_KINDS
};

/*
 * Parse an amount. "max" gives UINT64_MAX in every unit.
 *
 * text       whole string; surrounding space, signs, hex and exponents are refused
 * ret_value  in the unit's own scale, see above
 *
 * Returns 0; -EINVAL when text is not such an amount (including a fraction
 * that does not come out whole in the scale's smallest step); -ERANGE when it
 * does not fit. *ret_value is untouched on failure.
 */
int unit_parse(enum unit unit, const char *text, uint64_t *ret_value);

/* The shortest text that parses back to value, into buf. Returns buf. */
const char *unit_format(enum unit unit, uint64_t value, char *buf, size_t size);

/* For a message: "a whole number", "a size such as 512M", … */
const char *unit_example(enum unit unit);

/* Strict decimal, the whole string, no sign or space, lowest..highest. 0, -EINVAL, -ERANGE. */
int number_parse(const char *text, uint64_t lowest, uint64_t highest, uint64_t *ret_value);

#endif
