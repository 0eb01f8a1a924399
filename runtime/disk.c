// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads and writes disk limits; called at a start, by live.c and by resize.c. */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/own.h"
#include "images/overlay.h"
#include "images/quota.h"

static int open_upper(int vps_fd, struct vps_err *err)
{
	int fd = openat(vps_fd, OVERLAY_UPPER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? vps_err_set(err, -errno, "cannot open its %s", OVERLAY_UPPER) : fd;
}

static uint64_t *member(struct quota *quota, enum resource_id id)
{
	return id == RES_DISK ? &quota->bytes : &quota->inodes;
}

static uint64_t wanted(const struct limits *limits, enum resource_id id)
{
	return limits->is_set[id] ? limits->value[id] : QUOTA_NO_LIMIT;
}

int disk_apply(int vps_fd, const struct limits *limits, bool is_best_effort, struct vps_err *err)
{
	const struct quota quota = { wanted(limits, RES_DISK), wanted(limits, RES_INODES) };
	bool is_asked = limits->is_set[RES_DISK] || limits->is_set[RES_INODES];
	struct vps_err why = { 0 };
	OWN_FD fd = open_upper(vps_fd, &why);
	int r = fd < 0 ? fd : quota_set(fd, &quota, &why);

	if (r == 0 || (r == -VPS_EHOST && (is_best_effort || !is_asked)) ||
	    (r == -ENOENT && !is_asked))	/* made at the first start: of an older version */
		return 0;
	*err = why;
	return vps_err_in(err, "disk");
}

static int get(int vps_fd, struct quota *ret_limits, struct quota *ret_used, struct vps_err *err)
{
	OWN_FD fd = open_upper(vps_fd, err);

	return fd < 0 ? fd : quota_get(fd, ret_limits, ret_used, err);
}

int disk_read(int vps_fd, enum resource_id id, uint64_t *ret_value)
{
	struct vps_err ignored = { 0 };
	struct quota limits, used;
	int r = get(vps_fd, &limits, &used, &ignored);

	if (r == 0)
		*ret_value = *member(&limits, id);
	return r == -VPS_EHOST ? -ENOENT : r;
}

int disk_write(int vps_fd, enum resource_id id, uint64_t value, struct vps_err *err)
{
	struct quota limits, used;
	OWN_FD fd = open_upper(vps_fd, err);
	int r = fd < 0 ? fd : quota_get(fd, &limits, &used, err);

	if (r < 0)
		return r;
	*member(&limits, id) = value;
	return quota_set(fd, &limits, err);
}

int disk_check(int vps_fd, enum resource_id id, uint64_t value, struct vps_err *err)
{
	char asked[40], has[40];
	struct quota limits, used;
	int r = get(vps_fd, &limits, &used, err);

	if (r < 0 || value >= *member(&used, id))
		return r;
	return vps_err_say(err, -VPS_EREFUSED, "%s: %s is below the %s that are in use",
			   resources[id].name, resource_format(id, value, asked, sizeof(asked)),
			   resource_format(id, *member(&used, id), has, sizeof(has)));
}
