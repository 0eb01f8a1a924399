// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finds the disk below a directory and the RDMA devices; called when limits are compiled or changed. */
#include "places.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "images/diskfile.h"
#include "images/quota.h"
#include "runtime/disk.h"

/*
 * The block device whose file system has this device number, by mountinfo:
 * btrfs gives each subvolume a number that belongs to no device.
 */
static bool find_source(dev_t number, dev_t *ret_device)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[2048], wanted[32], source[256];
	struct stat st;
	bool is_found = false;

	if (!file)
		return false;
	(void)snprintf(wanted, sizeof(wanted), " %u:%u ", major(number), minor(number));
	while (!is_found && fgets(line, sizeof(line), file)) {
		const char *rest = strstr(line, " - ");

		if (!strstr(line, wanted) || !rest || sscanf(rest, " - %*s %255s", source) != 1)
			continue;
		is_found = stat(source, &st) == 0 && S_ISBLK(st.st_mode);
		if (is_found)
			*ret_device = st.st_rdev;
	}
	(void)fclose(file);
	return is_found;
}

/* io.max is about whole disks. The directory of a partition lies in that of its disk. */
static void find_disk(dev_t device, char *ret_disk, size_t size)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", major(device),
		       minor(device));
	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", major(device), minor(device),
		       access(path, F_OK) == 0 ? "../dev" : "dev");
	if (file_read_line(AT_FDCWD, path, ret_disk, size) < 0)
		*ret_disk = '\0';
}

static void find_rdma(char *ret_names, size_t size)
{
	DIR *dir = opendir("/sys/class/infiniband");
	struct dirent *entry;
	size_t at = 0;

	while (dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || at + len + 2 > size)
			continue;
		at += (size_t)snprintf(ret_names + at, size - at, "%s%s", at ? " " : "",
				       entry->d_name);
	}
	if (dir)
		(void)closedir(dir);
}

/* Where files are not counted, each VPS that is limited gets a file system of its own. */
static void find_limits(int dir_fd, struct resource_places *places)
{
	const size_t size = sizeof(places->no_disk);
	struct diskfile_support file;
	struct quota_support quota;

	quota_probe(dir_fd, &quota);
	if (quota.is_supported)
		return;
	diskfile_probe(&file);
	if (!file.is_supported) {
		(void)snprintf(places->no_disk, size, "ROOT is on %s, and this is %s; %s", quota.lacks,
			       file.lacks, file.remedy);
		memcpy(places->no_inodes, places->no_disk, size);
	} else if (!file.has_quotas) {
		(void)snprintf(places->no_inodes, size, "ROOT is on %s, and this kernel's xfs has no quotas (CONFIG_XFS_QUOTA); %s",
			       quota.lacks, quota.remedy);
		places->disk_host = disk_host(dir_fd);
	}
}

void places_find(int dir_fd, struct resource_places *ret_places)
{
	struct stat st;
	dev_t device;

	*ret_places = (struct resource_places){ 0 };
	if (fstat(dir_fd, &st) == 0) {
		device = st.st_dev;
		if (major(device) || find_source(st.st_dev, &device))
			find_disk(device, ret_places->disk, sizeof(ret_places->disk));
	}
	find_rdma(ret_places->rdma, sizeof(ret_places->rdma));
	find_limits(dir_fd, ret_places);
}
