// SPDX-License-Identifier: GPL-2.0-or-later
/* What is left to a process that has confined itself: each look is a child's, its status the answer. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "images/confine.h"
#include "need.h"
#include "scratch.h"

static const char *missing;

static int probe(void **state)
{
	(void)state;
	if (geteuid() != 0)
		missing = "root";
	return 0;
}

static void make_file(int dir_fd, const char *path, const char *text)
{
	OWN_FD fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void make_root(int fd)
{
	assert_int_equal(mkdirat(fd, "images", 0700), 0);
	assert_int_equal(mkdirat(fd, "layers", 0700), 0);
	assert_int_equal(mkdirat(fd, "vps", 0700), 0);
	make_file(fd, "vps/spec.json", "{}");
	make_file(fd, "registry.db", "rows");
}

/* The errno of trying to make a file, 0 when it was made. */
static int try_make(const char *path)
{
	return open(path, O_WRONLY | O_CREAT, 0600) < 0 ? errno : 0;
}

static int look(const char *root)
{
	struct vps_err err = { 0 };

	if (confine_enter(root, false, &err) < 0)
		return 1;
	if (try_make("/images/blob") || try_make("/layers/file"))
		return 2;
	if (open("/vps/spec.json", O_RDONLY) >= 0 || open("/registry.db", O_RDONLY) >= 0)
		return 3;
	if (try_make("/registry.db") != EROFS || mkdirat(AT_FDCWD, "/vps", 0700) == 0 ||
	    mkdirat(AT_FDCWD, "/cache", 0700) == 0)
		return 4;
	if (open("/images/../../etc/passwd", O_RDONLY) >= 0 || open("/proc/self", O_RDONLY) >= 0)
		return 5;
	return 0;
}

static void of_the_root_only_images_and_layers_are_left(void **state)
{
	const struct scratch *scratch = *state;
	int status = -1;
	pid_t pid;

	need(missing);
	make_root(scratch->fd);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(look(scratch->path));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* What it did is there for everybody, and what it saw nobody else sees. */
	assert_int_equal(faccessat(scratch->fd, "images/blob", F_OK, 0), 0);
	assert_int_equal(faccessat(scratch->fd, "layers/file", F_OK, 0), 0);
	assert_int_equal(faccessat(scratch->fd, "vps/spec.json", F_OK, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(of_the_root_only_images_and_layers_are_left),
	};

	return cmocka_run_group_tests(tests, probe, NULL);
}
