// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What systemd calls the files of a cgroup, systemd.resource-control(5);
 * called by scope.c. Files without a row are written directly and left alone
 * by systemd, which does not know them.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/units.h"
#include "scope_parts.h"

#define CPUS_MAX	8192	/* processors that a kernel can be built for */
#define USEC_PER_SEC	1000000ULL

typedef int put_value(const struct bus_calls *bus, sd_bus_message *message, const char *property,
		      const char *value);

/* "max" or a number. */
static int put_number(const struct bus_calls *bus, sd_bus_message *message, const char *property,
		      const char *value)
{
	uint64_t number = UINT64_MAX;

	if (strcmp(value, "max") != 0 && number_parse(value, 0, UINT64_MAX, &number) < 0)
		return 0;	/* the kernel says what is wrong with it */
	return bus->sd_bus_message_append(message, "(sv)", property, "t", number);
}

/* cpu.idle: to systemd the lowest of weights. */
static int put_idle(const struct bus_calls *bus, sd_bus_message *message, const char *property,
		    const char *value)
{
	return strcmp(value, "1") ? 0 :
		bus->sd_bus_message_append(message, "(sv)", property, "t", (uint64_t)0);
}

/* io.weight: "default 100", or the number alone. */
static int put_io_weight(const struct bus_calls *bus, sd_bus_message *message,
			 const char *property, const char *value)
{
	if (strncmp(value, "default ", 8) == 0)
		value += 8;
	return strpbrk(value, " \n") ? 0 : put_number(bus, message, property, value);
}

/* cpu.max: "QUOTA PERIOD", which systemd counts in time per second. */
static int put_cpu_max(const struct bus_calls *bus, sd_bus_message *message, const char *property,
		       const char *value)
{
	unsigned long long quota = 0, period = 100000;
	uint64_t per_sec = UINT64_MAX;
	int r;

	if (strncmp(value, "max", 3) == 0) {
		if (sscanf(value, "max %llu", &period) > 1)
			return 0;
	} else if (sscanf(value, "%llu %llu", &quota, &period) < 1 || !period) {
		return 0;
	} else if (quota > UINT64_MAX / USEC_PER_SEC) {
		return 0;
	} else {
		/* Rounded up: rounded down, systemd would give a microsecond too little. */
		per_sec = (quota * USEC_PER_SEC + period - 1) / period;
	}
	r = bus->sd_bus_message_append(message, "(sv)", "CPUQuotaPeriodUSec", "t", (uint64_t)period);
	return r < 0 ? r : bus->sd_bus_message_append(message, "(sv)", property, "t", per_sec);
}

/* cpuset.cpus: "0-2,7" becomes a mask, lowest processor first. */
static int put_set(const struct bus_calls *bus, sd_bus_message *message, const char *property,
		   const char *value)
{
	unsigned char mask[CPUS_MAX / 8] = { 0 };
	size_t used = 0;
	const char *at = value;
	int r;

	while (*at) {
		char *end;
		unsigned long first = strtoul(at, &end, 10), last = first;

		if (end == at)
			return 0;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last >= CPUS_MAX || (*end && *end != ','))
			return 0;
		for (; first <= last; first++)
			mask[first / 8] |= (unsigned char)(1u << first % 8);
		used = last / 8 + 1 > used ? last / 8 + 1 : used;
		at = *end ? end + 1 : end;
	}
	r = bus->sd_bus_message_open_container(message, 'r', "sv");
	if (r >= 0)
		r = bus->sd_bus_message_append(message, "s", property);
	if (r >= 0)
		r = bus->sd_bus_message_open_container(message, 'v', "ay");
	if (r >= 0)
		r = bus->sd_bus_message_append_array(message, 'y', mask, used);
	if (r >= 0)
		r = bus->sd_bus_message_close_container(message);
	return r < 0 ? r : bus->sd_bus_message_close_container(message);
}

/* One line of io.max, "8:0 rbps=1048576 wiops=max". */
static int put_io_line(const struct bus_calls *bus, sd_bus_message *message, const char *line)
{
	static const struct {
		const char *key, *property;
	} rows[] = {
		{ "rbps=", "IOReadBandwidthMax" },   { "wbps=", "IOWriteBandwidthMax" },
		{ "riops=", "IOReadIOPSMax" },	     { "wiops=", "IOWriteIOPSMax" },
	};
	unsigned major, minor;
	char path[48];
	size_t i;
	int r = 0;

	if (sscanf(line, "%u:%u ", &major, &minor) != 2)
		return 0;
	(void)snprintf(path, sizeof(path), "/dev/block/%u:%u", major, minor);
	for (i = 0; i < ARRAY_LEN(rows) && r >= 0; i++) {
		const char *found = strstr(line, rows[i].key);
		uint64_t number = UINT64_MAX;

		if (!found)
			continue;
		found += strlen(rows[i].key);
		if (strncmp(found, "max", 3) != 0)
			number = strtoull(found, NULL, 10);
		r = bus->sd_bus_message_append(message, "(sv)", rows[i].property, "a(st)", 1, path,
					       number);
	}
	return r;
}

static int put_io_max(const struct bus_calls *bus, sd_bus_message *message, const char *property,
		      const char *value)
{
	OWN_MEM char *lines = strdup(value);
	char *rest = lines, *line;
	int r = lines ? 0 : -ENOMEM;

	(void)property;
	while (r >= 0 && (line = strsep(&rest, "\n")))
		r = put_io_line(bus, message, line);
	return r;
}

static const struct {
	const char *file, *property;
	put_value  *put;
} rows[] = {
	{ "cpu.idle",	     "CPUWeight",	   put_idle	 },
	{ "cpu.max",	     "CPUQuotaPerSecUSec", put_cpu_max	 },
	{ "cpu.weight",	     "CPUWeight",	   put_number	 },
	{ "cpuset.cpus",     "AllowedCPUs",	   put_set	 },
	{ "cpuset.mems",     "AllowedMemoryNodes", put_set	 },
	{ "io.max",	     NULL,		   put_io_max	 },
	{ "io.weight",	     "IOWeight",	   put_io_weight },
	{ "memory.high",     "MemoryHigh",	   put_number	 },
	{ "memory.low",	     "MemoryLow",	   put_number	 },
	{ "memory.max",	     "MemoryMax",	   put_number	 },
	{ "memory.min",	     "MemoryMin",	   put_number	 },
	{ "memory.swap.max", "MemorySwapMax",	   put_number	 },
	{ "pids.max",	     "TasksMax",	   put_number	 },
};

int scope_put_values(const struct bus_calls *bus, sd_bus_message *message,
		     const struct cg_value *values, size_t count)
{
	size_t i, j;
	int r = 0;

	for (i = 0; i < count && r >= 0; i++)
		for (j = 0; j < ARRAY_LEN(rows) && r >= 0; j++)
			if (strcmp(rows[j].file, values[i].file) == 0)
				r = rows[j].put(bus, message, rows[j].property, values[i].value);
	return r < 0 ? r : 0;
}

/* A rule as DeviceAllow= has it. False: it has no way to say that. */
static bool device_words(const struct device_rule *rule, char path[48], char access[4])
{
	const char *kind = rule->type == 'b' ? "block" : "char";
	size_t at = 0;

	if (!rule->is_allowed || rule->type == 'a' ||
	    (rule->major == DEVICE_ANY && rule->minor != DEVICE_ANY))
		return false;
	if (rule->major == DEVICE_ANY)
		(void)snprintf(path, 48, "%s-*", kind);
	else if (rule->minor == DEVICE_ANY)
		(void)snprintf(path, 48, "%s-%jd", kind, (intmax_t)rule->major);
	else
		(void)snprintf(path, 48, "/dev/%s/%jd:%jd", kind, (intmax_t)rule->major,
			       (intmax_t)rule->minor);
	if (rule->access & DEVICE_READ)
		access[at++] = 'r';
	if (rule->access & DEVICE_WRITE)
		access[at++] = 'w';
	if (rule->access & DEVICE_MKNOD)
		access[at++] = 'm';
	access[at] = '\0';
	return true;
}

static bool denies_all(const struct device_rule *rule)
{
	return !rule->is_allowed && rule->type == 'a' && rule->major == DEVICE_ANY &&
	       rule->minor == DEVICE_ANY;
}

int scope_put_rules(const struct bus_calls *bus, sd_bus_message *message,
		    const struct device_rule *rules, size_t count)
{
	char path[48], access[4];
	size_t i, first = 0;
	int r;

	/* What comes before a rule for all has no effect, and nothing named is denied anyway. */
	for (i = 0; i < count; i++)
		if (denies_all(&rules[i]))
			first = i + 1;
	for (i = first; i < count && device_words(&rules[i], path, access); i++)
		;
	if (i < count)
		first = count;	/* not as a whole, so not at all: our own program knows them */
	/* First the empty list: it takes back what was set before. */
	r = bus->sd_bus_message_append(message, "(sv)(sv)", "DeviceAllow", "a(ss)", 0,
				       "DevicePolicy", "s", i < count ? "auto" : "strict");
	for (i = first; i < count && r >= 0; i++) {
		(void)device_words(&rules[i], path, access);
		r = bus->sd_bus_message_append(message, "(sv)", "DeviceAllow", "a(ss)", 1, path,
					       access);
	}
	return r < 0 ? r : 0;
}
