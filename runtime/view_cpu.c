// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which processors a VPS has: /proc/cpuinfo and the list of those online. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "base/own.h"
#include "isolation/cg_limits.h"
#include "view_text.h"

unsigned view_cpus(const struct view *view)
{
	uint64_t milli = cg_millicpus(view->cg_fd);
	unsigned host = (unsigned)get_nprocs();

	if (host > VIEW_CPUS)
		host = VIEW_CPUS;
	if (milli >= (uint64_t)host * 1000)
		return host;
	return milli ? (unsigned)((milli + 999) / 1000) : 1;
}

void view_cpu_online(struct view *view, struct view_text *text)
{
	unsigned cpus = view_cpus(view);

	if (cpus == 1)
		view_put(text, "0\n");
	else
		view_put(text, "0-%u\n", cpus - 1);
}

/* The lines of a processor that say where it is among the others: one socket, no hyperthreads. */
static bool put_place(struct view_text *text, const char *line, unsigned cpu, unsigned cpus)
{
	const struct {
		const char *key;
		unsigned    value;
	} places[] = {
		{ "processor", cpu },	{ "physical id", 0 },	{ "siblings", cpus },
		{ "core id", cpu },	{ "cpu cores", cpus },	{ "apicid", cpu },
		{ "initial apicid", cpu },
	};
	const char *colon = strchr(line, ':');
	size_t len = strcspn(line, "\t:"), i;

	for (i = 0; colon && i < ARRAY_LEN(places); i++) {
		if (strlen(places[i].key) != len || strncmp(line, places[i].key, len) != 0)
			continue;
		view_put_bytes(text, line, (size_t)(colon - line));
		view_put(text, ": %u\n", places[i].value);
		return true;
	}
	return false;
}

/* The first of the host's, as many as are shown: no more of the file is read. */
void view_cpuinfo(struct view *view, struct view_text *text)
{
	OWN_FILE *file = fopen("/proc/cpuinfo", "re");
	OWN_MEM char *line = NULL;
	unsigned cpus = view_cpus(view), cpu = 0;
	size_t room = 0;

	while (file && cpu < cpus && getline(&line, &room, file) > 0) {
		if (!put_place(text, line, cpu, cpus))
			view_put_bytes(text, line, strlen(line));
		cpu += *line == '\n';
	}
}
