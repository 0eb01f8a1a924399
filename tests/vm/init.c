// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PID 1 of the test machine: brings up a host on the disk, runs one job there and
 * reports it. With VM_INIT=systemd on the kernel's command line it only mounts the
 * disk and makes way; systemd then starts this program again, as a unit, for the job.
 *
 *   guest (here)                             host (console.c)
 *   FRAME_STDOUT, FRAME_STDERR  ---------->  its own stdout and stderr
 *   FRAME_STATUS                ---------->  switches the machine off, exits with it
 *
 * Before the port exists there is only the kernel's console to complain to. PID 1
 * exiting is a panic, and panic=-1 a reset, which QEMU takes as the end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define PORT "/dev/vport0p1" /* the name that needs no udev */
#define DISK "/dev/vda"
#define JOB  "/run/job" /* 9p share of tests/vm/run: the script, and this program */

struct mount_row {
	const char *type, *source, *target, *options;
	unsigned long flags;
};

/* What it takes to start any program on the disk, systemd included. */
static const struct mount_row early_mounts[] = {
	{ "devtmpfs", "dev", "/dev", "mode=0755", MS_NOSUID },
	{ "tmpfs", "run", "/run", "mode=0755", MS_NOSUID | MS_NODEV },
	{ "9p", "job", JOB, "trans=virtio,version=9p2000.L,msize=512000,cache=none", MS_RDONLY },
};

/* What systemd would mount on a host of its own; the cgroup options are its too. */
static const struct mount_row host_mounts[] = {
	{ "proc", "proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "sysfs", "sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "securityfs", "securityfs", "/sys/kernel/security", NULL, MS_NOSUID },
	{ "cgroup2", "cgroup2", "/sys/fs/cgroup", "nsdelegate,memory_recursiveprot", MS_NOSUID },
	{ "bpf", "bpf", "/sys/fs/bpf", "mode=700", MS_NOSUID },
	{ "devpts", "devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=000", MS_NOSUID | MS_NOEXEC },
	{ "tmpfs", "shm", "/dev/shm", "mode=1777", MS_NOSUID | MS_NODEV },
	{ "mqueue", "mqueue", "/dev/mqueue", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
};

static _Noreturn void die(const char *what, const char *name)
{
	(void)fprintf(stderr, "vm init: cannot %s %s: %s\n", what, name, strerror(errno));
	exit(EXIT_FAILURE);
}

static void mount_all(const struct mount_row *row, size_t rows)
{
	for (; rows-- > 0; row++) {
		if (mkdir(row->target, 0755) < 0 && errno != EEXIST)
			die("create", row->target);
		if (mount(row->source, row->target, row->type, row->flags, row->options) < 0)
			die("mount", row->target);
	}
}

/* The initramfs lists its modules in an order that satisfies their dependencies. */
static void load_modules(void)
{
	char path[256];
	FILE *list = fopen("/modules/order", "re");
	int fd;

	if (!list || chdir("/modules") < 0)
		die("open", "/modules/order");
	while (fgets(path, sizeof(path), list)) {
		path[strcspn(path, "\n")] = '\0';
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			die("open", path);
		if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
			die("load", path);
		(void)close(fd);
	}
	(void)fclose(list);
}

/*
 * Make the disk the root. The initramfs cannot be pivoted away from: the new root
 * is moved over it, as every distribution's initramfs does.
 */
static void switch_to_disk(void)
{
	if (mkdir("/disk", 0755) < 0 || mount(DISK, "/disk", "ext4", MS_NOATIME, NULL) < 0)
		die("mount", DISK);
	if (chdir("/disk") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
	    chdir("/") < 0)
		die("switch to", DISK);
}

/* Every controller of the kernel for the children of the root, which nobody else enables. */
static void delegate_controllers(void)
{
	char names[256], *word, *rest = names;
	FILE *available = fopen("/sys/fs/cgroup/cgroup.controllers", "re");
	FILE *enabled = fopen("/sys/fs/cgroup/cgroup.subtree_control", "we");

	if (!available || !enabled || !fgets(names, sizeof(names), available))
		die("read", "cgroup.controllers");
	while ((word = strsep(&rest, " \n")))
		if (*word != '\0' && (fprintf(enabled, "+%s", word) < 0 || fflush(enabled) < 0))
			die("enable controller", word);
	(void)fclose(available);
	(void)fclose(enabled);
}

/* The rest of what the tests expect from a host and systemd would have set up. */
static void host_up(void)
{
	const struct rlimit files = { .rlim_cur = 1024, .rlim_max = 524288 };

	mount_all(host_mounts, ARRAY_LEN(host_mounts));
	if (symlink("/proc/self/fd", "/dev/fd") < 0 || symlink("fd/0", "/dev/stdin") < 0 ||
	    symlink("fd/1", "/dev/stdout") < 0 || symlink("fd/2", "/dev/stderr") < 0)
		die("link", "/dev/fd");
	if (mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
		die("share", "/");
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		die("raise", "RLIMIT_NOFILE");
	delegate_controllers();
}

static void send_frame(int port, enum frame_kind kind, const void *data, size_t length)
{
	char buffer[sizeof(struct frame_header) + FRAME_MAX];
	struct frame_header header = { .kind = (uint16_t)kind, .length = (uint16_t)length };
	size_t total = sizeof(header) + length, sent = 0;
	ssize_t n;

	memcpy(buffer, &header, sizeof(header));
	memcpy(buffer + sizeof(header), data, length);
	while (sent < total) {
		n = write(port, buffer + sent, total - sent);
		if (n < 0 && errno != EINTR)
			die("write to", PORT);
		if (n > 0)
			sent += (size_t)n;
	}
}

/* Send on what one read yields. Returns false when there is nothing now, or will never be. */
static bool forward(int port, enum frame_kind kind, struct pollfd *from)
{
	char data[FRAME_MAX];
	ssize_t n = read(from->fd, data, sizeof(data));

	if (n > 0)
		send_frame(port, kind, data, (size_t)n);
	if (n == 0)
		from->fd = -1; /* poll() passes over it */
	return n > 0;
}

static pid_t job_start(const int out[2], const int err[2])
{
	sigset_t none;
	pid_t job = fork();

	if (job < 0)
		die("fork", "the job");
	if (job > 0)
		return job;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	if (dup2(out[1], STDOUT_FILENO) < 0 || dup2(err[1], STDERR_FILENO) < 0)
		die("redirect", "the job");
	(void)execl("/bin/bash", "bash", JOB "/script", (char *)NULL);
	die("execute", "/bin/bash");
}

/* Reap whatever ended, orphans too. Returns true when the job is among them. */
static bool reap(pid_t job, uint8_t *ret_status)
{
	bool is_over = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != job)
			continue;
		*ret_status =
			(uint8_t)(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		is_over = true;
	}
	return is_over;
}

/*
 * Run the job and report it. It is over when its own process is: daemons that it
 * leaves behind may hold the pipes open, so the end of file is not waited for.
 */
static void job_run(void)
{
	enum { OUT, ERR, CHILD };
	struct pollfd fds[3] = { { .events = POLLIN }, { .events = POLLIN }, { .events = POLLIN } };
	struct signalfd_siginfo info;
	uint8_t status = 0;
	bool is_over = false;
	sigset_t child;
	int out[2], err[2], port;
	pid_t job;

	port = open(PORT, O_RDWR | O_CLOEXEC);
	if (port < 0)
		die("open", PORT);

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, NULL);
	fds[CHILD].fd = signalfd(-1, &child, SFD_CLOEXEC);
	if (fds[CHILD].fd < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		die("create", "the job's pipes");

	job = job_start(out, err);
	(void)close(out[1]);
	(void)close(err[1]);
	fds[OUT].fd = out[0];
	fds[ERR].fd = err[0];
	/* Not at birth: that would make the job's own ends non-blocking too. */
	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	(void)fcntl(err[0], F_SETFL, O_NONBLOCK);

	while (!is_over) {
		if (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno != EINTR)
			die("poll", "the job");
		if (fds[OUT].revents)
			(void)forward(port, FRAME_STDOUT, &fds[OUT]);
		if (fds[ERR].revents)
			(void)forward(port, FRAME_STDERR, &fds[ERR]);
		if (fds[CHILD].revents && read(fds[CHILD].fd, &info, sizeof(info)) > 0)
			is_over = reap(job, &status);
	}
	while (forward(port, FRAME_STDOUT, &fds[OUT]))
		;
	while (forward(port, FRAME_STDERR, &fds[ERR]))
		;
	send_frame(port, FRAME_STATUS, &status, sizeof(status));
}

int main(void)
{
	/* The kernel hands its unknown parameters to init as environment. */
	const char *init = getenv("VM_INIT");

	if (getpid() != 1) {
		job_run();
		return EXIT_SUCCESS;
	}

	/* The initramfs has no /dev of its own, and so far no stderr. */
	if (mount("dev", "/dev", "devtmpfs", 0, NULL) == 0) {
		int console = open("/dev/console", O_RDWR);

		(void)dup2(console, STDOUT_FILENO);
		(void)dup2(console, STDERR_FILENO);
	}
	load_modules();
	switch_to_disk();
	mount_all(early_mounts, ARRAY_LEN(early_mounts));
	if (init && strcmp(init, "systemd") == 0) {
		(void)execl("/sbin/init", "/sbin/init", (char *)NULL);
		die("execute", "/sbin/init");
	}
	host_up();
	job_run();
	for (;;)
		(void)pause();
}
