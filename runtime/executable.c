// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finds the program of a process in its PATH and runs it; called by init and by exec. */
#include "executable.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/path.h"
#include "process.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What to do with each place where the program may be: 0 when it is there, or -errno. */
typedef int try_fn(const struct oci_process *process, const char *file, int cwd_fd);

static int try_access(const struct oci_process *process, const char *file, int cwd_fd)
{
	OWN_FD fd = path_open(cwd_fd, file, O_PATH, 0, RESOLVE_NO_MAGICLINKS);
	struct stat st;

	(void)process;
	/* /proc/self/fd/N is not the same file when it is executed: only then it is known. */
	if (fd == -ELOOP)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;		/* as execve(2) has it */
	return faccessat(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) < 0 ? -errno : 0;
}

static int try_execve(const struct oci_process *process, const char *file, int cwd_fd)
{
	(void)cwd_fd;	/* the working directory is entered already */
	(void)execve(file, (char *const *)process->args, (char *const *)process->env);
	return -errno;
}

/* execvpe(3) with the PATH of the new environment, and the errno that says why. */
static int try_each(const struct oci_process *process, int cwd_fd, try_fn *try)
{
	const char *path = process_env(process->env, "PATH"), *name = process->args[0];
	int code = -ENOENT;

	if (strchr(name, '/'))
		return try(process, name, cwd_fd);
	if (!path)
		path = DEFAULT_PATH;
	while (*path && *name) {
		size_t len = strcspn(path, ":");
		char file[PATH_MAX];

		if (len > 0 && len + strlen(name) + 2 <= sizeof(file)) {
			int r;

			(void)snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
			r = try(process, file, cwd_fd);
			if (r == 0)
				return 0;
			if (r != -ENOENT && r != -ENOTDIR)
				code = r;
		}
		path += len + (path[len] == ':');
	}
	return code;
}

/*
 * Engines take their own exit status, 126 or 127, from these words: Docker's from just this
 * spelling, so that strerror(3) does not say it.
 */
static int say_why(const char *name, int code, struct vps_err *err)
{
	if (code == -ENOENT || code == -ENOTDIR)
		return vps_err_say(err, -ENOENT, "`%.200s`: executable file not found%s", name,
				   strchr(name, '/') ? "" : " in $PATH");
	if (code == -EACCES)
		return vps_err_say(err, code, "cannot execute `%.200s`: permission denied", name);
	return vps_err_set(err, code, "cannot execute `%.200s`", name);
}

int executable_check(const struct oci_process *process, struct vps_err *err)
{
	OWN_FD cwd_fd = FD_NONE;
	int r;

	/* By the eyes of its user: CAP_DAC_OVERRIDE goes and comes with the id 0, capabilities(7). */
	if (process->group_count)
		(void)setgroups(process->group_count, process->groups);	/* again later, and checked */
	(void)setfsgid(process->gid);
	(void)setfsuid(process->uid);
	cwd_fd = path_open(AT_FDCWD, process->cwd, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_MAGICLINKS);
	r = try_each(process, cwd_fd, try_access);
	(void)setfsuid(geteuid());
	(void)setfsgid(getegid());
	if (process->group_count)
		(void)setgroups(0, NULL);
	/* Without its working directory, which has an error of its own, "./x" cannot be judged. */
	return r == 0 || cwd_fd < 0 ? 0 : say_why(process->args[0], r, err);
}

int executable_run(const struct oci_process *process, struct vps_err *err)
{
	int r = try_each(process, FD_NONE, try_execve);

	if (r == -ENOENT && try_each(process, AT_FDCWD, try_access) == 0)
		return vps_err_set(err, r, "the interpreter of executable file `%.200s` is not there",
				   process->args[0]);
	return say_why(process->args[0], r, err);
}
