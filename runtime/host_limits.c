// SPDX-License-Identifier: LGPL-2.1-or-later
/* Holds limits against the host: called before they are saved or set. */
#include "host_limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "isolation/cg.h"
#include "runtime/cpulist.h"

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

int host_limits_check(const struct limits *limits, enum resource_id id,
		      const struct resource_places *places, struct vps_err *err)
{
	const struct resource *row = &resources[id];

	if (!cg_has_controller(row->controller))
		return vps_err_say(err, -VPS_EHOST,
				   "%s: this host has no cgroup v2 controller \"%s\"; boot it with systemd.unified_cgroup_hierarchy=1, or ask for \"limits\": \"best-effort\"",
				   row->name, row->controller);
	if (resource_check_place(id, places, err) < 0)
		return err->code;
	return row->is_text && limits->is_set[id] ? check_cpus(limits, id, err) : 0;
}

static uint64_t host_memory(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t promise(const struct limits *limits)
{
	return limits->is_set[RES_MEMORY_MIN] ? limits->value[RES_MEMORY_MIN] : 0;
}

/* What the others are promised; "max" is everything. */
static uint64_t promised_to_others(struct vps_host *host, const char *name)
{
	OWN_DIR *dir = NULL;
	struct dirent *entry;
	uint64_t sum = 0;
	int fd = openat(host->vps_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (entry = readdir(dir))) {
		struct vps_err ignored = { 0 };
		struct spec spec = { 0 };
		OWN_FD vps_fd = FD_NONE;

		if (entry->d_name[0] == '.' || strcmp(entry->d_name, name) == 0)
			continue;
		vps_fd = openat(host->vps_fd, entry->d_name,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (vps_fd >= 0 && vps_load_spec(vps_fd, &spec, &ignored) == 0 &&
		    __builtin_add_overflow(sum, promise(&spec.limits), &sum))
			sum = UINT64_MAX;
		spec_free(&spec);
	}
	return sum;
}

int host_limits_promised(struct vps_host *host, const char *name, const struct limits *limits,
			 struct vps_err *err)
{
	uint64_t wanted = promise(limits), others = promised_to_others(host, name), sum;
	char own[32], rest[32];

	if (!__builtin_add_overflow(wanted, others, &sum) && sum <= host_memory())
		return 0;
	return vps_err_say(err, -VPS_EREFUSED,
			   "memory.min: %s, and %s that other VPSs are promised, is more than the %juM of this host; `vpsctl set --force` promises it all the same",
			   resource_format(RES_MEMORY_MIN, wanted, own, sizeof(own)),
			   resource_format(RES_MEMORY_MIN, others, rest, sizeof(rest)),
			   (uintmax_t)(host_memory() >> 20));
}
