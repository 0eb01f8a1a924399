// SPDX-License-Identifier: LGPL-2.1-or-later
/* Probes of the kernel itself: release, privileges, pidfds, mounts, filters; called by doctor.c. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/path.h"
#include "isolation/caps.h"
#include "isolation/syscalls.h"

#define KERNEL_MAJOR	6	/* the long-term kernel that everything is tested on */
#define KERNEL_MINOR	1

void doctor_kernel(const struct doctor *doctor, const struct check *check,
		   struct vps_finding *finding)
{
	struct utsname name;
	int major = 0, minor = 0;

	(void)doctor;
	(void)check;
	if (uname(&name) < 0 || sscanf(name.release, "%d.%d", &major, &minor) != 2)
		doctor_lacks(finding, "the kernel does not tell its release");
	else if (major < KERNEL_MAJOR || (major == KERNEL_MAJOR && minor < KERNEL_MINOR))
		doctor_lacks(finding, "Linux %.60s is older than %d.%d, which vps is made for",
			     name.release, KERNEL_MAJOR, KERNEL_MINOR);
	else
		doctor_found(finding, "Linux %.80s on %.20s", name.release, name.machine);
}

/* Of root on the host, to make a VPS; CAP_SYS_RESOURCE only when a spec raises limits. */
static const unsigned needed[] = {
	CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_KILL, CAP_SETGID, CAP_SETUID,
	CAP_SETPCAP, CAP_NET_ADMIN, CAP_SYS_CHROOT, CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_SETFCAP,
};

static bool has_cap(const struct __user_cap_data_struct data[2], unsigned cap)
{
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

void doctor_privileges(const struct doctor *doctor, const struct check *check,
		       struct vps_finding *finding)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	size_t i;

	(void)check;
	if (geteuid() != 0) {
		doctor_lacks(finding, "uid %u is not root, and what needs root was not examined",
			     (unsigned)geteuid());
		return;
	}
	if (!doctor->is_privileged) {
		doctor_lacks(finding, "root of a user namespace only, and what needs root was not examined");
		doctor_advise(finding, "run it on the host, not in a container");
		return;
	}
	(void)syscall(SYS_capget, &header, data);	/* failing leaves none */
	for (i = 0; i < ARRAY_LEN(needed); i++) {
		if (has_cap(data, needed[i]))
			continue;
		doctor_lacks(finding, "root without %s", caps_name(needed[i]));
		doctor_advise(finding, "run it on the host, or give the container that it runs in this capability");
		return;
	}
	doctor_found(finding, "root with the capabilities it takes%s",
		     has_cap(data, CAP_SYS_RESOURCE) ? "" :
		     "; no CAP_SYS_RESOURCE, so a spec cannot raise rlimits");
}

void doctor_pidfd(const struct doctor *doctor, const struct check *check,
		  struct vps_finding *finding)
{
	OWN_FD fd = FD_NONE;
	siginfo_t info = { 0 };
	pid_t self = getpid(), pid = fork();

	(void)doctor;
	(void)check;
	if (pid == 0) {
		doctor_die_with(self);
		for (;;)
			(void)pause();
	}
	fd = pidfd_open(pid, 0);
	if (fd < 0)
		doctor_lacks(finding, "pidfd_open: %s; Linux 5.3 has it", strerror(errno));
	else if (pidfd_send_signal(fd, SIGKILL, NULL, 0) < 0)
		doctor_lacks(finding, "pidfd_send_signal: %s; Linux 5.1 has it", strerror(errno));
	else if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED) < 0 || info.si_status != SIGKILL)
		doctor_lacks(finding, "waitid(P_PIDFD): %s; Linux 5.4 has it", strerror(errno));
	else
		doctor_found(finding, "processes are signalled and waited for by descriptor");
}

void doctor_mount_api(const struct doctor *doctor, const struct check *check,
		      struct vps_finding *finding)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	OWN_FD fs_fd = FD_NONE, mount_fd = FD_NONE, clone_fd = FD_NONE, root_fd = FD_NONE;
	struct vps_err err = { 0 };
	const char *step = NULL;

	(void)check;
	if (doctor_leave_mounts(doctor, &err) < 0) {
		doctor_failed(finding, &err);
		return;
	}
	fs_fd = fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs_fd < 0 || fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		step = "fsopen (Linux 5.2)";
	else if ((mount_fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, 0)) < 0)
		step = "fsmount (Linux 5.2)";
	else if (mount_setattr(mount_fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		step = "mount_setattr (Linux 5.12)";
	else if (move_mount(mount_fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		step = "move_mount (Linux 5.2)";
	else if ((clone_fd = open_tree(mount_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
							     AT_EMPTY_PATH)) < 0)
		step = "open_tree (Linux 5.2)";
	else if ((root_fd = path_open_in_root(clone_fd, "/..", O_PATH | O_DIRECTORY, 0)) < 0) {
		errno = -root_fd;
		step = "openat2 (Linux 5.6)";
	}
	if (step)
		doctor_lacks(finding, "%s: %s", step, strerror(errno));
	else
		doctor_found(finding, "mounts are made, changed and moved by descriptor");
}

/* Become a process under the filter that a VPS gets. */
static int try_filter(void *arg)
{
	const struct syscalls_filter *filter = arg;
	struct vps_err err = { 0 };
	int listener = FD_NONE;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscalls_load(filter, &listener, &err) < 0)
		return err.code ? -err.code : errno;
	return prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER ? 0 : EBADMSG;
}

void doctor_filter(const struct doctor *doctor, const struct check *check,
		   struct vps_finding *finding)
{
	struct syscalls_filter filter = { 0 };
	struct vps_err err = { 0 };
	int status;

	(void)doctor;
	(void)check;
	if (syscalls_compile(&syscalls_system_container, FD_NONE, &filter, &err) < 0) {
		doctor_failed(finding, &err);
		return;
	}
	status = doctor_child(try_filter, &filter);
	if (status < 0 || !WIFEXITED(status))
		doctor_lacks(finding, "a process does not live under the filter of a VPS");
	else if (WEXITSTATUS(status) == EBADMSG)
		doctor_lacks(finding, "the filter of a VPS loads, but is not in force");
	else if (WEXITSTATUS(status) != 0)
		doctor_lacks(finding, "a VPS's filter (CONFIG_SECCOMP_FILTER) does not load: %s",
			     strerror(WEXITSTATUS(status)));
	else
		doctor_found(finding, "a VPS's filter of %u instructions is in force",
			     (unsigned)filter.length);
	syscalls_free(&filter);
}

/* getpid() as a 32-bit program calls it. Where the kernel does not serve those it kills us. */
static int try_compat(void *arg)
{
	(void)arg;
#ifdef __x86_64__
	long got;

	__asm__ volatile("int $0x80" : "=a"(got) : "a"(20L)
			 : "memory", "cc", "r8", "r9", "r10", "r11");
	return got == getpid() ? 0 : 1;
#else
	return 0;
#endif
}

void doctor_compat(const struct doctor *doctor, const struct check *check,
		   struct vps_finding *finding)
{
	(void)doctor;
	(void)check;
	if (doctor_child(try_compat, NULL) != 0)
		doctor_lacks(finding, "the kernel does not take 32-bit system calls");
#ifdef __x86_64__
	else
		doctor_found(finding, "x86 system calls are answered");
#else
	else
		doctor_found(finding, "nothing to examine: not an x86_64 machine");
#endif
}

/* For information: each works with VPSs as it is. */
void doctor_security(const struct doctor *doctor, const struct check *check,
		     struct vps_finding *finding)
{
	char lsm[100] = "", apparmor[4] = "", enforce[4] = "";
	const char *selinux = "off";

	(void)doctor;
	(void)check;
	(void)file_read_line(AT_FDCWD, "/sys/kernel/security/lsm", lsm, sizeof(lsm));
	(void)file_read_line(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", apparmor,
			     sizeof(apparmor));
	if (file_read_line(AT_FDCWD, "/sys/fs/selinux/enforce", enforce, sizeof(enforce)) > 0)
		selinux = *enforce == '1' ? "enforcing" : "permissive";
	doctor_found(finding, "AppArmor %s, SELinux %s%s%s", *apparmor == 'Y' ? "on" : "off",
		     selinux, *lsm ? "; " : "", lsm);
}
