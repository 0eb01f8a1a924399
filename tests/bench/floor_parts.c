// SPDX-License-Identifier: GPL-2.0-or-later
/* What the two floors have in common; called by floor.c and floor_oci.c. */
#include "floor_parts.h"

#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* glibc's <sys/mount.h> and the kernel's <linux/mount.h> cannot both be included. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);
int umount2(const char *target, int flags);

#define MNT_DETACH	2
#define IDS		65536

bool has_phases;
static struct timespec phase_start;

void phase(const char *name)
{
	struct timespec now;

	if (!has_phases)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (name)
		printf("%-10s %8.3f ms\n", name,
		       (double)(now.tv_sec - phase_start.tv_sec) * 1e3 +
		       (double)(now.tv_nsec - phase_start.tv_nsec) / 1e6);
	clock_gettime(CLOCK_MONOTONIC, &phase_start);
}

int must(int r, const char *what)
{
	if (r < 0)
		error(1, errno, "%s", what);
	return r;
}

void write_file(const char *path, const char *text)
{
	int fd = must(open(path, O_WRONLY | O_CLOEXEC), path);

	if (write(fd, text, strlen(text)) < 0)
		error(1, errno, "%s", path);
	close(fd);
}

int sys_open_tree(int fd, const char *path, unsigned int flags)
{
	return must((int)syscall(SYS_open_tree, fd, path, flags), path);
}

void sys_move_mount(int fd, int to_fd, const char *to)
{
	must((int)syscall(SYS_move_mount, fd, "", to_fd, to, MOVE_MOUNT_F_EMPTY_PATH),
	     "move_mount");
}

void sys_mount_flags(int fd, const char *path, unsigned long set)
{
	struct mount_attr attr = { .attr_set = set };

	must((int)syscall(SYS_mount_setattr, fd, path, AT_EMPTY_PATH, &attr, sizeof(attr)),
	     "mount_setattr");
}

void write_maps(pid_t pid, unsigned int ids)
{
	char path[40], map[40];

	(void)snprintf(map, sizeof(map), "0 %u %u\n", ids, IDS);
	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	write_file(path, map);
	(void)snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
	write_file(path, map);
}

static void add_nodes(bool has_userns)
{
	static const struct {
		const char *name;
		unsigned int major, minor;
	} nodes[] = {
		{ "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 },
		{ "urandom", 1, 9 }, { "tty", 5, 0 },
	};
	char from[32], to[32];
	size_t i;

	for (i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		(void)snprintf(from, sizeof(from), "/dev/%s", nodes[i].name);
		(void)snprintf(to, sizeof(to), "dev/%s", nodes[i].name);
		if (has_userns) {
			close(must(open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0666), to));
			must(mount(from, to, NULL, MS_BIND, NULL), to);
		} else {
			must(mknod(to, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), to);
			must(chmod(to, 0666), to);
		}
	}
}

static void mount_dev(bool has_userns)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "dev/fd" }, { "/proc/self/fd/0", "dev/stdin" },
		{ "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
		{ "pts/ptmx", "dev/ptmx" },
	};
	size_t i;

	must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"),
	     "dev");
	add_nodes(has_userns);
	for (i = 0; i < sizeof(links) / sizeof(*links); i++)
		must(symlink(links[i][0], links[i][1]), links[i][1]);
	must(mkdir("dev/pts", 0755), "dev/pts");
	must(mkdir("dev/shm", 0755), "dev/shm");
	must(mkdir("dev/mqueue", 0755), "dev/mqueue");
}

void mount_all(bool has_userns)
{
	static const struct {
		const char *type, *target;
		unsigned long flags;
		const char *data;
	} rows[] = {
		{ "devpts", "dev/pts", MS_NOSUID | MS_NOEXEC,
		  "newinstance,ptmxmode=0666,mode=0620,gid=5" },
		{ "tmpfs", "dev/shm", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k" },
		{ "mqueue", "dev/mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL },
		{ "sysfs", "sys", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL },
		{ "cgroup2", "sys/fs/cgroup", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL },
	};
	size_t i;

	must(mount("proc", "proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL), "proc");
	mount_dev(has_userns);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		must(mount(rows[i].type, rows[i].target, rows[i].type, rows[i].flags,
			   rows[i].data), rows[i].target);
}

void switch_root(void)
{
	must((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "old root");
	must(chdir("/"), "new root");
}

void remove_cgroup(const char *path)
{
	while (rmdir(path) < 0)
		if (errno != EBUSY)
			error(1, errno, "%s", path);
	phase("cgroup");
}
