// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads and writes single limits of a running VPS; called by resize.c, shrink.c and inspect. */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "isolation/cg.h"
#include "runtime/attach.h"
#include "base/cpulist.h"
#include "runtime/bandwidth.h"
#include "runtime/places.h"

#define PARTITION_FILE "cpuset.cpus.partition"

int live_open(int run_fd, int root_fd, struct live *live, struct vps_err *err)
{
	char dir[sizeof("vps/") + VPS_NAME_MAX];
	struct attach attach = { 0 };
	int r = attach_load(run_fd, &attach, err);

	if (r == 0) {
		live->elastic = attach.elastic;
		(void)snprintf(live->cgroup, sizeof(live->cgroup), "%s", attach.cgroup);
		(void)snprintf(live->link, sizeof(live->link), "%s",
			       attach.has_network && attach.link ? attach.link : "");
		if (*live->link)
			r = mac_parse(attach.mac, &live->mac, err);
	}
	if (r == 0) {
		live->cg_fd = cg_open(live->cgroup);
		if (live->cg_fd < 0)
			r = vps_err_set(err, live->cg_fd, "cannot open its cgroup %s", live->cgroup);
	}
	(void)snprintf(dir, sizeof(dir), "vps/%s", r == 0 ? attach.name : "");
	attach_free(&attach);
	if (r < 0)
		return r;
	live->vps_fd = openat(root_fd, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (live->vps_fd < 0) {
		(void)vps_err_set(err, -errno, "cannot open ROOT/%s", dir);
		live_close(live);
		return err->code;
	}
	places_find(root_fd, &live->places);
	return 0;
}

void live_open_disk(struct live *live)
{
	disk_open(live->vps_fd, false, &live->disk);	/* it runs: its file system is mounted */
}

void live_close(struct live *live)
{
	own_close(&live->cg_fd);
	own_close(&live->vps_fd);
	disk_close(&live->disk);
}

static int read_quota(const struct live *live, enum resource_id id, uint64_t *ret_value,
		      char ret_lines[LIVE_LINES])
{
	int r = disk_read(&live->disk, id, ret_value);

	if (r == 0)
		(void)resource_cg_text(id, *ret_value, ret_lines, LIVE_LINES);
	return r;
}

static int read_link(const struct live *live, enum resource_id id, uint64_t *ret_value,
		     char ret_lines[LIVE_LINES])
{
	int r = *live->link ? bandwidth_read(live->link, id, ret_lines, LIVE_LINES) : -ENOENT;

	return r < 0 ? r : bandwidth_parse(id, ret_lines, ret_value);
}

int live_read(const struct live *live, enum resource_id id, uint64_t *ret_value,
	      char ret_lines[LIVE_LINES])
{
	const struct resource *row = &resources[id];
	struct limits limits = { 0 };
	OWN_MEM char *text = NULL;
	struct vps_err ignored = { 0 };
	int r;

	if (row->place == PLACE_QUOTA)
		return read_quota(live, id, ret_value, ret_lines);
	if (row->place == PLACE_LINK)
		return read_link(live, id, ret_value, ret_lines);
	r = file_read(live->cg_fd, row->file, LIVE_LINES - 1, &text, NULL, &ignored);
	if (r == 0 && id == RES_CPU_DEDICATED) {
		*ret_value = 0;
		*ret_lines = '\0';
		if (strcmp(text, "root\n") == 0)
			r = (int)file_read_line(live->cg_fd, "cpuset.cpus", ret_lines, LIVE_LINES);
		return r < 0 ? r : 0;
	}
	if (r < 0)
		return r;
	text[strcspn(text, row->place == PLACE_NONE ? "\n" : "")] = '\0';
	r = resource_cg_parse(id, text, &live->places, &limits.value[id]);
	if (r < 0)
		return r;
	*ret_value = limits.value[id];
	if (row->place == PLACE_NONE) {		/* a line that can be written as it was read */
		(void)snprintf(ret_lines, LIVE_LINES, "%s", text);
		return 0;
	}
	limits.is_set[id] = true;
	return resource_cg_lines(id, &limits, &live->places, ret_lines, LIVE_LINES, &ignored);
}

int live_enable(const struct live *live, enum resource_id id, const char *lines,
		struct vps_err *err)
{
	const struct cg_value value = { .file = resources[id].file, .value = lines };
	int fd;

	if (resources[id].place == PLACE_QUOTA)
		return resource_check_place(id, &live->places, err);
	if (resources[id].place == PLACE_LINK)
		return vps_err_say(err, -VPS_ESTATE, "%s: it runs without a link", resources[id].name);
	if (faccessat(live->cg_fd, resources[id].file, F_OK, 0) == 0)
		return 0;
	fd = cg_create(live->cgroup, &value, 1, err);
	own_close(&fd);
	return err->code;
}

/* The kernel counts memory in pages, and the largest number of some files is shown as "max". */
static bool is_as_wanted(enum resource_id id, uint64_t wanted, uint64_t got)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (wanted == got)
		return true;
	if (resources[id].place == PLACE_QUOTA)		/* xfs counts in blocks, and rounds up */
		return got > wanted && got - wanted < DISK_BLOCK;
	if (resources[id].unit == UNIT_BYTES && resources[id].place == PLACE_NONE)
		return wanted / page == got / page;
	return got == UINT64_MAX && wanted == resources[id].highest;
}

static int check_list(enum resource_id id, const char *wanted, const char *got, struct vps_err *err)
{
	struct cpulist a, b;

	if (!*wanted)		/* any will do */
		return 0;
	if (cpulist_parse(wanted, &a) && cpulist_parse(got, &b) && cpulist_is_equal(&a, &b))
		return 0;
	return vps_err_say(err, -EIO, "%s: the kernel made \"%.80s\" of \"%.80s\"",
			   resources[id].name, got, wanted);
}

static int read_back(const struct live *live, enum resource_id id, const char *lines,
		     struct vps_err *err)
{
	char now[LIVE_LINES], from[40], to[40];
	uint64_t wanted, got;
	int r = live_read(live, id, &got, now);

	if (r < 0)
		return vps_err_set(err, r, "%s: cannot read it back", resources[id].name);
	if (resources[id].is_text)
		return check_list(id, lines, now, err);
	r = resource_cg_parse(id, lines, &live->places, &wanted);
	if (r == 0 && !is_as_wanted(id, wanted, got))
		return vps_err_say(err, -EIO, "%s: the kernel made %s of %s", resources[id].name,
				   resource_format(id, got, from, sizeof(from)),
				   resource_format(id, wanted, to, sizeof(to)));
	return 0;
}

/* A list that was set cannot be emptied while processes live by it: it becomes all that there are. */
static const char *fill_list(const struct live *live, const char *lines, char *buf, size_t size)
{
	if (*lines || file_read_line(live->cg_fd, "../cpuset.cpus.effective", buf, size) <= 0)
		return lines;
	return buf;
}

static int set_one(const struct live *live, const char *file, const char *value,
		   struct vps_err *err)
{
	const struct cg_value values[] = { { .file = file, .value = value } };

	return cg_set(live->cg_fd, live->cgroup, values, 1, err);
}

/* Share again. The partition ends first, so that the list is filled from what all have. */
static int share(const struct live *live, struct vps_err *err)
{
	char list[LIVE_LINES];
	int r = set_one(live, PARTITION_FILE, "member", err);

	return r < 0 ? r : set_one(live, "cpuset.cpus", fill_list(live, "", list, sizeof(list)), err);
}

/* Give it processors of its own, or other ones than before. */
static int dedicate(const struct live *live, const char *list, struct vps_err *err)
{
	int r = set_one(live, "cpuset.cpus", list, err);

	if (r == 0)
		r = set_one(live, PARTITION_FILE, "root", err);
	if (r == -VPS_EHOST && strchr(live->cgroup, '/'))
		return vps_err_in(err, "this kernel dedicates none to a VPS that was not started with cpu.dedicated: set it with --saved-only, and restart");
	return r;
}

/* One that is no file of the cgroup. */
static int write_elsewhere(const struct live *live, enum resource_id id, const char *lines,
			   struct vps_err *err)
{
	uint64_t value;
	int r = resource_cg_parse(id, lines, &live->places, &value);

	if (r == 0)
		r = resources[id].place == PLACE_LINK ?
			    bandwidth_write(live->link, &live->mac, id, lines, err) :
			    disk_write(&live->disk, id, value, err);
	return r < 0 ? r : read_back(live, id, lines, err);
}

int live_write(const struct live *live, enum resource_id id, const char *lines,
	       struct vps_err *err)
{
	const struct resource *row = &resources[id];
	char list[LIVE_LINES];
	const char *text = row->is_text ? fill_list(live, lines, list, sizeof(list)) : lines;
	const struct cg_value values[] = {
		{ .file = row->file, .value = text },
		{ .file = row->second_file, .value = text },
	};
	int r;

	if (id == RES_CPU_DEDICATED) {
		r = *lines ? dedicate(live, lines, err) : share(live, err);
		return r < 0 ? vps_err_in(err, "%s", row->name) : 0;
	}
	if (row->place == PLACE_QUOTA || row->place == PLACE_LINK)
		return write_elsewhere(live, id, lines, err);
	r = cg_set(live->cg_fd, live->cgroup, values, row->second_file ? 2 : 1, err);
	if (r == 0 && (id == RES_MEMORY_MIN || id == RES_MEMORY_LOW))
		r = cg_sum_guarantees(live->cgroup, err);
	return r < 0 ? vps_err_in(err, "%s", row->name) : read_back(live, id, lines, err);
}
