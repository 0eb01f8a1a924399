// SPDX-License-Identifier: GPL-2.0-or-later
/* A thread's file system ids, changed and put back; called around overlay mounts. */
#include "fsident.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct __user_cap_header_struct this_thread = {
	.version = _LINUX_CAPABILITY_VERSION_3,
};

/* setfsuid(2) reports nothing: it answers with the former id, so ask with an invalid one. */
static uid_t fsuid_now(void)
{
	return (uid_t)setfsuid((uid_t)-1);
}

static gid_t fsgid_now(void)
{
	return (gid_t)setfsgid((gid_t)-1);
}

int fsident_enter(uid_t uid, gid_t gid, struct fsident *ret_before)
{
	struct __user_cap_header_struct header = this_thread;
	struct fsident before = { .uid = fsuid_now(), .gid = fsgid_now() };

	before.dumpable = prctl(PR_GET_DUMPABLE);
	if (before.dumpable < 0 || prctl(PR_GET_PDEATHSIG, &before.death_signal) < 0 ||
	    syscall(SYS_capget, &header, before.caps) < 0)
		return -errno;
	*ret_before = before;
	if (uid == before.uid && gid == before.gid)
		return 0;
	(void)setfsgid(gid);
	(void)setfsuid(uid);
	header = this_thread;
	if (fsuid_now() != uid || fsgid_now() != gid) {
		fsident_leave(&before);
		return -EPERM;
	}
	if (syscall(SYS_capset, &header, before.caps) < 0) {
		int r = -errno;

		fsident_leave(&before);
		return r;
	}
	return 0;
}

void fsident_leave(const struct fsident *before)
{
	struct __user_cap_header_struct header = this_thread;

	if (fsuid_now() == before->uid && fsgid_now() == before->gid)
		return;
	(void)setfsuid(before->uid);
	(void)setfsgid(before->gid);
	/* Going back to an identity and to capabilities that we had is always allowed. */
	assert(fsuid_now() == before->uid && fsgid_now() == before->gid);
	(void)syscall(SYS_capset, &header, before->caps);
	/* 2 (suid_dumpable) cannot be set; then the kernel's own choice stands. */
	(void)prctl(PR_SET_DUMPABLE, before->dumpable);
	(void)prctl(PR_SET_PDEATHSIG, before->death_signal);
}
