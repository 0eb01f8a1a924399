// SPDX-License-Identifier: GPL-2.0-or-later
/* Statistics of a cgroup as JSON; called by oci_events.c. */
#include "cli/oci_stats.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/units.h"
#include "isolation/cg.h"
#include "isolation/cg_stat.h"

#define NSEC_PER_USEC	1000

/* A file of one number, left out when it is not there. */
static void put_file(struct emit *emit, const char *key, int cg_fd, const char *file)
{
	uint64_t value;

	if (cg_read(cg_fd, file, &value) == 0)
		emit_unsigned(emit, key, value);
}

/* "avg10=0.00 avg60=0.00 avg300=0.00 total=0" */
static void put_pressure_line(struct emit *emit, const char *kind, char *rest)
{
	char *word;

	emit_object(emit, kind);
	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		if (*value && value[strspn(value, "0123456789.")] == '\0')
			emit_digits(emit, word, value);
	}
	emit_end(emit, '}');
}

static void put_pressure(struct emit *emit, int cg_fd, const char *file)
{
	OWN_CG_STAT stat = { 0 };
	const char *kind;
	char *rest;

	if (!cg_stat_open(&stat, cg_fd, file))
		return;
	emit_object(emit, "psi");
	while (cg_stat_next(&stat, &kind, &rest))
		put_pressure_line(emit, kind, rest);
	emit_end(emit, '}');
}

static void put_cpu(struct emit *emit, int cg_fd)
{
	static const struct {
		const char *object, *key, *stat;
		uint64_t    factor;
	} rows[] = {
		{ "usage", "total", "usage_usec", NSEC_PER_USEC },
		{ "usage", "kernel", "system_usec", NSEC_PER_USEC },
		{ "usage", "user", "user_usec", NSEC_PER_USEC },
		{ "throttling", "periods", "nr_periods", 1 },
		{ "throttling", "throttledPeriods", "nr_throttled", 1 },
		{ "throttling", "throttledTime", "throttled_usec", NSEC_PER_USEC },
	};
	size_t i;

	emit_object(emit, "cpu");
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (i == 0 || strcmp(rows[i].object, rows[i - 1].object))
			emit_object(emit, rows[i].object);
		emit_unsigned(emit, rows[i].key,
			      cg_stat_number(cg_fd, "cpu.stat", rows[i].stat) * rows[i].factor);
		if (i + 1 == ARRAY_LEN(rows) || strcmp(rows[i].object, rows[i + 1].object))
			emit_end(emit, '}');
	}
	put_pressure(emit, cg_fd, "cpu.pressure");
	emit_end(emit, '}');
}

/* Version 1 counted memory and swap together, and that is what readers expect of "swap". */
static void put_swap(struct emit *emit, int cg_fd)
{
	uint64_t memory, swap, memory_limit, swap_limit;

	if (cg_read(cg_fd, "memory.current", &memory) < 0 ||
	    cg_read(cg_fd, "memory.swap.current", &swap) < 0 ||
	    cg_read(cg_fd, "memory.max", &memory_limit) < 0 ||
	    cg_read(cg_fd, "memory.swap.max", &swap_limit) < 0)
		return;
	emit_object(emit, "swap");
	emit_unsigned(emit, "limit", memory_limit == UINT64_MAX || swap_limit == UINT64_MAX ?
					     UINT64_MAX : memory_limit + swap_limit);
	emit_unsigned(emit, "usage", memory + swap);
	emit_unsigned(emit, "failcnt", cg_stat_number(cg_fd, "memory.swap.events", "max"));
	emit_end(emit, '}');
}

static void put_memory_stat(struct emit *emit, int cg_fd)
{
	OWN_CG_STAT stat = { 0 };
	const char *key;
	char *rest;

	if (!cg_stat_open(&stat, cg_fd, "memory.stat"))
		return;
	emit_unsigned(emit, "cache", cg_stat_number(cg_fd, "memory.stat", "file"));
	emit_object(emit, "raw");
	while (cg_stat_next(&stat, &key, &rest)) {
		uint64_t value;

		if (number_parse(rest, 0, UINT64_MAX, &value) == 0)
			emit_unsigned(emit, key, value);
	}
	emit_end(emit, '}');
}

static void put_memory(struct emit *emit, int cg_fd)
{
	uint64_t used;

	emit_object(emit, "memory");
	if (cg_read(cg_fd, "memory.current", &used) == 0) {
		emit_object(emit, "usage");
		put_file(emit, "limit", cg_fd, "memory.max");
		emit_unsigned(emit, "usage", used);
		put_file(emit, "max", cg_fd, "memory.peak");
		emit_unsigned(emit, "failcnt", cg_stat_number(cg_fd, "memory.events", "max"));
		emit_end(emit, '}');
	}
	put_swap(emit, cg_fd);
	put_memory_stat(emit, cg_fd);
	put_pressure(emit, cg_fd, "memory.pressure");
	emit_end(emit, '}');
}

static void put_pids(struct emit *emit, int cg_fd)
{
	uint64_t limit;

	emit_object(emit, "pids");
	put_file(emit, "current", cg_fd, "pids.current");
	if (cg_read(cg_fd, "pids.max", &limit) == 0 && limit != UINT64_MAX)
		emit_unsigned(emit, "limit", limit);	/* left out: there is none */
	emit_end(emit, '}');
}

/* One counter of a line of io.stat: "8:0 rbytes=1 wbytes=2 rios=3 …". */
static void put_io_entry(struct emit *emit, const char *device, char *counters, const char *name,
			 const char *op)
{
	const char *at = strstr(counters, name), *colon = strchr(device, ':');
	uint64_t value, major_number, minor_number;
	char text[24];

	if (!at || !colon)
		return;
	at += strlen(name);
	(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, " "), at);
	if (number_parse(text, 0, UINT64_MAX, &value) < 0)
		return;
	(void)snprintf(text, sizeof(text), "%.*s", (int)(colon - device), device);
	if (number_parse(text, 0, UINT32_MAX, &major_number) < 0 ||
	    number_parse(colon + 1, 0, UINT32_MAX, &minor_number) < 0)
		return;
	emit_object(emit, NULL);
	emit_unsigned(emit, "major", major_number);
	emit_unsigned(emit, "minor", minor_number);
	emit_text(emit, "op", op);
	emit_unsigned(emit, "value", value);
	emit_end(emit, '}');
}

static void put_io_list(struct emit *emit, int cg_fd, const char *key, const char *const names[2])
{
	OWN_CG_STAT stat = { 0 };
	const char *device;
	char *counters;

	emit_array(emit, key);
	(void)cg_stat_open(&stat, cg_fd, "io.stat");
	while (cg_stat_next(&stat, &device, &counters)) {
		put_io_entry(emit, device, counters, names[0], "Read");
		put_io_entry(emit, device, counters, names[1], "Write");
	}
	emit_end(emit, ']');
}

static void put_io(struct emit *emit, int cg_fd)
{
	static const char *const bytes[] = { "rbytes=", "wbytes=" }, *const ops[] = { "rios=", "wios=" };

	emit_object(emit, "blkio");
	if (faccessat(cg_fd, "io.stat", F_OK, 0) == 0) {
		put_io_list(emit, cg_fd, "ioServiceBytesRecursive", bytes);
		put_io_list(emit, cg_fd, "ioServicedRecursive", ops);
	}
	put_pressure(emit, cg_fd, "io.pressure");
	emit_end(emit, '}');
}

/* The page sizes that there are, from the names of their files: "hugetlb.2MB.current". */
static void put_huge_pages(struct emit *emit, int cg_fd)
{
	int fd = openat(cg_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	emit_object(emit, "hugetlb");
	while (dir && (entry = readdir(dir))) {
		char size[16], end[16], file[48];

		if (sscanf(entry->d_name, "hugetlb.%15[0-9KMGB].%15s", size, end) != 2 ||
		    strcmp(end, "current"))
			continue;
		emit_object(emit, size);
		put_file(emit, "usage", cg_fd, entry->d_name);
		(void)snprintf(file, sizeof(file), "hugetlb.%s.events", size);
		emit_unsigned(emit, "failcnt", cg_stat_number(cg_fd, file, "max"));
		emit_end(emit, '}');
	}
	if (!dir && fd >= 0)
		(void)close(fd);
	emit_end(emit, '}');
}

void oci_stats_show(int cg_fd, struct emit *emit)
{
	emit_object(emit, "data");
	put_cpu(emit, cg_fd);
	put_memory(emit, cg_fd);
	put_pids(emit, cg_fd);
	put_io(emit, cg_fd);
	put_huge_pages(emit, cg_fd);
	emit_end(emit, '}');
}
