// SPDX-License-Identifier: LGPL-2.1-or-later
/* Probes of namespaces and of what is made inside of them; called by doctor.c. */
#include "doctor.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "isolation/namespaces.h"
#include "netns/addr.h"
#include "netns/bridge.h"
#include "netns/shape.h"
#include "netns/veth.h"
#include "runtime/registry.h"

#define APPARMOR_SYSCTL	"kernel.apparmor_restrict_unprivileged_userns"
#define APPARMOR_FILE	"/proc/sys/kernel/apparmor_restrict_unprivileged_userns"

/* Why unshare() refused a namespace of this kind, and what helps. */
static void explain(enum ns_kind kind, int code, struct vps_finding *finding)
{
	const char *proc = ns_infos[kind].proc;
	char path[64], config[16];
	size_t i;

	(void)snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", proc);
	for (i = 0; proc[i]; i++)
		config[i] = (char)toupper((unsigned char)proc[i]);
	config[i] = '\0';
	if (code == EINVAL) {
		doctor_lacks(finding, "not built into this kernel (CONFIG_%s_NS)", config);
	} else if (code == ENOSPC) {
		doctor_lacks(finding, "user.max_%s_namespaces is %jd, and all are in use", proc,
			     (intmax_t)doctor_number(path, 0));
		doctor_advise(finding, "sysctl -w user.max_%s_namespaces=65536", proc);
	} else if (code == EPERM && kind == NS_USER &&
		   doctor_number("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0) {
		doctor_lacks(finding, "kernel.unprivileged_userns_clone is 0: only root makes them");
		doctor_advise(finding, "run it as root, or sysctl -w kernel.unprivileged_userns_clone=1");
	} else if (code == EPERM) {
		doctor_lacks(finding, "refused (%s), by a filter or a chroot that this runs in",
			     strerror(code));
		doctor_advise(finding, "run it on the host itself, neither in a container nor in a chroot");
	} else {
		doctor_lacks(finding, "cannot be made: %s", strerror(code));
	}
}

/* AppArmor lets an unprivileged process make one, and gives it no capability in there. */
void doctor_user_namespace(const struct doctor *doctor, const struct check *check,
			   struct vps_finding *finding)
{
	int64_t max = doctor_number("/proc/sys/user/max_user_namespaces", -1);

	(void)doctor;
	(void)check;
	if (unshare(CLONE_NEWUSER) < 0) {
		explain(NS_USER, errno, finding);
	} else if (unshare(CLONE_NEWUTS) < 0 && errno == EPERM) {
		doctor_lacks(finding, "made, but without capabilities inside%s",
			     doctor_number(APPARMOR_FILE, 0) ? ": " APPARMOR_SYSCTL " is 1" : "");
		doctor_advise(finding, "run it as root, or sysctl -w " APPARMOR_SYSCTL "=0");
	} else if (max >= 0) {
		doctor_found(finding, "can be made, %jd at most (user.max_user_namespaces)",
			     (intmax_t)max);
	} else {
		doctor_found(finding, "can be made");
	}
}

void doctor_namespace(const struct doctor *doctor, const struct check *check,
		      struct vps_finding *finding)
{
	enum ns_kind kind = ns_parse(check->subject);

	/* One that the user namespace fails for is explained in that one's row. */
	if (!doctor->is_privileged && unshare(CLONE_NEWUSER) < 0)
		doctor_lacks(finding, "not examined: it takes root, or a user namespace");
	else if (unshare(ns_infos[kind].flag) < 0)
		explain(kind, errno, finding);
	else
		doctor_found(finding, "can be made");
}

/* Become root of a VPS's user namespace. */
static int enter_userns(struct vps_err *err)
{
	OWN_FD userns_fd = doctor_userns(err);

	if (userns_fd < 0)
		return userns_fd;
	if (setns(userns_fd, CLONE_NEWUSER) < 0)
		return vps_err_set(err, -errno, "cannot enter a user namespace");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return vps_err_set(err, -errno, "cannot become root of a user namespace");
	return 0;
}

void doctor_id_map(const struct doctor *doctor, const struct check *check,
		   struct vps_finding *finding)
{
	struct vps_err err = { 0 };

	(void)doctor;
	(void)check;
	if (enter_userns(&err) < 0)
		doctor_failed(finding, &err);
	else
		doctor_found(finding, "%u ids from %u on can be a VPS's own", REGISTRY_IDS,
			     REGISTRY_ID_FIRST);
}

/* File systems that root of a VPS has of his own, and what hides one from him. */
static const struct inner_mount {
	const char *type, *hidden;
} inner_mounts[] = {
	{ "proc", "something covers parts of /proc, as in a container" },
	{ "sysfs", "something covers parts of /sys, as in a container" },
	{ "devpts", "the kernel has no pseudo-terminals" },
	{ "mqueue", "the kernel has no POSIX message queues" },
	{ "tmpfs", "the kernel has no tmpfs" },
};

/* Inside of all namespaces, where the kernel decides whether it reveals too much. */
static int try_inner_mounts(void *arg)
{
	struct vps_finding *finding = arg;
	size_t i;

	for (i = 0; i < ARRAY_LEN(inner_mounts); i++) {
		const struct inner_mount *inner = &inner_mounts[i];
		OWN_FD fs_fd = fsopen(inner->type, FSOPEN_CLOEXEC), mount_fd = FD_NONE;

		if (fs_fd >= 0 && fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
			mount_fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, 0);
		if (mount_fd >= 0)
			continue;
		doctor_lacks(finding, "%s cannot be mounted (%s): %s", inner->type,
			     strerror(errno), inner->hidden);
		doctor_advise(finding, "run it on the host itself, or in a container whose /proc and /sys are neither masked nor read-only");
		return 0;
	}
	doctor_found(finding, "can be mounted by root of a VPS");
	return 0;
}

void doctor_inner_mounts(const struct doctor *doctor, const struct check *check,
			 struct vps_finding *finding)
{
	struct vps_err err = { 0 };

	(void)doctor;
	(void)check;
	if (enter_userns(&err) < 0)
		doctor_failed(finding, &err);
	else if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC) < 0)
		doctor_lacks(finding, "no namespaces inside of a user namespace: %s",
			     strerror(errno));
	else
		/* Only a child is in the new pid namespace, and proc shows that of who mounts it. */
		(void)doctor_child(try_inner_mounts, finding);
}

/* A second network namespace beside ours, for the VPS's end. */
static int make_peer(struct vps_err *err)
{
	OWN_FD own_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	OWN_FD peer_fd = FD_NONE;

	if (own_fd < 0 || unshare(CLONE_NEWNET) < 0)
		return vps_err_set(err, -errno, "cannot make a network namespace");
	peer_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (peer_fd < 0 || setns(own_fd, CLONE_NEWNET) < 0)
		return vps_err_set(err, -errno, "cannot go back to a network namespace");
	return fd_take(&peer_fd);
}

/* In a namespace of our own; both go with us. */
void doctor_network(const struct doctor *doctor, const struct check *check,
		    struct vps_finding *finding)
{
	struct veth veth = { .host_name = "vps-doctor" };
	struct vps_err err = { 0 };
	OWN_FD peer_fd = FD_NONE;

	(void)doctor;
	(void)check;
	if (unshare(CLONE_NEWNET) < 0) {
		explain(NS_NET, errno, finding);
		return;
	}
	peer_fd = make_peer(&err);
	if (peer_fd >= 0 && addr_parse("192.0.2.1/24", &veth.gateway, &err) == 0 &&
	    addr_parse("192.0.2.2/24", &veth.address, &err) == 0 &&
	    bridge_ensure(BRIDGE_DEFAULT, &veth.gateway, &veth.bridge_ifindex, &err) == 0 &&
	    veth_up(&veth, peer_fd, &err) == 0)
		doctor_found(finding, "a VPS can be linked to a bridge, with address and route");
	else
		doctor_failed(finding, &err);
	if (err.code == -EOPNOTSUPP)
		doctor_advise(finding, "modprobe bridge veth; or boot a kernel that has both");
}

void doctor_bandwidth(const struct doctor *doctor, const struct check *check,
		      struct vps_finding *finding)
{
	struct vps_err err = { 0 };

	(void)doctor;
	(void)check;
	if (shape_probe(&err) < 0)
		doctor_failed(finding, &err);
	else
		doctor_found(finding, "the rate of a VPS's link can be limited, both ways");
}
