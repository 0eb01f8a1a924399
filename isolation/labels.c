// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sets what AppArmor and SELinux call a process; called before its program is executed. */
#include "labels.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/path.h"

bool labels_have_apparmor(void)
{
	char is_enabled[8];

	return file_read_line(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", is_enabled,
			      sizeof(is_enabled)) > 0 && is_enabled[0] == 'Y';
}

bool labels_have_selinux(void)
{
	struct statfs fs;

	return statfs("/sys/fs/selinux", &fs) == 0 && fs.f_type == SELINUX_MAGIC;
}

static int cannot(const char *property, const char *module, struct vps_err *err)
{
	return vps_err_say(err, -VPS_EHOST, "%s: %s is not enabled on this host; leave it out",
			   property, module);
}

int labels_check(const char *profile, const char *context, const char *mount_context,
		 struct vps_err *err)
{
	if (profile && !labels_have_apparmor())
		return cannot("process.apparmorProfile", "AppArmor", err);
	if (context && !labels_have_selinux())
		return cannot("process.selinuxLabel", "SELinux", err);
	if (mount_context && !labels_have_selinux())
		return cannot("linux.mountLabel", "SELinux", err);
	return 0;
}

/*
 * A file of our own below "attr". The container may have mounted anything at
 * /proc or over a file in it, and a label that is written elsewhere is none.
 */
static int open_attribute(const char *const *names, struct vps_err *err)
{
	const uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
	OWN_FD proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;
	struct stat st;
	int fd = -ENOENT;

	if (proc_fd < 0)
		return vps_err_set(err, -errno, "cannot open /proc");
	if (fstatfs(proc_fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC ||
	    fstat(proc_fd, &st) < 0 || st.st_ino != 1)	/* PROC_ROOT_INO */
		return vps_err_say(err, -ENODEV, "/proc is not a procfs");
	for (; *names && fd == -ENOENT; names++)
		fd = path_open(proc_fd, *names, O_WRONLY, 0, resolve);
	return fd < 0 ? vps_err_set(err, fd, "cannot open %s of /proc", names[-1]) : fd;
}

static int set(const char *const *files, const char *property, const char *label,
	       const char *text, struct vps_err *err)
{
	OWN_FD fd = open_attribute(files, err);

	if (fd < 0)
		return vps_err_in(err, "%s", property);
	if (write(fd, text, strlen(text)) >= 0)
		return 0;
	if (errno == ENOENT)
		return vps_err_say(err, -ENOENT, "%s: \"%.100s\" is not loaded on this host", property,
				   label);
	return vps_err_set(err, -errno, "%s: cannot become \"%.100s\"", property, label);
}

int labels_set_apparmor(const char *profile, struct vps_err *err)
{
	/* The first exists since Linux 5.8; the second belongs to whichever module came first. */
	static const char *const files[] = {
		"thread-self/attr/apparmor/exec", "thread-self/attr/exec", NULL
	};
	char text[512];
	int len;

	if (!profile)
		return 0;
	len = snprintf(text, sizeof(text), "exec %s", profile);
	if (len >= (int)sizeof(text))
		return vps_err_set(err, -ENAMETOOLONG, "process.apparmorProfile");
	return set(files, "process.apparmorProfile", profile, text, err);
}

int labels_set_selinux(const char *context, struct vps_err *err)
{
	static const char *const files[] = { "thread-self/attr/exec", NULL };

	if (!context)
		return 0;
	return set(files, "process.selinuxLabel", context, context, err);
}
