// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What view_calls.bats runs inside a VPS to ask by system calls. Static, since a VPS
 * of busybox has no libraries.
 *
 *   asker info           what sysinfo(2) says, KEY=VALUE
 *   asker cpus           the processors of sched_getaffinity(2), then those of another thread
 *   asker bind CPU       bind itself to one of them, then as "cpus"
 *   asker wrong          calls that fail, and how
 *   asker listener       whether a filter with a listener can be loaded
 *   asker under COMMAND  run it under such a filter
 *   asker loop FILE      ask without end until FILE exists; fails at the first wrong answer
 *   asker blocked DIR    have an answer written into a file that never answers, mounted on DIR
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fuse.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLOW_NSEC	2000000000LL

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- right questions ---- */

static int show_info(void)
{
	struct sysinfo info;

	memset(&info, 0xaa, sizeof(info));
	if (sysinfo(&info) < 0)
		die("sysinfo");
	printf("uptime=%ld\ntotal=%lu\nfree=%lu\nshared=%lu\nswap=%lu\nprocs=%u\nunit=%u\n",
	       info.uptime, info.totalram, info.freeram, info.sharedram, info.totalswap,
	       info.procs, info.mem_unit);
	return 0;
}

static void show_cpus(pid_t tid)
{
	const char *comma = "";
	cpu_set_t set;
	int cpu;

	if (sched_getaffinity(tid, sizeof(set), &set) < 0)
		die("sched_getaffinity");
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set)) {
			printf("%s%d", comma, cpu);
			comma = ",";
		}
	printf("\n");
}

static _Atomic pid_t other_tid;

static void *rest(void *arg)
{
	other_tid = gettid();
	for (;;)
		(void)pause();
	return arg;
}

static int show_all_cpus(void)
{
	pthread_t thread;

	show_cpus(0);
	show_cpus(gettid());
	if (pthread_create(&thread, NULL, rest, NULL) != 0)
		die("pthread_create");
	while (other_tid == 0)
		(void)usleep(1000);
	show_cpus(other_tid);
	return 0;
}

static int bind_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		die("sched_setaffinity");
	return show_all_cpus();
}

static int loop(const char *file)
{
	struct timespec before, after;
	struct sysinfo info;
	cpu_set_t set;
	long asked = 0;

	while (access(file, F_OK) < 0) {
		memset(&info, 0, sizeof(info));
		(void)clock_gettime(CLOCK_MONOTONIC, &before);
		if (sysinfo(&info) < 0 || info.mem_unit == 0 || info.totalram == 0)
			die("sysinfo");
		if (sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) == 0)
			die("sched_getaffinity");
		(void)clock_gettime(CLOCK_MONOTONIC, &after);
		if ((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec -
		    before.tv_nsec > SLOW_NSEC) {
			(void)fprintf(stderr, "an answer took more than two seconds\n");
			return 1;
		}
		asked++;
		(void)usleep(1000);
	}
	printf("%ld\n", asked);
	return 0;
}

/* ---- wrong ones ---- */

static void say(const char *what, long r)
{
	printf("%s: %s\n", what, r < 0 ? strerrorname_np(errno) : "fine");
}

static int ask_wrongly(void)
{
	static cpu_set_t set;
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || munmap(page + 4096, 4096) < 0)
		die("mmap");
	say("sysinfo nowhere", syscall(SYS_sysinfo, NULL));
	say("sysinfo in the kernel", syscall(SYS_sysinfo, (void *)-4096L));
	say("sysinfo over an edge", syscall(SYS_sysinfo, page + 4096 - 56));
	say("affinity nowhere", syscall(SYS_sched_getaffinity, 0, sizeof(set), NULL));
	say("affinity in nothing", syscall(SYS_sched_getaffinity, 0, 0, &set));
	say("affinity in seven bytes", syscall(SYS_sched_getaffinity, 0, 7, &set));
	say("affinity of nobody", syscall(SYS_sched_getaffinity, 4000000, sizeof(set), &set));
	say("affinity of -1", syscall(SYS_sched_getaffinity, -1, sizeof(set), &set));
	say("affinity of init", syscall(SYS_sched_getaffinity, 1, sizeof(set), &set));
	return 0;
}

static long load_listener(void)
{
	struct sock_filter insns[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	const struct sock_fprog program = { 1, insns };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &program);
}

static int try_listener(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die("no_new_privs");
	say("listener", load_listener());
	return 0;
}

static int run_under(char **argv)
{
	int status = -1;
	pid_t pid;

	if (load_listener() < 0)
		die("listener");
	pid = fork();
	if (pid == 0) {
		(void)execvp(argv[0], argv);
		die(argv[0]);
	}
	/* With us the listener would go, and there could be another. */
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* ---- a file system of one file whose contents never come ---- */

#define FILE_INO 2

static void reply(int fd, const struct fuse_in_header *head, int error, const void *data,
		  size_t len)
{
	char packet[512];
	struct fuse_out_header out = {
		.len = (uint32_t)(sizeof(out) + len),
		.error = error,
		.unique = head->unique,
	};

	memcpy(packet, &out, sizeof(out));
	memcpy(packet + sizeof(out), data, len);
	(void)!write(fd, packet, out.len);
}

static struct fuse_attr attributes(uint64_t ino)
{
	return (struct fuse_attr){
		.ino = ino,
		.size = ino == FILE_INO ? 4096 : 0,
		.mode = ino == FILE_INO ? S_IFREG | 0600 : S_IFDIR | 0700,
		.nlink = 1,
	};
}

_Noreturn static void serve_fuse(int fd)
{
	static char request[1 << 17];
	const struct fuse_in_header *head = (const void *)request;

	while (read(fd, request, sizeof(request)) > 0) {
		const struct fuse_init_out init = { .major = 7, .minor = 31, .max_write = 4096 };
		const struct fuse_attr_out attr = { .attr = attributes(head->nodeid) };
		const struct fuse_entry_out entry = {
			.nodeid = FILE_INO, .attr = attributes(FILE_INO),
		};
		const struct fuse_open_out opened = { 0 };

		switch (head->opcode) {
		case FUSE_INIT:
			reply(fd, head, 0, &init, sizeof(init));
			break;
		case FUSE_GETATTR:
			reply(fd, head, 0, &attr, sizeof(attr));
			break;
		case FUSE_LOOKUP:
			reply(fd, head, 0, &entry, sizeof(entry));
			break;
		case FUSE_OPEN:
			reply(fd, head, 0, &opened, sizeof(opened));
			break;
		case FUSE_READ:
			break;		/* taken, and never answered: not even SIGKILL ends that */
		default:
			reply(fd, head, -ENOSYS, "", 0);
		}
	}
	exit(1);
}

static int be_blocked(const char *dir)
{
	char options[128], path[256];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC), file;
	char *memory;

	(void)snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (fd < 0 || mount("blocked", dir, "fuse", 0, options) < 0)
		die("fuse");
	/* Apart: what waits for a file system that it holds open itself can never end. */
	if (fork() == 0)
		serve_fuse(fd);
	(void)close(fd);
	(void)snprintf(path, sizeof(path), "%s/file", dir);
	file = open(path, O_RDWR | O_CLOEXEC);
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	if (memory == MAP_FAILED)
		die(path);
	/*
	 * Reading for a user without an id inside the kernel refuses at once. So
	 * somebody of ours reads, and whoever else wants the page waits for that.
	 */
	if (fork() == 0)
		exit(memory[0]);
	(void)usleep(200000);
	(void)fprintf(stderr, "asking\n");
	(void)syscall(SYS_sysinfo, memory);
	die("sysinfo came back");
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "", *arg = argc > 2 ? argv[2] : "";

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(mode, "info") == 0)
		return show_info();
	if (strcmp(mode, "cpus") == 0)
		return show_all_cpus();
	if (strcmp(mode, "bind") == 0)
		return bind_to(atoi(arg));
	if (strcmp(mode, "wrong") == 0)
		return ask_wrongly();
	if (strcmp(mode, "listener") == 0)
		return try_listener();
	if (strcmp(mode, "under") == 0 && argc > 2)
		return run_under(argv + 2);
	if (strcmp(mode, "loop") == 0)
		return loop(arg);
	if (strcmp(mode, "blocked") == 0)
		return be_blocked(arg);
	return 2;
}
