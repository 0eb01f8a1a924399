// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of limits, and how a value of a row is read, checked and written. */
#include "resources.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/doc.h"

#define MIB		(UINT64_C(1) << 20)
#define EIB		(UINT64_C(1) << 60)
#define CPU_PERIOD_USEC	100000	/* the kernel's default */
#define CPU_NUMBER_MAX	8191	/* the largest NR_CPUS that Linux can be built with */

/*
 * Every limit of a VPS. Deliberately not here: what OCI can say and a VPS
 * cannot, such as real-time budgets; "unified" of an OCI bundle takes those.
 */
const struct resource resources[RESOURCES] = {
	/*                     name           file             controller  unit */
	[RES_CPUS]        = { "cpus",        "cpu.max",       "cpu",      UNIT_CPUS,
			      .takes_max = true, .lowest = 10, .highest = 10000000,
			      .summary = "processors' worth of time, such as 1.5" },
	[RES_CPU_WEIGHT]  = { "cpu.weight",  "cpu.weight",    "cpu",      UNIT_COUNT,
			      .lowest = 1, .highest = 10000,
			      .summary = "share of contended processors; 100 is usual" },
	[RES_CPU_SET]     = { "cpu.set",     "cpuset.cpus",   "cpuset",   UNIT_COUNT,
			      .is_text = true,
			      .summary = "processors it may run on, such as 0-1,4" },
	[RES_MEMORY]      = { "memory",      "memory.max",    "memory",   UNIT_BYTES,
			      .takes_max = true, .lowest = MIB, .highest = EIB,
			      .summary = "memory that it can use at most" },
	[RES_MEMORY_HIGH] = { "memory.high", "memory.high",   "memory",   UNIT_BYTES,
			      .takes_max = true, .lowest = MIB, .highest = EIB,
			      .summary = "memory above which it is slowed down and reclaimed" },
	[RES_MEMORY_LOW]  = { "memory.low",  "memory.low",    "memory",   UNIT_BYTES,
			      .takes_max = true, .lowest = 0, .highest = EIB,
			      .summary = "memory that is reclaimed only when nothing else is left" },
	[RES_MEMORY_MIN]  = { "memory.min",  "memory.min",    "memory",   UNIT_BYTES,
			      .takes_max = true, .lowest = 0, .highest = EIB,
			      .summary = "memory that is never taken from it" },
	[RES_SWAP]        = { "swap",        "memory.swap.max", "memory", UNIT_BYTES,
			      .takes_max = true, .lowest = 0, .highest = EIB,
			      .summary = "swap space that it can use, besides its memory" },
	[RES_PIDS]        = { "pids",        "pids.max",      "pids",     UNIT_COUNT,
			      .takes_max = true, .lowest = 1, .highest = 1 << 22,
			      .summary = "processes and threads" },
	[RES_IO_WEIGHT]   = { "io.weight",   "io.weight",     "io",       UNIT_COUNT,
			      .lowest = 1, .highest = 10000,
			      .summary = "share of contended disks; 100 is usual" },
};

enum resource_id resource_find(const char *name)
{
	int id;

	for (id = 0; id < RESOURCES; id++)
		if (strcmp(resources[id].name, name) == 0)
			break;
	return (enum resource_id)id;
}

/* One decimal of a cpu list; moves *text behind it. */
static bool take_cpu(const char **text, unsigned long *ret_cpu)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	*ret_cpu = strtoul(*text, &end, 10);
	*text = end;
	return errno == 0 && *ret_cpu <= CPU_NUMBER_MAX;
}

bool resource_is_cpu_list(const char *text)
{
	unsigned long first, last;

	for (;;) {
		if (!take_cpu(&text, &first))
			return false;
		if (*text == '-') {
			text++;
			if (!take_cpu(&text, &last) || last < first)
				return false;
		}
		if (*text != ',')
			return *text == '\0';
		text++;
	}
}

/* "1 to 10000", "1M to 1048576T, or max" */
static const char *range(const struct resource *row, char *buf, size_t size)
{
	char lowest[32], highest[32];

	(void)snprintf(buf, size, "%s to %s%s",
		       unit_format(row->unit, row->lowest, lowest, sizeof(lowest)),
		       unit_format(row->unit, row->highest, highest, sizeof(highest)),
		       row->takes_max ? ", or max" : "");
	return buf;
}

int resource_parse(enum resource_id id, const char *text, uint64_t *ret_value, struct vps_err *err)
{
	const struct resource *row = &resources[id];
	char allowed[80], edge[32], shown[DOC_SHOWN];
	uint64_t value;
	int r;

	if (row->is_text) {
		if (!resource_is_cpu_list(text))
			return vps_err_say(err, -EINVAL,
					   "%s: %s is not a list of processors such as 0-1,4; allowed are 0 to %d",
					   row->name, doc_quote(text, shown), CPU_NUMBER_MAX);
		*ret_value = 0;
		return 0;
	}
	r = unit_parse(row->unit, text, &value);
	(void)range(row, allowed, sizeof(allowed));
	if (r == -EINVAL)
		return vps_err_say(err, r, "%s: %s is not %s; allowed are %s", row->name,
				   doc_quote(text, shown), unit_example(row->unit), allowed);
	if (r == 0 && value < row->lowest)
		return vps_err_say(err, -EINVAL, "%s: %s is below %s; allowed are %s", row->name,
				   doc_printable(text, shown),
				   unit_format(row->unit, row->lowest, edge, sizeof(edge)), allowed);
	if (r < 0 || (value > row->highest && !(row->takes_max && value == UINT64_MAX)))
		return vps_err_say(err, -EINVAL, "%s: %s is above %s; allowed are %s", row->name,
				   doc_printable(text, shown),
				   unit_format(row->unit, row->highest, edge, sizeof(edge)), allowed);
	*ret_value = value;
	return 0;
}

const char *resource_cg_text(enum resource_id id, uint64_t value, char *buf, size_t size)
{
	if (id == RES_CPUS && value == UINT64_MAX)
		(void)snprintf(buf, size, "max %d", CPU_PERIOD_USEC);
	else if (id == RES_CPUS)
		(void)snprintf(buf, size, "%ju %d", (uintmax_t)(value * (CPU_PERIOD_USEC / 1000)),
			       CPU_PERIOD_USEC);
	else if (id == RES_IO_WEIGHT)
		(void)snprintf(buf, size, "default %ju", (uintmax_t)value);
	else if (value == UINT64_MAX)
		(void)snprintf(buf, size, "max");
	else
		(void)snprintf(buf, size, "%ju", (uintmax_t)value);
	return buf;
}

/*
 * The two functions of libm that the formula below needs. Loading that library
 * would cost every start of a container more than these lines.
 */
static double log2_of(uint64_t number)
{
	int whole = 63 - __builtin_clzll(number);
	double rest = (double)number / (double)(UINT64_C(1) << whole), bit, sum = whole;

	for (bit = 0.5; bit > 1e-15; bit /= 2) {
		rest *= rest;
		if (rest >= 2) {
			rest /= 2;
			sum += bit;
		}
	}
	return sum;
}

static double power_of_10(double exponent)
{
	double x = exponent * 2.302585092994046, term = 1, sum = 1;	/* times ln 10 */
	int n;

	for (n = 1; n < 60; n++) {
		term *= x / n;
		sum += term;
	}
	return sum;
}

uint64_t resource_weight_of_shares(uint64_t shares)
{
	double l, weight;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2_of(shares);
	weight = power_of_10((l * l + 125 * l) / 612 - 7.0 / 34);
	return (uint64_t)(weight - 1e-9) + 1;	/* rounded up, but not for an error of rounding */
}
