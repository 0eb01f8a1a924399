// SPDX-License-Identifier: LGPL-2.1-or-later
/* Adds up what the VPSs of a host are promised and what is in use; called by `vpsctl capacity`. */
#include "capacity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fileio.h"
#include "host.h"
#include "host_limits.h"
#include "limits.h"
#include "spec_parts.h"

/* What is known of the host while rooms are filled. */
struct survey {
	struct limits plan;
	uint64_t      promised[RESOURCES];
	unsigned      unbounded[RESOURCES];
	bool          is_dedicated;		/* processors of the plan are those of somebody already */
	unsigned      names, addressed;		/* allocations, and those with an address of vps0 */
	unsigned      prefix;			/* of the network vps0; 0: there is none */
	char          meminfo[8192];
	struct statvfs root;			/* the file system of ROOT */
};

/* A number of /proc/meminfo in bytes. */
static uint64_t meminfo(const struct survey *survey, const char *key)
{
	const char *at = strstr(survey->meminfo, key);
	uint64_t kib;

	return at && sscanf(at + strlen(key), ": %" SCNu64, &kib) == 1 ? kib * 1024 : 0;
}

static uint64_t has_memory(const struct survey *survey)
{
	return meminfo(survey, "MemTotal");
}

static uint64_t used_memory(const struct survey *survey)
{
	return has_memory(survey) - meminfo(survey, "MemAvailable");
}

static uint64_t has_swap(const struct survey *survey)
{
	return meminfo(survey, "SwapTotal");
}

static uint64_t used_swap(const struct survey *survey)
{
	return has_swap(survey) - meminfo(survey, "SwapFree");
}

static uint64_t has_cpus(const struct survey *survey)
{
	(void)survey;
	return (uint64_t)sysconf(_SC_NPROCESSORS_ONLN) * 1000;
}

/* What ran or wanted to, on average of the last minute; it may be more than there is. */
static uint64_t used_cpus(const struct survey *survey)
{
	double load;

	(void)survey;
	return getloadavg(&load, 1) == 1 ? (uint64_t)(load * 1000) : UINT64_MAX;
}

static uint64_t number_of(const char *path)
{
	char text[24];
	uint64_t number;

	if (file_read_line(AT_FDCWD, path, text, sizeof(text)) < 0 ||
	    number_parse(text, 0, INT64_MAX, &number) < 0)
		return UINT64_MAX;
	return number;
}

/* Each process takes a pid and is a thread: whichever ends first. */
static uint64_t has_pids(const struct survey *survey)
{
	uint64_t pids = number_of("/proc/sys/kernel/pid_max");
	uint64_t threads = number_of("/proc/sys/kernel/threads-max");

	(void)survey;
	return pids < threads ? pids : threads;
}

static uint64_t used_pids(const struct survey *survey)
{
	char text[100];
	uint64_t count;

	(void)survey;
	if (file_read_line(AT_FDCWD, "/proc/loadavg", text, sizeof(text)) < 0 ||
	    sscanf(text, "%*s %*s %*s %*[0-9]/%" SCNu64, &count) != 1)
		return UINT64_MAX;
	return count;
}

static uint64_t has_disk(const struct survey *survey)
{
	return (uint64_t)survey->root.f_blocks * survey->root.f_frsize;
}

static uint64_t used_disk(const struct survey *survey)
{
	return (uint64_t)(survey->root.f_blocks - survey->root.f_bavail) * survey->root.f_frsize;
}

/* All but the network's own, the broadcast address and the gateway's. */
static uint64_t has_addresses(const struct survey *survey)
{
	return survey->prefix ? (UINT64_C(1) << (32 - survey->prefix)) - 3 : 0;
}

static uint64_t used_addresses(const struct survey *survey)
{
	return survey->addressed;
}

static uint64_t has_ids(const struct survey *survey)
{
	(void)survey;
	return (REGISTRY_ID_END - REGISTRY_ID_FIRST) / REGISTRY_IDS;
}

static uint64_t used_ids(const struct survey *survey)
{
	return survey->names;
}

/* The processors that the plan dedicates are there once. */
static uint64_t has_dedicated(const struct survey *survey)
{
	(void)survey;
	return 1;
}

static uint64_t used_dedicated(const struct survey *survey)
{
	return survey->is_dedicated;
}

/* RESOURCES: one for each VPS. */
static const struct room_row {
	const char      *name;
	enum resource_id id;
	enum unit        unit;
	bool             is_refused;
	uint64_t       (*has)(const struct survey *survey);
	uint64_t       (*used)(const struct survey *survey);
} rows[] = {
	{ "memory.min",	RES_MEMORY_MIN,	UNIT_BYTES, true,  has_memory,	  NULL },
	{ "memory",	RES_MEMORY,	UNIT_BYTES, false, has_memory,	  used_memory },
	{ "swap",	RES_SWAP,	UNIT_BYTES, false, has_swap,	  used_swap },
	{ "cpus",	RES_CPUS,	UNIT_CPUS,  false, has_cpus,	  used_cpus },
	{ "pids",	RES_PIDS,	UNIT_COUNT, false, has_pids,	  used_pids },
	{ "disk",	RES_DISK,	UNIT_BYTES, false, has_disk,	  used_disk },
	{ "cpu.dedicated", RESOURCES,	UNIT_COUNT, true,  has_dedicated, used_dedicated },
	{ "addresses",	RESOURCES,	UNIT_COUNT, true,  has_addresses, used_addresses },
	{ "ids",	RESOURCES,	UNIT_COUNT, true,  has_ids,	  used_ids },
};

/* A limit that nobody set is its fallback, and no limit is not a promise. */
static void add_limits(struct survey *survey, const struct limits *limits)
{
	int id;

	for (id = 0; id < RESOURCES; id++) {
		uint64_t value = resource_value(limits, (enum resource_id)id);

		if (value == UINT64_MAX && id != RES_MEMORY_MIN)	/* of which it is a promise of all */
			survey->unbounded[id]++;
		else if (__builtin_add_overflow(survey->promised[id], value, &survey->promised[id]))
			survey->promised[id] = UINT64_MAX;
	}
}

static int add_spec(struct vps_host *host, const char *name, int vps_fd, void *arg,
		    struct vps_err *err)
{
	struct vps_err ignored = { 0 };	/* half-made, or gone meanwhile */
	struct spec spec = { 0 };

	(void)host;
	(void)name;
	(void)err;
	if (vps_load_spec(vps_fd, &spec, &ignored) == 0)
		add_limits(arg, &spec.limits);
	spec_free(&spec);
	return 0;
}

static int add_allocation(const struct allocation *allocation, void *data, struct vps_err *err)
{
	struct survey *survey = data;

	(void)err;
	survey->names++;
	survey->addressed += strcmp(allocation->network, REGISTRY_NETWORK) == 0;
	return 0;
}

static int add_registry(struct vps_host *host, struct survey *survey, struct vps_err *err)
{
	OWN_REGISTRY *registry = NULL;
	struct registry_network network;
	struct vps_err absent = { 0 };
	int r = registry_open(host->root_fd, &registry, err);

	if (r < 0)
		return r;
	if (registry_network_find(registry, REGISTRY_NETWORK, &network, &absent) == 0)
		survey->prefix = network.gateway.prefix;
	return registry_each(registry, add_allocation, survey, err);
}

static int read_plan(const struct vps_settings *settings, struct arena *arena,
		     struct limits *limits, struct vps_err *err)
{
	size_t i;
	int r = 0;

	if (settings->plan)
		r = spec_parse_resources(settings->plan, strlen(settings->plan), arena, limits, err);
	for (i = 0; r == 0 && i < settings->count; i++) {
		struct limit_change change;

		r = limits_read_change(settings->pairs[i], &change, err);
		if (r == 0)
			r = limits_apply(limits, &change, err);
	}
	return r == 0 ? limits_check(limits, "", err) : r;
}

/* Of what `create` refuses, what no number of VPSs changes. */
static int check_processors(struct vps_host *host, struct survey *survey, struct vps_err *err)
{
	static const enum resource_id lists[] = { RES_CPU_SET, RES_CPU_DEDICATED };
	const struct limits *plan = &survey->plan;
	const struct resource_places nowhere = { 0 };
	struct vps_err ignored = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_LEN(lists); i++)
		if (plan->is_set[lists[i]] && host_limits_check(plan, lists[i], &nowhere, err) < 0)
			return err->code;
	if (plan->is_set[RES_CPU_SET] && host_limits_cpu_set(host, "", plan, err) < 0)
		return err->code;
	survey->is_dedicated = plan->is_set[RES_CPU_DEDICATED] &&
			       host_limits_dedicated(host, "", plan, &ignored) < 0;
	return 0;
}

static uint64_t fit(uint64_t has, uint64_t taken, uint64_t each)
{
	if (each == 0 || taken == UINT64_MAX)
		return ROOM_ENDLESS;
	return taken >= has ? 0 : (has - taken) / each;
}

static void fill(const struct room_row *row, const struct survey *survey, struct vps_room *room)
{
	*room = (struct vps_room){ .name = row->name, .unit = row->unit,
				   .is_refused = row->is_refused };
	room->has = row->has(survey);
	room->used = row->used ? row->used(survey) : UINT64_MAX;
	room->promised = row->id < RESOURCES ? survey->promised[row->id] : room->used;
	room->each = row->id < RESOURCES ? resource_value(&survey->plan, row->id) : 1;
	room->unbounded = row->id < RESOURCES ? survey->unbounded[row->id] : 0;
	if (room->each == UINT64_MAX && !row->is_refused)	/* a plan without this limit */
		room->each = 0;
	room->fits = room->promised == UINT64_MAX && room->each ? 0 :
			     fit(room->has, room->promised, room->each);
	room->fits_used = fit(room->has, room->used, room->each);
}

int vps_capacity(struct vps_host *host, const struct vps_settings *settings,
		 struct vps_room **ret_rooms, size_t *ret_count, struct vps_err *err)
{
	struct vps_room *rooms = calloc(ARRAY_LEN(rows), sizeof(*rooms));
	struct survey survey = { 0 };
	struct arena arena = { 0 };
	OWN_MEM char *text = NULL;
	size_t i, n = 0;
	int r = rooms ? read_plan(settings, &arena, &survey.plan, err) :
			vps_err_set(err, -ENOMEM, "cannot add up what there is");

	if (r == 0 && fstatvfs(host->root_fd, &survey.root) < 0)
		r = vps_err_set(err, -errno, "cannot see how large the file system of ROOT is");
	if (r == 0)
		r = file_read(AT_FDCWD, "/proc/meminfo", sizeof(survey.meminfo) - 1, &text, NULL, err);
	if (r == 0) {
		(void)snprintf(survey.meminfo, sizeof(survey.meminfo), "%s", text);
		r = host_each_vps(host, add_spec, &survey, err);
	}
	if (r == 0)
		r = check_processors(host, &survey, err);
	if (r == 0)
		r = add_registry(host, &survey, err);
	if (r < 0) {
		arena_free(&arena);
		free(rooms);
		return r;
	}
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].has != has_dedicated || survey.plan.is_set[RES_CPU_DEDICATED])
			fill(&rows[i], &survey, &rooms[n++]);
	arena_free(&arena);
	*ret_rooms = rooms;
	*ret_count = n;
	return 0;
}
