// SPDX-License-Identifier: LGPL-2.1-or-later
/* Holds limits against the host: called before they are saved or set. */
#include "host_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bandwidth.h"
#include "base/cpulist.h"
#include "base/fileio.h"
#include "base/lock.h"
#include "disk.h"
#include "isolation/cg.h"
#include "places.h"

static int check_cpus(const struct limits *limits, enum resource_id id, struct vps_err *err)
{
	struct cpulist wanted, online;
	char has[80] = "fewer";

	cpulist_online(&online);
	if (!cpulist_parse(limits->text[id], &wanted) || cpulist_is_within(&wanted, &online))
		return 0;
	(void)file_read_line(AT_FDCWD, "/sys/devices/system/cpu/online", has, sizeof(has));
	return vps_err_say(err, -EINVAL, "%s: %.80s is more than this host has: %s",
			   resources[id].name, limits->text[id], has);
}

bool host_limits_has(enum resource_id id)
{
	return !resources[id].controller || cg_has_controller(resources[id].controller);
}

int host_limits_check(const struct limits *limits, enum resource_id id,
		      const struct resource_places *places, struct vps_err *err)
{
	const struct resource *row = &resources[id];

	if (!host_limits_has(id))
		return vps_err_say(err, -VPS_EHOST,
				   "%s: this host has no cgroup v2 controller \"%s\"; boot it with systemd.unified_cgroup_hierarchy=1, or ask for \"limits\": \"best-effort\"",
				   row->name, row->controller);
	if (resource_check_place(id, places, err) < 0)
		return err->code;
	if (id == RES_DISK && places->disk_host && limits->is_set[id] &&
	    disk_check_range(limits->value[id], places->disk_host, err) < 0)
		return err->code;
	if (row->place == PLACE_LINK && bandwidth_check(id, err) < 0)
		return err->code;
	return row->is_text && limits->is_set[id] ? check_cpus(limits, id, err) : 0;
}

int host_limits_check_spec(struct vps_host *host, const struct spec *spec, struct vps_err *err)
{
	struct resource_places places;
	enum resource_id i;

	if (spec->is_best_effort)
		return 0;
	if (access("/proc/pressure/memory", F_OK) < 0 &&
	    (elastic_has(&spec->elastic, ELASTIC_MEMORY) ||
	     elastic_has(&spec->elastic, ELASTIC_CPU_WEIGHT)))
		return vps_err_say(err, -VPS_EHOST,
				   "elastic: this kernel does not tell of pressure; boot one with CONFIG_PSI and psi=1, or ask for \"limits\": \"best-effort\"");
	places_find(host->root_fd, &places);
	for (i = 0; i < RESOURCES; i++)
		if (spec->limits.is_set[i] &&
		    host_limits_check(&spec->limits, i, &places, err) < 0)
			return vps_err_in(err, "resources");
	return 0;
}

static uint64_t host_memory(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t promise(const struct limits *limits)
{
	return limits->is_set[RES_MEMORY_MIN] ? limits->value[RES_MEMORY_MIN] : 0;
}

struct others {
	const char *name;	/* the one that is left out */
	void      (*each)(const struct limits *limits, const char *name, void *arg);
	void       *arg;
};

static int ask_other(struct vps_host *host, const char *name, int vps_fd, void *arg,
		     struct vps_err *err)
{
	const struct others *others = arg;
	struct vps_err ignored = { 0 };
	struct spec spec = { 0 };

	(void)host;
	(void)err;
	if (strcmp(name, others->name) != 0 && vps_load_spec(vps_fd, &spec, &ignored) == 0)
		others->each(&spec.limits, name, others->arg);
	spec_free(&spec);
	return 0;
}

/* Call for the limits of every VPS but the one of this name; one that cannot be read is passed over. */
static void each_other(struct vps_host *host, const char *name,
		       void (*each)(const struct limits *limits, const char *name, void *arg), void *arg)
{
	struct others others = { name, each, arg };

	(void)host_each_vps(host, ask_other, &others, &(struct vps_err){ 0 });
}

/* "max" is everything. */
static void add_promise(const struct limits *limits, const char *name, void *arg)
{
	uint64_t *sum = arg;

	(void)name;
	if (__builtin_add_overflow(*sum, promise(limits), sum))
		*sum = UINT64_MAX;
}

struct claim {
	struct cpulist wanted, all;	/* all: of every VPS that has some */
	char           other[64];	/* who has one of them already, … */
	char           bound[64];	/* … or may run nowhere else */
};

static void hold_against(const struct limits *limits, const char *name, void *arg)
{
	struct claim *claim = arg;
	struct cpulist has;
	size_t i;

	if (limits->is_set[RES_CPU_SET] && cpulist_parse(limits->text[RES_CPU_SET], &has) &&
	    cpulist_is_within(&has, &claim->wanted))
		(void)snprintf(claim->bound, sizeof(claim->bound), "%s", name);
	if (!limits->is_set[RES_CPU_DEDICATED] ||
	    !cpulist_parse(limits->text[RES_CPU_DEDICATED], &has))
		return;
	if (cpulist_overlaps(&has, &claim->wanted))
		(void)snprintf(claim->other, sizeof(claim->other), "%s", name);
	for (i = 0; i < ARRAY_LEN(has.words); i++)
		claim->all.words[i] |= has.words[i];
}

int host_limits_dedicated(struct vps_host *host, const char *name, const struct limits *limits,
			  struct vps_err *err)
{
	const char *text = limits->text[RES_CPU_DEDICATED];
	struct claim claim = { 0 };
	struct cpulist online;

	if (!cpulist_parse(text, &claim.wanted))
		return 0;
	claim.all = claim.wanted;
	each_other(host, name, hold_against, &claim);
	if (*claim.other)
		return vps_err_say(err, -VPS_EREFUSED, "cpu.dedicated: one of %.80s is that of VPS %s",
				   text, claim.other);
	if (*claim.bound)
		return vps_err_say(err, -VPS_EREFUSED,
				   "cpu.dedicated: of %.80s nothing would be left for VPS %s, which cpu.set binds to them",
				   text, claim.bound);
	cpulist_online(&online);
	if (cpulist_is_within(&online, &claim.all))
		return vps_err_say(err, -VPS_EREFUSED,
				   "cpu.dedicated: with %.80s none would be left for the host and for other VPSs",
				   text);
	return 0;
}

int host_limits_cpu_set(struct vps_host *host, const char *name, const struct limits *limits,
			struct vps_err *err)
{
	struct cpulist wanted;
	struct claim claim = { 0 };

	each_other(host, name, hold_against, &claim);
	if (!cpulist_parse(limits->text[RES_CPU_SET], &wanted) ||
	    !cpulist_is_within(&wanted, &claim.all))
		return 0;
	return vps_err_say(err, -VPS_EREFUSED,
			   "cpu.set: all of %.80s are dedicated to other VPSs; `vpsctl inspect` shows whose cpu.dedicated they are",
			   limits->text[RES_CPU_SET]);
}

/* The host has what all are promised, when the one of this name is promised what limits say. */
static int check_promised(struct vps_host *host, const char *name, const struct limits *limits,
			  struct vps_err *err)
{
	uint64_t wanted = promise(limits), others = 0, sum;
	char own[32], rest[32];

	each_other(host, name, add_promise, &others);
	if (!__builtin_add_overflow(wanted, others, &sum) && sum <= host_memory())
		return 0;
	return vps_err_say(err, -VPS_EREFUSED,
			   "memory.min: %s, and %s that other VPSs are promised, is more than the %juM of this host; `vpsctl set --force` promises it all the same",
			   resource_format(RES_MEMORY_MIN, wanted, own, sizeof(own)),
			   resource_format(RES_MEMORY_MIN, others, rest, sizeof(rest)),
			   (uintmax_t)(host_memory() >> 20));
}

#define CLAIMS_LOCK	".promises"
#define CLAIMS_MSEC	30000

int host_limits_claim(struct vps_host *host, const char *name, const struct limits *limits,
		      const bool is_claimed[RESOURCES], int *ret_fd, struct vps_err *err)
{
	int r = 0;

	if (!is_claimed[RES_MEMORY_MIN] && !is_claimed[RES_CPU_SET] && !is_claimed[RES_CPU_DEDICATED])
		return 0;
	*ret_fd = lock_take(host->run_fd, CLAIMS_LOCK, CLAIMS_MSEC, err);
	if (*ret_fd < 0)
		return *ret_fd;
	if (is_claimed[RES_CPU_DEDICATED])
		r = host_limits_dedicated(host, name, limits, err);
	if (r == 0 && is_claimed[RES_CPU_SET])
		r = host_limits_cpu_set(host, name, limits, err);
	return r == 0 && is_claimed[RES_MEMORY_MIN] ? check_promised(host, name, limits, err) : r;
}
