// SPDX-License-Identifier: GPL-2.0-or-later
/* A real FUSE connection whose servers die between reading a request and answering it. */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "need.h"
#include "runtime/view.h"
#include "runtime/view_fuse.h"

static const char *missing;

static int probe(void **state)
{
	OWN_FD fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	(void)state;
	if (geteuid() != 0)
		missing = "root";
	else if (fd < 0)
		missing = "/dev/fuse";
	else if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0)
		missing = "a mount namespace";
	return 0;
}

struct fixture {
	int               fds[VIEW_FDS];
	struct view_page *page;
	char              dir[32];
};

static void begin(struct fixture *f)
{
	char options[128];

	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/vps-view.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->fds[VIEW_FD_FUSE] = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	f->fds[VIEW_FD_PAGE] = memfd_create("page", MFD_CLOEXEC);
	f->fds[VIEW_FD_CGROUP] = open("/", O_PATH | O_CLOEXEC);
	assert_int_equal(ftruncate(f->fds[VIEW_FD_PAGE], sizeof(*f->page)), 0);
	f->page = mmap(NULL, sizeof(*f->page), PROT_READ | PROT_WRITE, MAP_SHARED,
		       f->fds[VIEW_FD_PAGE], 0);
	assert_ptr_not_equal(f->page, MAP_FAILED);
	f->page->version = VIEW_PAGE_VERSION;
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions",
		       f->fds[VIEW_FD_FUSE]);
	assert_int_equal(mount("test", f->dir, "fuse", MS_RDONLY, options), 0);
}

static void end(struct fixture *f)
{
	size_t i;

	(void)umount2(f->dir, MNT_FORCE);
	(void)umount2(f->dir, MNT_DETACH);
	(void)rmdir(f->dir);
	(void)munmap(f->page, sizeof(*f->page));
	for (i = 0; i < VIEW_FDS; i++)
		own_close(&f->fds[i]);
}

/* Read a file whole; exits with 0 when it says what it should. */
static pid_t start_reader(const struct fixture *f, const char *name, const char *expected)
{
	pid_t pid = fork();
	char path[64], text[4096] = "";
	size_t i;
	int fd;

	if (pid != 0)
		return pid;
	/* So that the connection ends with the test. */
	for (i = 0; i < VIEW_FDS; i++)
		(void)close(f->fds[i]);
	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		_exit(1);
	_exit(strncmp(text, expected, strlen(expected)) == 0 ? 0 : 2);
}

static struct view_link *open_copy(const struct fixture *f)
{
	int fds[VIEW_FDS];
	size_t i;

	for (i = 0; i < VIEW_FDS; i++)
		fds[i] = fcntl(f->fds[i], F_DUPFD_CLOEXEC, 0);
	return view_link_open(fds);
}

/* A server that is killed at the worst moment: it has read a request, and that is all. */
static bool read_one(const struct fixture *f)
{
	struct pollfd pfd = { .fd = f->fds[VIEW_FD_FUSE], .events = POLLIN };

	if (poll(&pfd, 1, 1000) <= 0)
		return false;
	return read(pfd.fd, f->page->request.bytes, sizeof(f->page->request.bytes)) > 0;
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

static int status_of(pid_t pid)
{
	int status, waited;

	for (waited = 0; waited < 2000; waited++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		(void)usleep(1000);
	}
	return -2;
}

static void answers_what_each_dead_server_owed(void **state)
{
	struct fixture f;
	int served = 0;
	pid_t pid;

	(void)state;
	need(missing);
	begin(&f);
	pid = start_reader(&f, "meminfo", "MemTotal:");
	while (read_one(&f)) {	/* the reader's last request, a release, is not waited for */
		struct view_link *link = open_copy(&f);

		assert_non_null(link);
		view_link_close(link);
		assert_int_equal(f.page->request.len, 0);
		served++;
		if (has_ended(pid))
			break;
	}
	assert_int_equal(status_of(pid), 0);
	assert_true(served >= 4);	/* init, lookup, open, read */
	end(&f);
}

/* It died behind its answer, before it could note that it had given it. */
static void answers_again_what_was_answered(void **state)
{
	struct view_link *link;
	struct fixture f;
	pid_t pid;
	int i;

	(void)state;
	need(missing);
	begin(&f);
	link = open_copy(&f);
	pid = start_reader(&f, "uptime", "");
	for (i = 0; i < 2000 && !has_ended(pid); i++) {
		uint32_t len;

		if (!read_one(&f))
			break;
		len = f.page->request.len;
		view_link_close(link);
		link = open_copy(&f);	/* answers it */
		assert_non_null(link);
		f.page->request.len = len;
		view_link_close(link);
		link = open_copy(&f);	/* once more: the kernel knows it no longer */
		assert_non_null(link);
	}
	assert_int_equal(status_of(pid), 0);
	view_link_close(link);
	end(&f);
}

/* A request that kills every server is refused in the end, and the others are answered. */
static void gives_up_a_deadly_request(void **state)
{
	struct view_link *link;
	struct fixture f;
	pid_t pid;

	(void)state;
	need(missing);
	begin(&f);
	pid = start_reader(&f, "meminfo", "MemTotal:");
	assert_true(read_one(&f));	/* init */
	view_link_close(open_copy(&f));
	assert_true(read_one(&f));	/* lookup */
	f.page->replays = 100;
	link = open_copy(&f);
	assert_non_null(link);
	assert_int_equal(status_of(pid), 1);
	pid = start_reader(&f, "meminfo", "MemTotal:");
	while (!has_ended(pid))
		(void)view_link_serve(link);
	assert_int_equal(status_of(pid), 0);
	view_link_close(link);
	end(&f);
}

static void refuses_a_page_of_another_version(void **state)
{
	struct fixture f;

	(void)state;
	need(missing);
	begin(&f);
	f.page->version++;
	assert_null(open_copy(&f));
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_what_each_dead_server_owed),
		cmocka_unit_test(answers_again_what_was_answered),
		cmocka_unit_test(gives_up_a_deadly_request),
		cmocka_unit_test(refuses_a_page_of_another_version),
	};

	return cmocka_run_group_tests(tests, probe, NULL);
}
