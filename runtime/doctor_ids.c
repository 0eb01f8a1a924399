// SPDX-License-Identifier: LGPL-2.1-or-later
/* Probes the ids that are left for VPSs and whether somebody else has them; called by doctor.c. */
#include "doctor.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "runtime/registry.h"
#include "runtime/subids.h"

struct id_count {
	const struct subids *subids;
	unsigned             used;
	char                 clashing[REGISTRY_NAME_SIZE];	/* "" or whose range belongs to somebody */
};

static int count_ids(const struct allocation *allocation, void *data, struct vps_err *err)
{
	struct id_count *count = data;

	(void)err;
	count->used++;
	if (subids_overlap(count->subids, allocation->id_start, REGISTRY_IDS))
		memcpy(count->clashing, allocation->name, sizeof(count->clashing));
	return 0;
}

/* Ranges that /etc/subuid and /etc/subgid leave to VPSs. */
static unsigned usable(const struct subids *subids)
{
	unsigned count = 0;
	uint32_t first;

	for (first = REGISTRY_ID_FIRST; first < REGISTRY_ID_END; first += REGISTRY_IDS)
		count += subids_overlap(subids, first, REGISTRY_IDS) == 0;
	return count;
}

static int examine_ids(const struct doctor *doctor, struct id_count *count, struct vps_err *err)
{
	OWN_REGISTRY *registry = NULL;

	/* Opening would make it. */
	if (doctor->root_fd < 0 || faccessat(doctor->root_fd, "registry.db", F_OK, 0) < 0)
		return 0;
	if (registry_open(doctor->root_fd, &registry, err) < 0)
		return err->code;
	return registry_each(registry, count_ids, count, err);
}

void doctor_ids(const struct doctor *doctor, const struct check *check,
		struct vps_finding *finding)
{
	OWN_FD etc_fd = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct subids subids = { 0 };
	struct id_count count = { .subids = &subids };
	struct vps_err err = { 0 };
	unsigned total;

	(void)check;
	if (subids_read(etc_fd, &subids, &err) < 0 || examine_ids(doctor, &count, &err) < 0) {
		doctor_failed(finding, &err);
		subids_free(&subids);
		return;
	}
	total = usable(&subids);
	if (*count.clashing) {
		doctor_lacks(finding, "the ids of %.64s are also given to a user of the host",
			     count.clashing);
		doctor_advise(finding, "take the range out of /etc/subuid and /etc/subgid: that user could own the VPS's files");
	} else if (count.used >= total) {
		doctor_lacks(finding, "all %u ranges are in use, so no VPS can be created", total);
	} else {
		doctor_found(finding, "%u of %u ranges of %u ids in use", count.used, total,
			     REGISTRY_IDS);
	}
	subids_free(&subids);
}
