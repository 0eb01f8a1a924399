// SPDX-License-Identifier: LGPL-2.1-or-later
/* Probes of cgroup v2, in a cgroup of the doctor's own; called by doctor.c. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/cg.h"
#include "isolation/devices.h"
#include "isolation/families.h"

#define CGROUPS_MAX	8192	/* of /proc/cgroups: a line each controller */
#define FREEZE_MSEC	3000

/* The writable cgroup that all of these need; its own row says more. */
static int need_cgroup(const struct doctor *doctor, const char *name, struct vps_finding *finding)
{
	int fd = -1;

	if (doctor->cg_fd >= 0 && mkdirat(doctor->cg_fd, name, 0700) == 0)
		fd = openat(doctor->cg_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	doctor_lacks(finding, "not examined: no cgroup can be made (see \"cgroup v2\")");
	doctor_advise(finding, "do what is said about \"cgroup v2\"");
	return FD_NONE;
}

void doctor_cgroup(const struct doctor *doctor, const struct check *check,
		   struct vps_finding *finding)
{
	const char *place = cg_mount_point();

	(void)check;
	if (!place) {
		doctor_lacks(finding, "mounted neither at /sys/fs/cgroup nor at /sys/fs/cgroup/unified");
		doctor_advise(finding, "mount -t cgroup2 cgroup2 /sys/fs/cgroup; or boot with systemd.unified_cgroup_hierarchy=1");
	} else if (doctor->cg_fd >= 0) {
		doctor_found(finding, "writable at %s%s", place,
			     strcmp(place, "/sys/fs/cgroup") == 0 ? "" : ", beside version 1");
	} else if (!doctor->is_privileged) {
		doctor_found(finding, "mounted at %s; whether it is writable takes root to say",
			     place);
	} else if (doctor->cg_fd == -EROFS) {
		doctor_lacks(finding, "%s is mounted read-only, as in a container", place);
		doctor_advise(finding, "run it on the host itself, or mount it writable");
	} else {
		doctor_lacks(finding, "no cgroup can be made in %s: %s", place,
			     strerror(-doctor->cg_fd));
	}
}

/* How /proc/cgroups names a controller: version 1 called io after what it drove. */
static const char *old_name(const char *controller)
{
	return strcmp(controller, "io") == 0 ? "blkio" : controller;
}

/*
 * What is listed is believed: enabling it for children is the only way to try,
 * and that would change the host's own tree.
 */
void doctor_controller(const struct doctor *doctor, const struct check *check,
		       struct vps_finding *finding)
{
	OWN_MEM char *text = NULL;
	struct vps_err ignored = { 0 };
	char name[16], *line, *rest;
	int hierarchy = -1, cgroups, enabled = -1;

	(void)doctor;
	if (cg_has_controller(check->subject)) {
		doctor_found(finding, "available in version 2");
		return;
	}
	(void)file_read(AT_FDCWD, "/proc/cgroups", CGROUPS_MAX, &text, NULL, &ignored);
	for (rest = text; rest && (line = strsep(&rest, "\n"));) {
		if (sscanf(line, "%15s %d %d %d", name, &hierarchy, &cgroups, &enabled) == 4 &&
		    strcmp(name, old_name(check->subject)) == 0)
			break;
		hierarchy = enabled = -1;
	}
	if (enabled == 0) {
		doctor_lacks(finding, "switched off by cgroup_disable=");
		doctor_advise(finding, "boot with cgroup_enable=%s on the kernel's command line, and without cgroup_disable=%s",
			      check->subject, check->subject);
	} else if (hierarchy > 0) {
		doctor_lacks(finding, "this host keeps it in a version 1 hierarchy");
	} else if (!cg_mount_point()) {
		doctor_lacks(finding, "cgroup v2 is not mounted");
	} else if (hierarchy == 0) {
		doctor_lacks(finding, "not handed down to this cgroup namespace");
		doctor_advise(finding, "run it on the host itself, or delegate the controller to the container");
	} else {
		doctor_lacks(finding, "not built into this kernel");
		doctor_advise(finding, "boot a distribution's kernel");
	}
}

/*
 * A child born into a cgroup, where it waits to be killed. Its pid, or -errno.
 *
 * Returns when the child is set to die with us: frozen before that, it would
 * outlive a doctor that is killed.
 */
static pid_t clone_into(int cg_fd)
{
	struct clone_args args = {
		/* With a cgroup namespace of its own: that is how the engine does it. */
		.flags = CLONE_INTO_CGROUP | CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cg_fd,
	};
	pid_t self = getpid(), pid;
	OWN_FD ready_fd = FD_NONE;
	int ends[2];
	char end;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	ready_fd = ends[0];
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		pid = -errno;
	if (pid == 0) {
		doctor_die_with(self);
		(void)close(ends[1]);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	if (pid < 0)
		return pid;
	while (read(ready_fd, &end, 1) < 0 && errno == EINTR)
		;
	return pid;
}

static void end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The cgroup of that name with a process in it. */
static pid_t populate(const struct doctor *doctor, const char *name, int *ret_cg_fd,
		      struct vps_finding *finding)
{
	OWN_FD fd = need_cgroup(doctor, name, finding);
	pid_t pid;

	if (fd < 0)
		return fd;
	pid = clone_into(fd);
	if (pid < 0) {
		doctor_lacks(finding, "no process is born into a cgroup (clone3, Linux 5.7): %s",
			     strerror((int)-pid));
		return pid;
	}
	*ret_cg_fd = fd_take(&fd);
	return pid;
}

void doctor_clone_into(const struct doctor *doctor, const struct check *check,
		       struct vps_finding *finding)
{
	OWN_FD fd = FD_NONE;
	pid_t pid = populate(doctor, "clone", &fd, finding);

	(void)check;
	if (pid < 0)
		return;
	if (cg_is_populated(fd) == 1)
		doctor_found(finding, "processes are born into their cgroup");
	else
		doctor_lacks(finding, "clone3 with CLONE_INTO_CGROUP put the process elsewhere");
	end(pid);
}

void doctor_kill(const struct doctor *doctor, const struct check *check,
		 struct vps_finding *finding)
{
	OWN_FD fd = FD_NONE;
	pid_t pid = populate(doctor, "kill", &fd, finding);
	int r, status = 0;

	(void)check;
	if (pid < 0)
		return;
	r = cg_kill(fd);
	if (r < 0) {
		doctor_lacks(finding, "cgroup.kill (Linux 5.14): %s", strerror(-r));
		end(pid);
		return;
	}
	(void)waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		doctor_found(finding, "all processes of a VPS can be killed at once");
	else
		doctor_lacks(finding, "cgroup.kill took a process for one that is not killed");
}

void doctor_freeze(const struct doctor *doctor, const struct check *check,
		   struct vps_finding *finding)
{
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE;
	pid_t pid = populate(doctor, "freeze", &fd, finding);

	(void)check;
	if (pid < 0)
		return;
	if (cg_freeze(fd, true, FREEZE_MSEC, &err) < 0 ||
	    cg_freeze(fd, false, FREEZE_MSEC, &err) < 0)
		doctor_failed(finding, &err);
	else
		doctor_found(finding, "processes freeze and thaw");
	end(pid);
}

/* In a cgroup where is_denied() should be the case: 0 when that is so. */
static int try_denied(int cg_fd, bool (*is_denied)(void))
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP | CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cg_fd,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	int status = -1;

	if (pid == 0)
		_exit(!is_denied());
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? 0 : -EBADMSG;
}

static bool is_null_denied(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC) < 0 && errno == EPERM;
}

static bool is_unix_denied(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0 && errno == EAFNOSUPPORT;
}

void doctor_devices(const struct doctor *doctor, const struct check *check,
		    struct vps_finding *finding)
{
	static const struct device_rule nothing = {
		false, 'a', DEVICE_ANY, DEVICE_ANY, DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD,
	};
	OWN_FD fd = need_cgroup(doctor, "devices", finding);
	struct vps_err err = { 0 };
	int r;

	(void)check;
	if (fd < 0)
		return;
	if (devices_attach(fd, &nothing, 1, FD_NONE, &err) < 0) {
		doctor_failed(finding, &err);
		return;
	}
	r = try_denied(fd, is_null_denied);
	if (r == -EBADMSG)
		doctor_lacks(finding, "a BPF program is attached, but does not keep /dev/null shut");
	else if (r < 0)
		doctor_lacks(finding, "a BPF program is attached, but no process is born there: %s",
			     strerror(-r));
	else
		doctor_found(finding, "devices are allowed and denied by a BPF program");
}

void doctor_families(const struct doctor *doctor, const struct check *check,
		     struct vps_finding *finding)
{
	static const int tried[] = { AF_UNIX };	/* is in every kernel, and asks for no module */
	OWN_FD fd = need_cgroup(doctor, "families", finding);
	struct vps_err err = { 0 };

	(void)check;
	if (fd < 0)
		return;
	if (families_refuse(fd, tried, ARRAY_LEN(tried), FD_NONE, &err) < 0)
		doctor_failed(finding, &err);
	else if (try_denied(fd, is_unix_denied) < 0)
		doctor_lacks(finding, "a BPF program is attached, but refuses no socket family");
	else
		doctor_found(finding, "families that no network namespace holds are refused");
}

/* A trigger takes what a plain read of the averages does not say: that somebody can wait for it. */
void doctor_pressure(const struct doctor *doctor, const struct check *check,
		     struct vps_finding *finding)
{
	/* Two seconds: shorter windows take CAP_SYS_RESOURCE, Documentation/accounting/psi.rst */
	static const char trigger[] = "some 150000 2000000";
	OWN_FD cg_fd = need_cgroup(doctor, "pressure", finding);
	OWN_FD fd = FD_NONE;

	(void)check;
	if (cg_fd < 0)
		return;
	fd = openat(cg_fd, "memory.pressure", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		doctor_lacks(finding, "no memory.pressure: this kernel runs without CONFIG_PSI");
	else if (fd < 0 || write(fd, trigger, sizeof(trigger)) < 0)
		doctor_lacks(finding, "memory.pressure: %s", strerror(errno));
	else
		doctor_found(finding, "shortage of processor, memory and disk is measured");
}
