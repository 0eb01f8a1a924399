// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of limits, and how a value of a row is read, checked and written. */
#include "resources.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpulist.h"
#include "netns/shape.h"
#include "runtime/bandwidth.h"
#include "runtime/doc.h"

#define MIB		(UINT64_C(1) << 20)
#define EIB		(UINT64_C(1) << 60)
#define CPU_PERIOD_USEC	100000	/* the kernel's default */

/* Of a limit that may be "max", and is where nothing is set. */
#define AMOUNT(low, high)	OFFER(low, high), .fallback = UINT64_MAX
#define OFFER(low, high)	.takes_max = true, .lowest = (low), .highest = (high)

/*
 * Every limit of a VPS. Deliberately not here: what OCI can say and a VPS
 * cannot, such as real-time budgets; "unified" of an OCI bundle takes those.
 */
const struct resource resources[RESOURCES] = {
	/*                     name           file             controller  unit */
	[RES_CPUS]        = { "cpus",        "cpu.max",       .controller = "cpu",
			      .unit = UNIT_CPUS, AMOUNT(10, 10000000),
			      .summary = "processors' worth of time, such as 1.5" },
	[RES_CPU_BURST]   = { "cpu.burst",   "cpu.max.burst", .controller = "cpu",
			      .unit = UNIT_CPUS, .lowest = 0, .highest = 10000000,
			      .summary = "unused time that it may save up and spend above cpus" },
	[RES_CPU_WEIGHT]  = { "cpu.weight",  "cpu.weight",    .controller = "cpu",
			      .unit = UNIT_COUNT, .lowest = 1, .highest = 10000, .fallback = 100,
			      .summary = "share of contended processors; 100 is usual" },
	[RES_CPU_SET]     = { "cpu.set",     "cpuset.cpus",   .controller = "cpuset",
			      .unit = UNIT_COUNT, .is_text = true,
			      .summary = "processors it may run on, such as 0-1,4" },
	/* The list goes into cpuset.cpus, and then this makes a partition of it. */
	[RES_CPU_DEDICATED] = { "cpu.dedicated", "cpuset.cpus.partition", .controller = "cpuset",
			      .unit = UNIT_COUNT, .is_text = true,
			      .summary = "processors that nobody else may run on, such as 2-3" },
	[RES_MEMORY]      = { "memory",      "memory.max",    .controller = "memory",
			      .unit = UNIT_BYTES, AMOUNT(MIB, EIB),
			      .summary = "memory that it can use at most" },
	[RES_MEMORY_HIGH] = { "memory.high", "memory.high",   .controller = "memory",
			      .unit = UNIT_BYTES, AMOUNT(MIB, EIB),
			      .summary = "memory above which it is slowed down and reclaimed" },
	[RES_MEMORY_LOW]  = { "memory.low",  "memory.low",    .controller = "memory",
			      .unit = UNIT_BYTES, OFFER(0, EIB), .fallback = 0,
			      .summary = "memory that is reclaimed only when nothing else is left" },
	[RES_MEMORY_MIN]  = { "memory.min",  "memory.min",    .controller = "memory",
			      .unit = UNIT_BYTES, OFFER(0, EIB), .fallback = 0,
			      .summary = "memory that is never taken from it" },
	[RES_MEMORY_OOM_GROUP] = { "memory.oom-group", "memory.oom.group", .controller = "memory",
			      .unit = UNIT_COUNT, .lowest = 0, .highest = 1,
			      .summary = "1: when memory runs out, all of it is killed together" },
	[RES_SWAP]        = { "swap",        "memory.swap.max", .controller = "memory",
			      .unit = UNIT_BYTES, AMOUNT(0, EIB),
			      .summary = "swap space that it can use, besides its memory" },
	[RES_PIDS]        = { "pids",        "pids.max",      .controller = "pids",
			      .unit = UNIT_COUNT, OFFER(1, 1 << 22), .fallback = RESOURCE_PIDS,
			      .summary = "processes and threads" },
	[RES_IO_WEIGHT]   = { "io.weight",   "io.weight",     .controller = "io",
			      .unit = UNIT_COUNT, .lowest = 1, .highest = 10000, .fallback = 100,
			      .summary = "share of contended disks; 100 is usual" },
	[RES_IO_READ]     = { "io.read",     "io.max",        .controller = "io",
			      .place = PLACE_DISK, .key = "rbps",
			      .unit = UNIT_BYTES, AMOUNT(4096, EIB),
			      .summary = "bytes a second read from the disk of its root" },
	[RES_IO_WRITE]    = { "io.write",    "io.max",        .controller = "io",
			      .place = PLACE_DISK, .key = "wbps",
			      .unit = UNIT_BYTES, AMOUNT(4096, EIB),
			      .summary = "bytes a second written to it" },
	[RES_IO_READ_OPS] = { "io.read-ops", "io.max",        .controller = "io",
			      .place = PLACE_DISK, .key = "riops",
			      .unit = UNIT_COUNT, AMOUNT(1, 1000000000),
			      .summary = "reads a second of it" },
	[RES_IO_WRITE_OPS] = { "io.write-ops", "io.max",      .controller = "io",
			      .place = PLACE_DISK, .key = "wiops",
			      .unit = UNIT_COUNT, AMOUNT(1, 1000000000),
			      .summary = "writes a second of it" },
	/* Reservations too: else a page that is mapped, not yet touched, escapes the limit. */
	[RES_HUGETLB_2M]  = { "hugetlb.2M",  "hugetlb.2MB.max", "hugetlb.2MB.rsvd.max", "hugetlb",
			      .unit = UNIT_BYTES, AMOUNT(0, EIB), .step = 2 * MIB,
			      .summary = "memory in huge pages of 2 MiB" },
	[RES_HUGETLB_1G]  = { "hugetlb.1G",  "hugetlb.1GB.max", "hugetlb.1GB.rsvd.max", "hugetlb",
			      .unit = UNIT_BYTES, AMOUNT(0, EIB), .step = 1024 * MIB,
			      .summary = "memory in huge pages of 1 GiB" },
	[RES_RDMA_HANDLES] = { "rdma.handles", "rdma.max",    .controller = "rdma",
			      .place = PLACE_RDMA, .key = "hca_handle",
			      .unit = UNIT_COUNT, AMOUNT(0, INT32_MAX),
			      .summary = "handles of each RDMA device" },
	[RES_RDMA_OBJECTS] = { "rdma.objects", "rdma.max",    .controller = "rdma",
			      .place = PLACE_RDMA, .key = "hca_object",
			      .unit = UNIT_COUNT, AMOUNT(0, INT32_MAX),
			      .summary = "objects of each RDMA device" },
	[RES_DISK]        = { "disk", .place = PLACE_QUOTA,
			      .unit = UNIT_BYTES, AMOUNT(MIB, EIB), .step = 1024,
			      .summary = "bytes of what it writes to its root" },
	[RES_INODES]      = { "inodes", .place = PLACE_QUOTA,
			      .unit = UNIT_COUNT, AMOUNT(16, 1000000000000),
			      .summary = "files and directories that it makes there" },
	/* The kernel counts bytes. What a burst is where none is set: resource_value(). */
	[RES_NET_IN]      = { "net.in",      "vps.net.in",    .place = PLACE_LINK,
			      .unit = UNIT_RATE, AMOUNT(SHAPE_RATE_LOWEST, SHAPE_RATE_HIGHEST), .step = 8,
			      .summary = "bits a second that reach it, such as 100Mbit" },
	[RES_NET_IN_BURST] = { "net.in.burst", "vps.net.in",  .place = PLACE_LINK,
			      .unit = UNIT_BYTES, .step = 1024,
			      .lowest = SHAPE_BURST_LOWEST, .highest = SHAPE_BURST_HIGHEST,
			      .summary = "bytes that reach it at once after a pause" },
	[RES_NET_OUT]     = { "net.out",     "vps.net.out",   .place = PLACE_LINK,
			      .unit = UNIT_RATE, AMOUNT(SHAPE_RATE_LOWEST, SHAPE_RATE_HIGHEST), .step = 8,
			      .summary = "bits a second that leave it" },
	[RES_NET_OUT_BURST] = { "net.out.burst", "vps.net.out", .place = PLACE_LINK,
			      .unit = UNIT_BYTES, .step = 1024,
			      .lowest = SHAPE_BURST_LOWEST, .highest = SHAPE_BURST_HIGHEST,
			      .summary = "bytes that leave it at once after a pause" },
};

enum resource_id resource_find(const char *name)
{
	int id;

	for (id = 0; id < RESOURCES; id++)
		if (strcmp(resources[id].name, name) == 0)
			break;
	return (enum resource_id)id;
}

bool resource_is_cpu_list(const char *text)
{
	struct cpulist list;

	return *text && cpulist_parse(text, &list);
}

const char *resource_range(enum resource_id id, char *buf, size_t size)
{
	const struct resource *row = &resources[id];
	char lowest[32], highest[32];

	if (row->is_text) {
		(void)snprintf(buf, size, "0 to %d", CPULIST_CPUS - 1);
		return buf;
	}
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
					   row->name, doc_quote(text, shown), CPULIST_CPUS - 1);
		*ret_value = 0;
		return 0;
	}
	r = unit_parse(row->unit, text, &value);
	(void)resource_range(id, allowed, sizeof(allowed));
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
	if (row->step && value != UINT64_MAX && value % row->step)
		return vps_err_say(err, -EINVAL, "%s: %s is not a multiple of %s", row->name,
				   doc_printable(text, shown),
				   unit_format(row->unit, row->step, edge, sizeof(edge)));
	*ret_value = value;
	return 0;
}

const char *resource_format(enum resource_id id, uint64_t value, char *buf, size_t size)
{
	return unit_format(resources[id].unit, value, buf, size);
}

uint64_t resource_value(const struct limits *limits, enum resource_id id)
{
	if (limits->is_set[id])
		return limits->value[id];
	if (id == RES_NET_IN_BURST)
		return bandwidth_burst(resource_value(limits, RES_NET_IN));
	if (id == RES_NET_OUT_BURST)
		return bandwidth_burst(resource_value(limits, RES_NET_OUT));
	return resources[id].fallback;
}

const char *resource_cg_text(enum resource_id id, uint64_t value, char *buf, size_t size)
{
	if (id == RES_CPU_BURST)
		(void)snprintf(buf, size, "%ju", (uintmax_t)(value * (CPU_PERIOD_USEC / 1000)));
	else if (id == RES_CPUS && value == UINT64_MAX)
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

int resource_check_place(enum resource_id id, const struct resource_places *places,
			 struct vps_err *err)
{
	if (resources[id].place == PLACE_DISK && !*places->disk)
		return vps_err_say(err, -VPS_EHOST,
				   "%s: the root file systems of this host do not lie on a disk whose use can be limited",
				   resources[id].name);
	if (resources[id].place == PLACE_RDMA && !*places->rdma)
		return vps_err_say(err, -VPS_EHOST, "%s: this host has no RDMA device",
				   resources[id].name);
	if (id == RES_DISK && *places->no_disk)
		return vps_err_say(err, -VPS_EHOST, "disk: %s", places->no_disk);
	if (id == RES_INODES && *places->no_inodes)
		return vps_err_say(err, -VPS_EHOST, "inodes: %s", places->no_inodes);
	return 0;
}

/* "8:0 rbps=1048576", a line for each device. */
static int put_lines(const struct resource *row, const char *names, const char *amount, char *buf,
		     size_t size)
{
	size_t at = 0;

	while (*names) {
		size_t len = strcspn(names, " ");

		at += (size_t)snprintf(buf + at, size - at, "%s%.*s %s=%s", at ? "\n" : "",
				       (int)len, names, row->key, amount);
		if (at >= size)
			return -ENOSPC;
		names += len + (names[len] == ' ');
	}
	return 0;
}

static const char *names_of(enum resource_place place, const struct resource_places *places)
{
	return place == PLACE_DISK ? places->disk : places->rdma;
}

int resource_cg_lines(enum resource_id id, const struct limits *limits,
		      const struct resource_places *places, char *buf, size_t size,
		      struct vps_err *err)
{
	const struct resource *row = &resources[id];
	char amount[48];
	int r;

	if (row->is_text) {
		const char *text = limits->is_set[id] ? limits->text[id] : "";

		if ((size_t)snprintf(buf, size, "%s", text) >= size)
			return vps_err_say(err, -ENOSPC, "%s: too long", row->name);
		return 0;
	}
	if (row->place == PLACE_LINK) {
		(void)bandwidth_text(id, limits, buf, size);
		return 0;
	}
	(void)resource_cg_text(id, resource_value(limits, id), amount, sizeof(amount));
	r = resource_check_place(id, places, err);
	if (r < 0)
		return r;
	if (!row->key) {
		(void)snprintf(buf, size, "%s", amount);
		return 0;
	}
	r = put_lines(row, names_of(row->place, places), amount, buf, size);
	return r < 0 ? vps_err_say(err, r, "%s: too many devices", row->name) : 0;
}

/* What stands behind "key=" in the line of the first device; NULL: nothing. */
static const char *find_in_line(const char *content, const char *names, const char *key)
{
	size_t len = strcspn(names, " "), key_len = strlen(key);

	while (*content && (strncmp(content, names, len) != 0 || content[len] != ' '))
		content += strcspn(content, "\n"), content += *content == '\n';
	while (*content && *content != '\n') {
		content += strcspn(content, " \n");
		content += *content == ' ';
		if (strncmp(content, key, key_len) == 0 && content[key_len] == '=')
			return content + key_len + 1;
	}
	return NULL;
}

/* A number at the start of text, "max" being UINT64_MAX; moves *text behind it. */
static int take_number(const char **text, uint64_t *ret_value)
{
	char *end;

	if (strncmp(*text, "max", 3) == 0) {
		*text += 3;
		*ret_value = UINT64_MAX;
		return 0;
	}
	if (!isdigit((unsigned char)**text))
		return -EBADMSG;
	errno = 0;
	*ret_value = strtoull(*text, &end, 10);
	*text = end;
	return errno ? -EBADMSG : 0;
}

int resource_cg_parse(enum resource_id id, const char *content,
		      const struct resource_places *places, uint64_t *ret_value)
{
	const struct resource *row = &resources[id];
	uint64_t value = 0, period = 0;

	if (row->place == PLACE_LINK)
		return bandwidth_parse(id, content, ret_value);
	if (row->key)
		content = find_in_line(content, names_of(row->place, places), row->key);
	else if (id == RES_IO_WEIGHT && strncmp(content, "default ", 8) == 0)
		content += 8;
	if (!content) {		/* no line: no limit */
		*ret_value = row->fallback;
		return 0;
	}
	if (row->is_text) {
		*ret_value = 0;
		return 0;
	}
	if (take_number(&content, &value) < 0)
		return -EBADMSG;
	if (id == RES_CPU_BURST)
		value /= CPU_PERIOD_USEC / 1000;
	if (id == RES_CPUS && value != UINT64_MAX) {
		content += *content == ' ';
		if (take_number(&content, &period) < 0 || period == 0)
			return -EBADMSG;
		value = value * 1000 / period;
	}
	if (row->takes_max && value > row->highest)	/* hugetlb never shows "max" */
		value = UINT64_MAX;
	*ret_value = value;
	return 0;
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
