// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The floor under a start and a stop: the kernel work that a VPS takes, and
 * nothing else. No configuration, no checks, no recovery, no monitor. Called
 * by tests/bench/start, and by hand.
 *
 *	parent						init
 *	mkdir cgroup, upper, work
 *	clone3(all namespaces, into the cgroup) ----->	waits
 *	uid_map, gid_map
 *	overlay from id-mapped lower and upper
 *	the overlay's descriptor --------------------->	mounts, pivot_root
 *	veth, addresses, route
 *	one byte -------------------------------------> execve
 *	<-------------------------- end of file: it has exec'ed
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor_net.h"
#include "floor_parts.h"

/* glibc's <sys/mount.h> and the kernel's <linux/mount.h> cannot both be included. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);

/* Since 6.15 an overlay can be made of detached mounts, given as descriptors. */
#define DETACHED_LAYERS_KERNEL	615

struct options {
	const char	*dir;		/* holds lower/; upper, work, pid are made in it */
	const char	*cgroup;	/* to be made */
	const char	*bridge;	/* NULL: no link */
	unsigned int	ids;		/* first of the range */
	bool		has_phases;
	char		**init;		/* NULL-terminated */
};

struct init {
	pid_t	pid;
	int	pid_fd;
	int	socket;
};

static void fs_option(int fs, unsigned int command, const char *key, const void *value, int aux)
{
	if (syscall(SYS_fsconfig, fs, command, key, value, aux) < 0)
		error(1, errno, "overlay %s", key ? key : "create");
}

/* init: from here to the next rule runs in the new namespaces */

static int receive_fd(int sock)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(sock, &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message))
		_exit(1);	/* the parent has failed, and said so */
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static _Noreturn void init_main(int sock, char **command)
{
	char byte;
	int overlay = receive_fd(sock);

	must(setresgid(0, 0, 0), "setresgid");
	must(setresuid(0, 0, 0), "setresuid");
	/* Its own cgroup is the root of this namespace; clone3() would take the parent's. */
	must(unshare(CLONE_NEWCGROUP), "cgroup namespace");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	sys_move_mount(overlay, AT_FDCWD, "/tmp");
	must(fchdir(overlay), "overlay");
	mount_all(true);
	switch_root();
	must(sethostname("floor", 5), "sethostname");
	if (read(sock, &byte, 1) != 1)
		_exit(1);
	execv(command[0], command);
	error(1, errno, "%s", command[0]);
	_exit(1);
}

/* parent */

static struct init clone_init(const struct options *opt)
{
	int cgroup = must(open(opt->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC), opt->cgroup);
	struct init init;
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC |
			 CLONE_NEWNET | CLONE_NEWTIME | CLONE_NEWUSER | CLONE_INTO_CGROUP |
			 CLONE_PIDFD,
		.pidfd = (uintptr_t)&init.pid_fd,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgroup,
	};
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "socketpair");
	fflush(NULL);
	init.pid = must((int)syscall(SYS_clone3, &args, sizeof(args)), "clone3");
	if (init.pid == 0) {
		close(pair[0]);
		init_main(pair[1], opt->init);
	}
	close(pair[1]);
	close(cgroup);
	init.socket = pair[0];
	return init;
}

static int open_namespace(const struct init *init, const char *name)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)init->pid, name);
	return must(open(path, O_RDONLY | O_CLOEXEC), path);
}

/* A detached clone of a directory below opt->dir, under the id map. */
static int clone_mapped(const struct options *opt, const char *name, int userns)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns };
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", opt->dir, name);
	fd = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	must((int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)),
	     "id-mapped mount");
	return fd;
}

static bool takes_detached_layers(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	return uname(&name) == 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	       major * 100 + minor >= DETACHED_LAYERS_KERNEL;
}

static void layers_by_fd(int fs, int lower, int writable)
{
	int upper = must(openat(writable, "upper", O_PATH | O_CLOEXEC), "upper");
	int work = must(openat(writable, "work", O_PATH | O_CLOEXEC), "work");

	fs_option(fs, FSCONFIG_SET_FD, "lowerdir+", NULL, lower);
	fs_option(fs, FSCONFIG_SET_FD, "upperdir", NULL, upper);
	fs_option(fs, FSCONFIG_SET_FD, "workdir", NULL, work);
}

/* Older kernels want them attached: in the mount namespace that main() has made for that. */
static void layers_by_path(int fs, int lower, int writable)
{
	must(mount("tmpfs", "/tmp", "tmpfs", 0, NULL), "tmpfs");
	must(mkdir("/tmp/lower", 0755), "/tmp/lower");
	must(mkdir("/tmp/rw", 0755), "/tmp/rw");
	sys_move_mount(lower, AT_FDCWD, "/tmp/lower");
	sys_move_mount(writable, AT_FDCWD, "/tmp/rw");
	fs_option(fs, FSCONFIG_SET_STRING, "lowerdir", "/tmp/lower", 0);
	fs_option(fs, FSCONFIG_SET_STRING, "upperdir", "/tmp/rw/upper", 0);
	fs_option(fs, FSCONFIG_SET_STRING, "workdir", "/tmp/rw/work", 0);
}

/*
 * The overlay acts with the ids of who makes it, and the id map has no room
 * for the host's root: be the range's root meanwhile, with root's powers.
 */
static int mount_overlay(const struct options *opt, int userns)
{
	int lower = clone_mapped(opt, "lower", userns);
	int writable = clone_mapped(opt, "rw", userns);
	int fs = must((int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC), "fsopen overlay");
	int fd;

	must(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP), "securebits");
	(void)setfsgid(opt->ids);
	(void)setfsuid(opt->ids);
	if (takes_detached_layers())
		layers_by_fd(fs, lower, writable);
	else
		layers_by_path(fs, lower, writable);
	fs_option(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	fd = must((int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV), "fsmount");
	(void)setfsuid(0);
	(void)setfsgid(0);
	close(fs);
	return fd;
}

static void send_fd(int sock, int fd)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	char byte = 'x';
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	must((int)sendmsg(sock, &message, MSG_NOSIGNAL), "send to init");
}

/* End of file on the socket: execve() has closed init's end. */
static void release_init(const struct init *init)
{
	char byte;

	must((int)send(init->socket, "x", 1, MSG_NOSIGNAL), "send to init");
	if (read(init->socket, &byte, 1) != 0)
		error(1, errno, "init failed");
}

static const char *in_dir(const struct options *opt, const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", opt->dir, name);
	return path;
}

static struct init start(const struct options *opt)
{
	int userns, netns;
	struct init init;
	char link[16];

	if (!takes_detached_layers()) {
		must(unshare(CLONE_NEWNS), "mount namespace");
		must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	}
	must(mkdir(in_dir(opt, "rw/upper"), 0755), "upper");
	must(mkdir(in_dir(opt, "rw/work"), 0755), "work");
	must(mkdir(opt->cgroup, 0755), opt->cgroup);
	phase("dirs");
	init = clone_init(opt);
	phase("clone");
	write_maps(init.pid, opt->ids);
	phase("id maps");
	userns = open_namespace(&init, "user");
	send_fd(init.socket, mount_overlay(opt, userns));
	phase("overlay");
	if (opt->bridge) {
		netns = open_namespace(&init, "net");
		/* Not one fixed name: the last run's is still there for some 50 ms. */
		(void)snprintf(link, sizeof(link), "floor%d", (int)init.pid);
		floor_veth(link, opt->bridge, netns);
		phase("veth");
		floor_configure(netns);
		close(netns);
		phase("address");
	}
	release_init(&init);
	phase("exec");
	return init;
}

static void remove_dirs(const struct options *opt)
{
	must(rmdir(in_dir(opt, "rw/work/work")), "work/work");
	must(rmdir(in_dir(opt, "rw/work")), "work");
	must(rmdir(in_dir(opt, "rw/upper")), "upper");
	phase("dirs");
}

static void wait_for_end(int pid_fd)
{
	struct pollfd end = { .fd = pid_fd, .events = POLLIN };

	must(poll(&end, 1, -1), "pidfd");
}

static int run_start(const struct options *opt)
{
	struct init init = start(opt);
	char pid[16];
	int fd = must(open(in_dir(opt, "pid"), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600),
		      "pid");

	(void)snprintf(pid, sizeof(pid), "%d\n", (int)init.pid);
	must((int)write(fd, pid, strlen(pid)), "pid");
	return 0;
}

static int run_stop(const struct options *opt)
{
	char text[16] = "", path[PATH_MAX];
	int fd = must(open(in_dir(opt, "pid"), O_RDONLY | O_CLOEXEC), "pid"), pid_fd;

	must((int)read(fd, text, sizeof(text) - 1), "pid");
	pid_fd = must((int)syscall(SYS_pidfd_open, atoi(text), 0), "pidfd_open");
	(void)snprintf(path, sizeof(path), "%s/cgroup.kill", opt->cgroup);
	write_file(path, "1");
	wait_for_end(pid_fd);
	phase("kill");
	remove_cgroup(opt->cgroup);
	remove_dirs(opt);
	return 0;
}

/* All in one process: start, wait for init to end by itself, remove. */
static int run_once(const struct options *opt)
{
	struct init init = start(opt);

	must(waitpid(init.pid, NULL, 0), "wait");
	phase("init");
	remove_cgroup(opt->cgroup);
	remove_dirs(opt);
	return 0;
}

static int run_bridge(const struct options *opt)
{
	floor_bridge(opt->bridge);
	return 0;
}

static _Noreturn void usage(void)
{
	fputs("usage: floor start|stop|run|bridge --dir DIR --cgroup DIR [--bridge NAME] [--ids FIRST] [--phases] [-- INIT...]\n",
	      stderr);
	exit(2);
}

static struct options parse(int argc, char **argv)
{
	static const struct option names[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "cgroup", required_argument, NULL, 'c' },
		{ "bridge", required_argument, NULL, 'b' },
		{ "ids", required_argument, NULL, 'i' },
		{ "phases", no_argument, NULL, 'p' },
		{ 0 },
	};
	static char busybox[] = "/bin/busybox", applet[] = "true";
	static char *default_init[] = { busybox, applet, NULL };
	struct options opt = { .dir = "", .cgroup = "", .ids = 0x24000000, .init = default_init };
	int c;

	while ((c = getopt_long(argc, argv, "+", names, NULL)) != -1) {
		switch (c) {
		case 'd': opt.dir = optarg; break;
		case 'c': opt.cgroup = optarg; break;
		case 'b': opt.bridge = optarg; break;
		case 'i': opt.ids = (unsigned int)strtoul(optarg, NULL, 0); break;
		case 'p': opt.has_phases = true; break;
		default: usage();
		}
	}
	if (argv[optind])
		opt.init = argv + optind;
	return opt;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct options *opt);
	} verbs[] = {
		{ "start", run_start }, { "stop", run_stop }, { "run", run_once },
		{ "bridge", run_bridge },
	};
	struct options opt;
	size_t i;

	if (argc < 2)
		usage();
	opt = parse(argc - 1, argv + 1);
	has_phases = opt.has_phases;
	phase(NULL);
	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(&opt);
	usage();
}
