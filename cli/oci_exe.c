// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes sure that oci_entry.c did its work; called by what enters a container. */
#include "cli/oci_exe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/own.h"

#define EXE	"/proc/self/exe"

/* Neither its mount nor its seals let anybody write to it, whoever he is. */
static bool is_readonly(int exe_fd)
{
	struct statfs fs;
	OWN_FD fd = FD_NONE;

	if (fstatfs(exe_fd, &fs) == 0 && fs.f_flags & ST_RDONLY)
		return true;
	fd = open(EXE, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && fcntl(fd, F_GET_SEALS) > 0 && fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE;
}

static bool may_write(int exe_fd)
{
	struct stat st;

	return fstat(exe_fd, &st) < 0 || st.st_uid == geteuid() || geteuid() == 0 ||
	       faccessat(exe_fd, "", W_OK, AT_EMPTY_PATH | AT_EACCESS) == 0;
}

int oci_exe_check(struct vps_err *err)
{
	OWN_FD exe_fd = open(EXE, O_PATH | O_CLOEXEC);

	if (exe_fd < 0)
		return vps_err_set(err, -errno, "cannot open " EXE);
	if (!is_readonly(exe_fd) && may_write(exe_fd))
		return vps_err_say(err, -VPS_EHOST,
				   "a container could write to this program: this process can neither mount it read-only nor copy it to memory");
	return 0;
}
