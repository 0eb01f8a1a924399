// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of namespaces, joined by path, shifted in time or owned; called by the engine's stages. */
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

const struct ns_info ns_infos[NS_KINDS] = {
	/*               in OCI     in /proc  flag */
	[NS_USER]   = { "user",    "user",   CLONE_NEWUSER   },
	[NS_MOUNT]  = { "mount",   "mnt",    CLONE_NEWNS     },
	[NS_PID]    = { "pid",     "pid",    CLONE_NEWPID    },
	[NS_NET]    = { "network", "net",    CLONE_NEWNET    },
	[NS_IPC]    = { "ipc",     "ipc",    CLONE_NEWIPC    },
	[NS_UTS]    = { "uts",     "uts",    CLONE_NEWUTS    },
	[NS_CGROUP] = { "cgroup",  "cgroup", CLONE_NEWCGROUP },
	[NS_TIME]   = { "time",    "time",   CLONE_NEWTIME   },
};

enum ns_kind ns_parse(const char *oci_name)
{
	int kind;

	for (kind = 0; kind < NS_KINDS; kind++)
		if (strcmp(oci_name, ns_infos[kind].oci) == 0)
			break;
	return (enum ns_kind)kind;
}

/* The name of a CLONE_NEW… flag, for a message. */
static const char *flag_name(int flag)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(ns_infos); i++)
		if (ns_infos[i].flag == flag)
			return ns_infos[i].oci;
	return "unknown";
}

int ns_open(enum ns_kind kind, const char *path, struct vps_err *err)
{
	const char *wanted = ns_infos[kind].oci;
	OWN_FD fd = FD_NONE;
	struct statfs fs;
	int flag;

	/* A path that is a fifo or a terminal must neither block us nor become ours. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return vps_err_set(err, -errno, "cannot open %s namespace %s", wanted, path);
	if (fstatfs(fd, &fs) < 0)
		return vps_err_set(err, -errno, "cannot examine %s", path);
	/* Asked first: on another file the ioctl's number may mean something else. */
	if (fs.f_type != NSFS_MAGIC)
		return vps_err_say(err, -EINVAL, "%s is not a namespace, so not a %s namespace",
				   path, wanted);
	flag = ioctl(fd, NS_GET_NSTYPE);
	if (flag < 0)
		return vps_err_set(err, -errno, "cannot ask %s for its kind", path);
	if (flag != ns_infos[kind].flag)
		return vps_err_say(err, -EINVAL, "%s is a %s namespace, not a %s namespace", path,
				   flag_name(flag), wanted);
	return fd_take(&fd);
}

int ns_time_prepare(const struct ns_time_offset *monotonic,
		    const struct ns_time_offset *boottime, struct vps_err *err)
{
	char text[128];		/* two lines of at most 43 characters */

	if (unshare(CLONE_NEWTIME) < 0) {
		if (errno == EINVAL)
			return vps_err_say(err, -VPS_EHOST,
					   "time namespaces are not built into this kernel (CONFIG_TIME_NS); leave the clock offsets out");
		return vps_err_set(err, -errno, "cannot make a time namespace");
	}
	(void)snprintf(text, sizeof(text), "monotonic %jd %u\nboottime %jd %u\n",
		       (intmax_t)monotonic->sec, monotonic->nsec, (intmax_t)boottime->sec,
		       boottime->nsec);
	if (file_write(AT_FDCWD, "/proc/self/timens_offsets", text, err) < 0) {
		ns_time_leave();
		/* The kernel's words for a clock that would be negative or beyond 146 years. */
		if (err->code == -ERANGE || err->code == -EINVAL)
			vps_err_in(err, "clock offset out of range");
		return err->code;
	}
	return 0;
}

void ns_time_leave(void)
{
	OWN_FD fd = open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC);

	/*
	 * setns() to the namespace that we live in resets only the one for our
	 * children. Failing leaves a namespace that later children share with
	 * the VPS: they would read a shifted clock, and nothing else.
	 */
	(void)setns(fd, CLONE_NEWTIME);
}

/* The effective id alone, which create_user_ns() of the kernel looks at. */
static bool change_user(uid_t uid)
{
	const uid_t fsuid = (uid_t)setfsuid((uid_t)-1);
	const int bits = prctl(PR_GET_SECUREBITS);
	bool is_changed;

	/* Capabilities would go and come with the id 0, capabilities(7). */
	if (bits < 0 || prctl(PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP) < 0)
		return false;
	is_changed = setresuid((uid_t)-1, uid, (uid_t)-1) == 0;
	(void)setfsuid(fsuid);
	(void)prctl(PR_SET_SECUREBITS, bits);	/* they were these a moment ago */
	return is_changed;
}

void ns_owner_enter(uid_t uid, struct ns_owner *ret_before)
{
	*ret_before = (struct ns_owner){ .dumpable = prctl(PR_GET_DUMPABLE) };
	if (uid == 0 || geteuid() != 0 ||
	    prctl(PR_GET_PDEATHSIG, &ret_before->death_signal) < 0)
		return;
	/* Not dumpable from here on, and neither are children: their /proc/PID would be his. */
	ret_before->is_changed = change_user(uid);
}

void ns_owner_leave(const struct ns_owner *before)
{
	if (!before->is_changed)
		return;
	(void)change_user(0);	/* the real id still is */
	/* 2 (suid_dumpable) cannot be set; then the kernel's own choice stands. */
	(void)prctl(PR_SET_DUMPABLE, before->dumpable);
	(void)prctl(PR_SET_PDEATHSIG, before->death_signal);
}
