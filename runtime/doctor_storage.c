// SPDX-License-Identifier: LGPL-2.1-or-later
/* Probes of ROOT: overlays, disk limits and space on its file system; called by doctor.c. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "images/diskfile.h"
#include "images/fsident.h"
#include "images/overlay.h"
#include "images/quota.h"
#include "isolation/cg.h"
#include "isolation/cg_stat.h"
#include "runtime/places.h"
#include "runtime/registry.h"
#include "runtime/spec.h"

#define LAYER	"0000000000000000000000000000000000000000000000000000000000000000"
#define PROBE	"probe"			/* a file in the layer */
#define SPACE_LOW	(1ULL << 30)	/* a Debian image and some VPSs */
#define FILES_LOW	50000		/* the same */

/* Whether ROOT could be opened; otherwise says so. */
static bool has_root(const struct doctor *doctor, struct vps_finding *finding)
{
	if (doctor->root_fd >= 0)
		return true;
	doctor_lacks(finding, "not examined: ROOT could not be opened");
	doctor_advise(finding, DOCTOR_AS_ROOT);
	return false;
}

/* ---- overlay ---- */

/* A store of one layer with one file, and the directory of a VPS, in the scratch directory. */
static int make_store(int scratch_fd, struct overlay *overlay, struct vps_err *err)
{
	OWN_FD layer_fd = FD_NONE, file_fd = FD_NONE;

	overlay->layers_fd = dir_make(scratch_fd, "layers", 0700, err);
	overlay->vps_fd = err->code ? FD_NONE : dir_make(scratch_fd, "vps", 0700, err);
	layer_fd = err->code ? FD_NONE : dir_make(overlay->layers_fd, LAYER, 0755, err);
	if (err->code)
		return err->code;
	file_fd = openat(layer_fd, PROBE, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (file_fd < 0)
		return vps_err_set(err, -errno, "cannot make a file");
	return 0;
}

/* Root of the VPS owns the file, and can change it without the layer changing. */
static int try_root(int mount_fd, int vps_fd, struct vps_err *err)
{
	OWN_FD fd = FD_NONE;
	struct fsident before;
	struct stat st;
	int r;

	if (fstatat(mount_fd, PROBE, &st, 0) < 0)
		return vps_err_set(err, -errno, "cannot read a file of the layer");
	if (st.st_uid != REGISTRY_ID_FIRST)
		return vps_err_say(err, -EBADMSG, "a file of the layer belongs to uid %u, not %u",
				   (unsigned)st.st_uid, REGISTRY_ID_FIRST);
	r = fsident_enter(REGISTRY_ID_FIRST, REGISTRY_ID_FIRST, &before);
	if (r < 0)
		return vps_err_set(err, r, "cannot act as root of a VPS");
	fd = openat(mount_fd, PROBE, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		(void)vps_err_set(err, -errno, "cannot change a file of the layer");
	fsident_leave(&before);
	if (!err->code && fstatat(vps_fd, "upper/" PROBE, &st, 0) < 0)
		(void)vps_err_set(err, -errno, "a changed file is not in the upper directory");
	return err->code;
}

static int try_overlay(const struct doctor *doctor, struct vps_err *err)
{
	static const char *const layers[] = { LAYER };
	/* Volatile: else the end of this process waits for a busy disk. */
	struct overlay overlay = { .diff_ids = layers, .diff_ids_len = 1, .is_volatile = true };
	OWN_FD layers_fd = FD_NONE, vps_fd = FD_NONE, userns_fd = FD_NONE, mount_fd = FD_NONE;
	OWN_FD scratch_fd = FD_NONE, root_fd = FD_NONE;

	userns_fd = doctor_userns(err);
	if (userns_fd < 0 || doctor_leave_mounts(doctor, err) < 0)
		return err->code;
	/* Again, by path: only a mount of our own namespace can be cloned. */
	root_fd = open(doctor->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scratch_fd = openat(root_fd, doctor->scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (scratch_fd < 0)
		return vps_err_set(err, -errno, "cannot open %.60s", doctor->root);
	overlay.layers_fd = overlay.vps_fd = FD_NONE;
	(void)make_store(scratch_fd, &overlay, err);
	layers_fd = overlay.layers_fd;
	vps_fd = overlay.vps_fd;
	overlay.userns_fd = userns_fd;
	if (err->code || overlay_mount(&overlay, &mount_fd, NULL, err) < 0)
		return err->code;
	return try_root(mount_fd, vps_fd, err);
}

void doctor_overlay(const struct doctor *doctor, const struct check *check,
		    struct vps_finding *finding)
{
	struct quota_support support;
	struct vps_err err = { 0 };

	(void)check;
	if (!has_root(doctor, finding))
		return;
	quota_probe(doctor->root_fd, &support);
	if (doctor->scratch_fd < 0) {
		doctor_lacks(finding, "nothing can be made in ROOT, %.60s: %s", doctor->root,
			     strerror(-doctor->scratch_fd));
		doctor_advise(finding, "make it writable, or choose another: vpsctl --root DIR");
	} else if (try_overlay(doctor, &err) < 0) {
		(void)vps_err_in(&err, "on %s", support.fs);
		doctor_failed(finding, &err);
	} else {
		doctor_found(finding, "works on %s, which %.80s is on",
			     support.fs, doctor->root);
	}
}

/* ---- disk limits ---- */

/* The smallest there is, as a VPS with a limit gets it. */
static int try_file(const struct doctor *doctor, struct vps_err *err)
{
	const uint64_t size = diskfile_size(DISKFILE_LOWEST, false, 0);
	struct diskfile file = DISKFILE_NONE;
	int r;

	if (doctor->scratch_fd < 0)
		return doctor->is_privileged ? vps_err_set(err, doctor->scratch_fd,
							   "nothing can be made in ROOT") : 0;
	r = diskfile_make(doctor->scratch_fd, DISKFILE, size, err);
	if (r == 0)
		r = diskfile_open(doctor->scratch_fd, DISKFILE, true, &file, err);
	diskfile_close(&file);
	return r;
}

static void find_file(const struct doctor *doctor, const struct quota_support *quota,
		      struct vps_finding *finding)
{
	struct diskfile_support support;
	struct vps_err err = { 0 };

	diskfile_probe(&support);
	if (!support.is_supported) {
		doctor_lacks(finding, "ROOT is on %s, and this is %s", quota->lacks, support.lacks);
		doctor_advise(finding, "%s", support.remedy);
	} else if (try_file(doctor, &err) < 0) {
		doctor_failed(finding, &err);
		doctor_advise(finding, "%s", quota->remedy);
	} else {
		doctor_found(finding, "xfs in a file for each VPS with a limit%s: ROOT is on %s",
			     support.has_quotas ? "" : " (236M and more, no inodes, smaller only stopped)",
			     quota->lacks);
	}
}

void doctor_quota(const struct doctor *doctor, const struct check *check,
		  struct vps_finding *finding)
{
	struct quota_support support;

	(void)check;
	if (!has_root(doctor, finding))
		return;
	quota_probe(doctor->root_fd, &support);
	if (support.is_supported)
		doctor_found(finding, "project quotas of %s", support.fs);
	else
		find_file(doctor, &support, finding);
}

/* ---- weights ---- */

/* Whether the kernel's own controller of costs shares this disk out, cgroup-v2.rst, "IO Interface Files". */
static bool has_costs(const char *disk)
{
	const char *place = cg_mount_point(), *number;
	OWN_FD fd = place ? open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : FD_NONE;
	OWN_CG_STAT stat = { 0 };
	char *settings;

	(void)cg_stat_open(&stat, fd, "io.cost.qos");
	while (cg_stat_next(&stat, &number, &settings))
		if (strcmp(number, disk) == 0)
			return strncmp(settings, "enable=1", strlen("enable=1")) == 0;
	return false;
}

void doctor_weights(const struct doctor *doctor, const struct check *check,
		    struct vps_finding *finding)
{
	char path[64], line[200] = "", name[32] = "";
	struct resource_places places;

	(void)check;
	if (!has_root(doctor, finding))
		return;
	places_find(doctor->root_fd, &places);
	if (!*places.disk) {
		doctor_lacks(finding, "ROOT lies on no disk that could be shared out");
		return;
	}
	(void)snprintf(path, sizeof(path), "/sys/dev/block/%.24s/queue/scheduler", places.disk);
	(void)file_read_line(AT_FDCWD, path, line, sizeof(line));
	if (has_costs(places.disk)) {
		doctor_found(finding, "io.cost shares disk %.24s out", places.disk);
	} else if (strstr(line, "[bfq]")) {
		doctor_found(finding, "BFQ shares disk %.24s out", places.disk);
	} else {
		(void)sscanf(line, "%*[^[][%31[^]]", name);
		doctor_lacks(finding, "disk %.24s is scheduled by %s, which knows none", places.disk,
			     *name ? name : *line == '[' ? "none" : "its own driver");
		doctor_advise(finding, "modprobe bfq; echo bfq >%s", path);
	}
}

/* ---- space ---- */

/* What a spec in ROOT/vps/NAME limits the disk to; 0: nothing, or nothing that can be read. */
static uint64_t disk_limit(int dir_fd, const char *name)
{
	char path[NAME_MAX + sizeof("/spec.json")];
	struct vps_err ignored = { 0 };
	struct spec spec = { 0 };
	OWN_MEM char *text = NULL;
	uint64_t bytes = 0;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/spec.json", name);
	if (file_read(dir_fd, path, SPEC_SIZE_MAX, &text, &len, &ignored) == 0 &&
	    spec_parse(text, len, &spec, &ignored) == 0 && spec.limits.is_set[RES_DISK] &&
	    spec.limits.value[RES_DISK] != UINT64_MAX)
		bytes = spec.limits.value[RES_DISK];
	spec_free(&spec);
	return bytes;
}

/* All disk limits together. */
static double promised(const struct doctor *doctor)
{
	int dir_fd = openat(doctor->root_fd, "vps", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_DIR *dir = dir_fd < 0 ? NULL : fdopendir(dir_fd);
	const struct dirent *entry;
	double sum = 0;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			sum += (double)disk_limit(dirfd(dir), entry->d_name);
	if (!dir)
		own_close(&dir_fd);
	return sum;
}

void doctor_space(const struct doctor *doctor, const struct check *check,
		  struct vps_finding *finding)
{
	struct statvfs st;
	char promise[80] = "";
	uint64_t bytes;
	double gib, limits;

	(void)check;
	if (!has_root(doctor, finding))
		return;
	if (fstatvfs(doctor->root_fd, &st) < 0) {
		doctor_lacks(finding, "cannot read what is free in %.60s: %s", doctor->root,
			     strerror(errno));
		return;
	}
	bytes = (uint64_t)st.f_bavail * st.f_frsize;
	gib = (double)bytes / (1ULL << 30);
	limits = promised(doctor);
	if (limits > 0)
		(void)snprintf(promise, sizeof(promise), "; disk limits promise %.1f GiB of %.1f",
			       limits / (1ULL << 30), (double)st.f_blocks * (double)st.f_frsize / (1ULL << 30));
	if (bytes < SPACE_LOW)
		doctor_lacks(finding, "%.2f GiB are free in %.60s; an image of Debian with its VPSs takes 1",
			     gib, doctor->root);
	else if (st.f_files && st.f_favail < FILES_LOW)	/* btrfs counts none */
		doctor_lacks(finding, "%ju more files fit into %.60s; an image of Debian has 9000",
			     (uintmax_t)st.f_favail, doctor->root);
	else if (st.f_files)
		doctor_found(finding, "%.1f GiB and %ju files fit into %.50s%s", gib,
			     (uintmax_t)st.f_favail, doctor->root, promise);
	else
		doctor_found(finding, "%.1f GiB are free in %.50s%s", gib, doctor->root, promise);
}
