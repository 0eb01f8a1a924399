// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The floor under running a bundle: the kernel work that the bundle of
 * tests/bench/oci takes, and nothing else. No configuration, no state, no
 * checks, no defence against what runs inside. Called by that, and by hand.
 *
 *	parent						init
 *	mkdir cgroup
 *	clone3(all namespaces, into the cgroup) ----->	waits
 *	uid_map, gid_map, rlimit
 *	one byte ------------------------------------->	root, mounts, masks, pivot_root,
 *							capabilities, filter, execve
 *	waits for its end
 *	rmdir cgroup
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor_parts.h"

/* glibc's <sys/mount.h> and the kernel's <linux/mount.h> cannot both be included. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);

#define FILTER_MAX	4096	/* instructions: BPF_MAXINSNS */
#define CAPABILITIES	(1u << CAP_AUDIT_WRITE | 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE)

struct options {
	const char	*root;		/* the root file system */
	const char	*cgroup;	/* to be made */
	const char	*filter;	/* file of struct sock_filter; NULL: none */
	unsigned int	ids;		/* first of the range; 0: no user namespace */
	char		**command;	/* NULL-terminated */
};

static struct sock_filter filter[FILTER_MAX];
static struct sock_fprog program = { .filter = filter };

static void read_filter(const char *path)
{
	int fd = must(open(path, O_RDONLY | O_CLOEXEC), path);

	program.len = (unsigned short)(must((int)read(fd, filter, sizeof(filter)), path) /
				       (int)sizeof(*filter));
	close(fd);
}

/* init: from here to the next rule runs in the new namespaces */

/* /dev/null over a file, an empty tmpfs over a directory, nothing where nothing is. */
static void mask(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		must(mount("tmpfs", path, "tmpfs", MS_RDONLY, NULL), path);
	else
		must(mount("dev/null", path, NULL, MS_BIND, NULL), path);
}

static void protect(const char *path)
{
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0)
		return;
	sys_mount_flags(fd, "", MOUNT_ATTR_RDONLY);
	sys_move_mount(fd, AT_FDCWD, path);
	close(fd);
}

/* The paths that `vps-oci spec` lists. */
static void cover_all(void)
{
	static const char *const masked[] = {
		"proc/acpi", "proc/asound", "proc/kcore", "proc/keys", "proc/latency_stats",
		"proc/timer_list", "proc/timer_stats", "proc/sched_debug", "sys/firmware",
		"proc/scsi",
	};
	static const char *const readonly[] = {
		"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger",
	};
	size_t i;

	for (i = 0; i < sizeof(readonly) / sizeof(*readonly); i++)
		protect(readonly[i]);
	for (i = 0; i < sizeof(masked) / sizeof(*masked); i++)
		mask(masked[i]);
}

static void build_root(const struct options *opt)
{
	int root;

	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	root = sys_open_tree(AT_FDCWD, opt->root, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	sys_move_mount(root, AT_FDCWD, "/tmp");
	must(fchdir(root), "root");
	mount_all(opt->ids != 0);
	cover_all();
	switch_root();
	sys_mount_flags(root, "", MOUNT_ATTR_RDONLY);
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct data[2] = {
		{ .effective = CAPABILITIES, .permitted = CAPABILITIES },
	};
	unsigned int n;

	for (n = 0; n <= CAP_LAST_CAP; n++)
		if (n >= 32 || !(CAPABILITIES & 1u << n))
			must(prctl(PR_CAPBSET_DROP, n), "bounding set");
	must((int)syscall(SYS_capset, &header, data), "capset");
}

static _Noreturn void init_main(const struct options *opt, int pipe_fd)
{
	char byte;

	if (read(pipe_fd, &byte, 1) != 1)
		_exit(1);	/* the parent has failed, and said so */
	must(setsid(), "setsid");
	must(setresgid(0, 0, 0), "setresgid");
	must(setresuid(0, 0, 0), "setresuid");
	must(setgroups(0, NULL), "setgroups");
	/* Its own cgroup is the root of this namespace; clone3() would take the parent's. */
	must(unshare(CLONE_NEWCGROUP), "cgroup namespace");
	must(sethostname("floor", 5), "sethostname");
	build_root(opt);
	drop_capabilities();
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	if (program.len)
		must((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
	execv(opt->command[0], opt->command);
	error(1, errno, "%s", opt->command[0]);
	_exit(1);
}

/* parent */

static pid_t clone_init(const struct options *opt, int *ret_pipe)
{
	int cgroup = must(open(opt->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC), opt->cgroup);
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET |
			 CLONE_INTO_CGROUP | (opt->ids ? CLONE_NEWUSER : 0),
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgroup,
	};
	int ends[2];
	pid_t pid;

	must(pipe2(ends, O_CLOEXEC), "pipe");
	fflush(NULL);
	pid = must((int)syscall(SYS_clone3, &args, sizeof(args)), "clone3");
	if (pid == 0)
		init_main(opt, ends[0]);
	close(ends[0]);
	close(cgroup);
	*ret_pipe = ends[1];
	return pid;
}

static int run(const struct options *opt)
{
	const struct rlimit files = { 1024, 1024 };
	int pipe_fd, status;
	pid_t pid;

	if (opt->filter)
		read_filter(opt->filter);
	must(mkdir(opt->cgroup, 0755), opt->cgroup);
	phase("cgroup");
	pid = clone_init(opt, &pipe_fd);
	phase("clone");
	if (opt->ids)
		write_maps(pid, opt->ids);
	must(prlimit(pid, RLIMIT_NOFILE, &files, NULL), "rlimit");
	must((int)write(pipe_fd, "x", 1), "start init");
	phase("id maps");
	must(waitpid(pid, &status, 0), "wait");
	phase("init");
	remove_cgroup(opt->cgroup);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "cgroup", required_argument, NULL, 'c' },
		{ "filter", required_argument, NULL, 'f' },
		{ "ids", required_argument, NULL, 'i' },
		{ "phases", no_argument, NULL, 'p' },
		{ 0 },
	};
	struct options opt = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "+", names, NULL)) != -1) {
		switch (c) {
		case 'r': opt.root = optarg; break;
		case 'c': opt.cgroup = optarg; break;
		case 'f': opt.filter = optarg; break;
		case 'i': opt.ids = (unsigned int)strtoul(optarg, NULL, 0); break;
		case 'p': has_phases = true; break;
		default: return 2;
		}
	}
	opt.command = argv + optind;
	if (!opt.root || !opt.cgroup || !*opt.command) {
		fputs("usage: floor_oci --root DIR --cgroup DIR [--filter FILE] [--ids FIRST] [--phases] PROGRAM [ARGUMENT]...\n",
		      stderr);
		return 2;
	}
	phase(NULL);
	return run(&opt);
}
