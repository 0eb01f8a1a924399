// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of what a host should be able to do, and its examination; called by vpsctl doctor. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/cg.h"

#define SCRATCH		".doctor."	/* and our pid; in ROOT */
#define CGROUP		"vps-doctor."
#define TIMEOUT_MSEC	10000		/* a healthy host takes a hundredth of it */
#define INITIAL_USER_NS	0xEFFFFFFDU	/* its inode; include/linux/proc_ns.h of the kernel */

#define NEWER	"boot Linux 6.1 or newer; Debian 12 has it"
#define CONFIG	"boot a distribution's kernel: this one was built without it, or lacks a module"
#define UNIFIED	"boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
#define ROOM	"free or add disk space, or move ROOT: vpsctl --root DIR"
#define BUILD	"install vps again: its programs belong together"

const struct check doctor_checks[] = {
	/* name, required, needs root, probe, subject, what is lost, remedy */
	{ "kernel", true, false, doctor_kernel, NULL, NULL, NEWER },
	{ "privileges", true, false, doctor_privileges, NULL, NULL, DOCTOR_AS_ROOT },
	{ "security modules", false, false, doctor_security, NULL, NULL, "" },
	{ "pidfd", true, false, doctor_pidfd, NULL, NULL, NEWER },
	{ "mount API", true, false, doctor_mount_api, NULL, NULL, NEWER },

	{ "user namespace", true, false, doctor_user_namespace, "user", NULL, CONFIG },
	{ "mount namespace", true, false, doctor_namespace, "mount", NULL, CONFIG },
	{ "pid namespace", true, false, doctor_namespace, "pid", NULL, CONFIG },
	{ "network namespace", true, false, doctor_namespace, "network", NULL, CONFIG },
	{ "ipc namespace", true, false, doctor_namespace, "ipc", NULL, CONFIG },
	{ "uts namespace", true, false, doctor_namespace, "uts", NULL, CONFIG },
	{ "cgroup namespace", true, false, doctor_namespace, "cgroup", NULL, CONFIG },
	{ "time namespace", true, false, doctor_namespace, "time", NULL, CONFIG },
	{ "id map", true, true, doctor_id_map, NULL, NULL, CONFIG },
	{ "proc, sysfs, devpts inside", true, true, doctor_inner_mounts, NULL, NULL, CONFIG },
	{ "system call filter", true, false, doctor_filter, NULL, NULL, CONFIG },
	{ "answers to system calls", false, false, doctor_calls, NULL,
	  "nproc and sysinfo(2) in a VPS tell of the host", NEWER },
	{ "32-bit programs", false, false, doctor_compat, NULL,
	  "no 32-bit program runs in a VPS",
	  "boot with ia32_emulation=1, or a kernel built with CONFIG_IA32_EMULATION" },

	{ "cgroup v2", true, false, doctor_cgroup, NULL, NULL, UNIFIED },
	{ "clone into a cgroup", true, true, doctor_clone_into, NULL, NULL, NEWER },
	{ "cgroup.kill", true, true, doctor_kill, NULL, NULL, NEWER },
	{ "cgroup.freeze", false, true, doctor_freeze, NULL, "no VPS can be paused", NEWER },
	{ "device rules", true, true, doctor_devices, NULL, NULL, CONFIG },
	{ "socket families", false, true, doctor_families, NULL,
	  "a VPS can open AF_VSOCK and reach this host past its network",
	  "boot with bpf behind the others in lsm= on the kernel's command line" },
	{ "controller cpu", false, false, doctor_controller, "cpu",
	  "processor time cannot be limited", UNIFIED },
	{ "controller memory", false, false, doctor_controller, "memory",
	  "memory cannot be limited", UNIFIED },
	{ "controller pids", false, false, doctor_controller, "pids",
	  "the number of processes cannot be limited", UNIFIED },
	{ "controller io", false, false, doctor_controller, "io",
	  "disk throughput cannot be limited", UNIFIED },
	{ "weights of the disk", false, false, doctor_weights, NULL,
	  "io.weight changes nothing", "" },
	{ "controller cpuset", false, false, doctor_controller, "cpuset",
	  "a VPS cannot be bound to processors", UNIFIED },
	{ "pressure (PSI)", false, true, doctor_pressure, NULL,
	  "shortage in a VPS cannot be watched",
	  "boot with psi=1 on the kernel's command line" },

	{ "overlay on id-mapped layers", true, true, doctor_overlay, NULL, NULL,
	  "put ROOT on ext4, xfs or btrfs (vpsctl --root DIR), on Linux 6.1 or newer" },
	{ "free space", false, false, doctor_space, NULL, NULL, ROOM },
	{ "disk quota", false, false, doctor_quota, NULL,
	  "the disk of a VPS cannot be limited",
	  "put ROOT on ext4 or xfs, mounted with the option prjquota" },
	{ "id ranges", true, true, doctor_ids, NULL, NULL,
	  "destroy VPSs that are not needed, or shorten ranges in /etc/subuid, /etc/subgid" },
	{ "bridge and veth", false, true, doctor_network, NULL, "a VPS has no network", CONFIG },
	{ "bandwidth", false, true, doctor_bandwidth, NULL,
	  "the rate of a VPS's link cannot be limited", CONFIG },

	{ "vps-monitor", true, false, doctor_own_program, "vps-monitor", NULL, BUILD },
	{ "vps-image", false, false, doctor_own_program, "vps-image",
	  "no image can be imported", BUILD },
	{ "busybox-static", false, false, doctor_busybox, NULL,
	  "the small default image cannot be made",
	  "apt-get install busybox-static" },
	{ "mmdebstrap", false, false, doctor_program, "mmdebstrap",
	  "`image bootstrap` makes no Debian image",
	  "apt-get install mmdebstrap" },
	{ "vps-view", false, false, doctor_view, "vps-view",
	  "a VPS is shown the host's memory and processors",
	  "modprobe fuse; " BUILD },
};
const size_t doctor_check_count = ARRAY_LEN(doctor_checks);

/* Remove what doctors left that were killed: nobody holds their lock. */
static void sweep(const struct doctor *doctor)
{
	int dup = openat(doctor->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_DIR *dir = dup < 0 ? NULL : fdopendir(dup);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		OWN_FD fd = FD_NONE;
		struct vps_err ignored = { 0 };
		char cg_path[NAME_MAX + sizeof(CGROUP)];

		if (strncmp(entry->d_name, SCRATCH, strlen(SCRATCH)) != 0)
			continue;
		fd = openat(doctor->root_fd, entry->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
			continue;
		/* Best effort: the next doctor tries again. */
		(void)snprintf(cg_path, sizeof(cg_path), CGROUP "%s",
			       entry->d_name + strlen(SCRATCH));
		(void)cg_remove(cg_path, &ignored);
		(void)tree_remove(doctor->root_fd, entry->d_name, &ignored);
	}
	if (!dir)
		own_close(&dup);
}

/* Our directory in ROOT, locked before anybody else's sweep() can take it for a dead one's. */
static int make_scratch(const struct doctor *doctor)
{
	OWN_FD fd = FD_NONE;
	struct stat st;

	do {
		own_close(&fd);
		if (mkdirat(doctor->root_fd, doctor->scratch, 0700) < 0 && errno != EEXIST)
			return -errno;
		fd = openat(doctor->root_fd, doctor->scratch,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return -errno;
		if (fd >= 0 && (flock(fd, LOCK_EX) < 0 || fstat(fd, &st) < 0))
			return -errno;
	} while (fd < 0 || st.st_nlink == 0);
	return fd_take(&fd);
}

/* A plain directory: cg_create() would pass controllers down, which changes the host. */
static int make_cgroup(const struct doctor *doctor)
{
	const char *place = cg_mount_point();
	OWN_FD root_fd = FD_NONE;
	int fd;

	if (!place)
		return -ENODEV;
	root_fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0 || (mkdirat(root_fd, doctor->cg_path, 0700) < 0 && errno != EEXIST))
		return -errno;
	fd = openat(root_fd, doctor->cg_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static bool is_privileged(void)
{
	struct stat st;

	return geteuid() == 0 && stat("/proc/self/ns/user", &st) == 0 &&
	       st.st_ino == INITIAL_USER_NS;
}

static void set_up(struct doctor *doctor, struct vps_host *host)
{
	doctor->root = host ? vps_host_root_path(host) : "";
	doctor->root_fd = host ? vps_host_root_fd(host) : FD_NONE;
	doctor->is_privileged = is_privileged();
	doctor->scratch_fd = doctor->cg_fd = -EPERM;
	(void)snprintf(doctor->scratch, sizeof(doctor->scratch), SCRATCH "%d", (int)getpid());
	(void)snprintf(doctor->cg_path, sizeof(doctor->cg_path), CGROUP "%d", (int)getpid());
	if (!doctor->is_privileged)
		return;
	if (host) {
		sweep(doctor);
		doctor->scratch_fd = make_scratch(doctor);
	}
	doctor->cg_fd = make_cgroup(doctor);
}

static void tear_down(struct doctor *doctor)
{
	struct vps_err ignored = { 0 };

	/* Best effort: the next doctor's sweep() finds what is left. */
	if (doctor->cg_fd >= 0)
		(void)cg_remove(doctor->cg_path, &ignored);
	ignored = (struct vps_err){ 0 };
	if (doctor->scratch_fd >= 0)
		(void)tree_remove(doctor->root_fd, doctor->scratch, &ignored);
	own_close(&doctor->cg_fd);
	own_close(&doctor->scratch_fd);
}

int vps_doctor(struct vps_host *host, struct vps_finding **ret_findings, size_t *ret_count,
	       struct vps_err *err)
{
	const size_t size = doctor_check_count * sizeof(struct vps_finding);
	struct vps_finding *shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	OWN_MEM struct vps_finding *findings = malloc(size);
	struct doctor doctor;
	sigset_t all, before;
	int r;

	if (shared == MAP_FAILED || !findings) {
		if (shared != MAP_FAILED)
			(void)munmap(shared, size);
		return vps_err_set(err, -ENOMEM, "cannot examine the host");
	}
	/* Until what we made is removed; it takes a fraction of a second. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	set_up(&doctor, host);
	r = doctor_run(&doctor, doctor_checks, doctor_check_count, TIMEOUT_MSEC, shared, err);
	tear_down(&doctor);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0) {
		memcpy(findings, shared, size);
		*ret_findings = mem_take(&findings);
		*ret_count = doctor_check_count;
	}
	(void)munmap(shared, size);
	return r;
}
