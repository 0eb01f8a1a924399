// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writes the id maps of a user namespace, ours or a child's; called by the
 * engine for init and by whoever needs an id-mapped mount.
 *
 * A namespace that nobody lives in is made by a child that only sleeps:
 *
 *	parent				child (new user namespace, shares our memory)
 *	clone()  ---------------------> sleeps; every signal blocked
 *	write its uid_map, gid_map
 *	open its ns/user
 *	pidfd SIGKILL  ---------------> gone
 *	reap
 */
#include "idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"

#define RANGES_MAX	340	/* user_namespaces(7) */
#define MAP_ROOM	4096	/* the kernel takes less than a page, in one write */
#define STACK_ROOM	4096	/* of a child that only sleeps */

/* What differs between the two maps. */
struct map_kind {
	const char *name;	/* of the id, for messages */
	const char *file;	/* below /proc/PID */
	const char *helper;	/* set-user-id program for those who may not write it */
	cap_value_t capability;	/* what writing an arbitrary map asks for */
};

static const struct map_kind uid_kind = { "uid", "uid_map", "newuidmap", CAP_SETUID };
static const struct map_kind gid_kind = { "gid", "gid_map", "newgidmap", CAP_SETGID };

static bool overlaps(uint32_t a, uint32_t b, uint32_t a_count, uint32_t b_count)
{
	return a < (uint64_t)b + b_count && b < (uint64_t)a + a_count;
}

/* The kernel answers EINVAL to all of these; say which it was. */
static int check_ranges(const struct map_kind *kind, const struct idmap_range *ranges,
			size_t count, struct vps_err *err)
{
	size_t i, j;

	if (count == 0 || count > RANGES_MAX)
		return vps_err_say(err, -EINVAL, "%s map has %zu ranges; 1 to %d are possible",
				   kind->name, count, RANGES_MAX);
	for (i = 0; i < count; i++) {
		const struct idmap_range *a = &ranges[i];

		/* (uint32_t)-1 means "no id" everywhere in the kernel. */
		if (a->count == 0 || (uint64_t)a->inside + a->count > UINT32_MAX ||
		    (uint64_t)a->outside + a->count > UINT32_MAX)
			return vps_err_say(err, -EINVAL,
					   "%s map: range %u %u %u is empty or reaches beyond 4294967294",
					   kind->name, a->inside, a->outside, a->count);
		for (j = 0; j < i; j++) {
			const struct idmap_range *b = &ranges[j];

			if (overlaps(a->inside, b->inside, a->count, b->count) ||
			    overlaps(a->outside, b->outside, a->count, b->count))
				return vps_err_say(err, -EINVAL,
						   "%s map: range %u %u %u overlaps %u %u %u",
						   kind->name, a->inside, a->outside, a->count,
						   b->inside, b->outside, b->count);
		}
	}
	return 0;
}

/* Whether this process may write any map whose outside ids it knows. */
static bool has_capability(cap_value_t capability)
{
	cap_flag_value_t value = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (caps)
		(void)cap_get_flag(caps, capability, CAP_EFFECTIVE, &value);
	(void)cap_free(caps);
	return value == CAP_SET;
}

static int wait_for_helper(const struct map_kind *kind, pid_t pid, int said_fd,
			   struct vps_err *err)
{
	char said[256];
	size_t len = 0;
	int status;

	for (;;) {	/* to its end, whatever fits of it: a full pipe would stop the helper */
		char rest[256];
		ssize_t got = read(said_fd, rest, sizeof(rest));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		if ((size_t)got > sizeof(said) - 1 - len)
			got = (ssize_t)(sizeof(said) - 1 - len);
		memcpy(said + len, rest, (size_t)got);
		len += (size_t)got;
	}
	said[len] = '\0';
	said[strcspn(said, "\n")] = '\0';
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return vps_err_set(err, -errno, "cannot wait for %s", kind->helper);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return vps_err_say(err, -EPERM, "%s refused: %s; see subuid(5), subgid(5)", kind->helper,
			   *said ? said : "it gave no reason");
}

/* Run newuidmap(1) or newgidmap(1); argv[0] is the program. */
static int run_helper(const struct map_kind *kind, char *const argv[], struct vps_err *err)
{
	OWN_FD said_fd = FD_NONE, write_fd = FD_NONE;
	posix_spawn_file_actions_t actions;
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return vps_err_set(err, -errno, "cannot make a pipe");
	said_fd = ends[0];
	write_fd = ends[1];
	r = posix_spawn_file_actions_init(&actions);
	if (r == 0) {
		r = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
		if (r == 0)
			r = posix_spawn_file_actions_adddup2(&actions, write_fd, 1);
		if (r == 0)
			r = posix_spawn_file_actions_adddup2(&actions, write_fd, 2);
		if (r == 0)
			r = posix_spawnp(&pid, kind->helper, &actions, NULL, argv, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	if (r == ENOENT)
		return vps_err_say(err, -VPS_EHOST,
				   "%s is not installed, and without it only root can give a VPS a range of ids; install uidmap",
				   kind->helper);
	if (r != 0)
		return vps_err_set(err, -r, "cannot run %s", kind->helper);
	own_close(&write_fd);	/* or the end of its words would never come */
	return wait_for_helper(kind, pid, said_fd, err);
}

static int write_by_helper(const struct map_kind *kind, pid_t pid,
			   const struct idmap_range *ranges, size_t count, struct vps_err *err)
{
	char numbers[1 + 3 * RANGES_MAX][11];	/* "4294967295" and its NUL */
	char *argv[3 + 3 * RANGES_MAX];
	size_t i, n = 0;

	argv[0] = (char *)kind->helper;
	(void)snprintf(numbers[n++], sizeof(numbers[0]), "%d", (int)pid);
	for (i = 0; i < count; i++) {
		(void)snprintf(numbers[n++], sizeof(numbers[0]), "%u", ranges[i].inside);
		(void)snprintf(numbers[n++], sizeof(numbers[0]), "%u", ranges[i].outside);
		(void)snprintf(numbers[n++], sizeof(numbers[0]), "%u", ranges[i].count);
	}
	for (i = 0; i < n; i++)
		argv[i + 1] = numbers[i];
	argv[n + 1] = NULL;
	return run_helper(kind, argv, err);
}

/* One write of the whole map: the file takes no second one. */
static int write_directly(int proc_fd, const struct map_kind *kind,
			  const struct idmap_range *ranges, size_t count, struct vps_err *err)
{
	char text[MAP_ROOM];
	size_t len = 0, i;

	for (i = 0; i < count; i++) {
		int n = snprintf(text + len, sizeof(text) - len, "%u %u %u\n", ranges[i].inside,
				 ranges[i].outside, ranges[i].count);

		if (n < 0 || (size_t)n >= sizeof(text) - len)
			return vps_err_say(err, -E2BIG,
					   "%s map: %zu ranges need more than the page that the kernel reads",
					   kind->name, count);
		len += (size_t)n;
	}
	return file_write(proc_fd, kind->file, text, err);
}

/*
 * A gid map that an unprivileged process writes itself. Dropping a group could
 * widen what a file's mode permits, so the kernel wants setgroups() given up
 * before; user_namespaces(7).
 */
static int deny_setgroups(int proc_fd, const struct map_kind *kind, struct vps_err *err)
{
	if (kind != &gid_kind)
		return 0;
	return file_write(proc_fd, "setgroups", "deny", err);
}

static int write_map(int proc_fd, pid_t pid, const struct map_kind *kind,
		     const struct idmap_range *ranges, size_t count, struct vps_err *err)
{
	uint32_t own = kind == &uid_kind ? geteuid() : getegid();
	int r = check_ranges(kind, ranges, count, err);

	if (r < 0)
		return r;
	if (has_capability(kind->capability)) {
		r = write_directly(proc_fd, kind, ranges, count, err);
		if (r == -EPERM)
			vps_err_in(err, "an outside %s is not mapped in our own user namespace",
				   kind->name);
		return r;
	}
	if (count == 1 && ranges[0].count == 1 && ranges[0].outside == own) {
		r = deny_setgroups(proc_fd, kind, err);
		return r < 0 ? r : write_directly(proc_fd, kind, ranges, count, err);
	}
	return write_by_helper(kind, pid, ranges, count, err);
}

int idmap_write(int proc_fd, pid_t pid, const struct idmap *map, struct vps_err *err)
{
	int r = write_map(proc_fd, pid, &uid_kind, map->uids, map->uid_count, err);

	if (r < 0)
		return r;
	return write_map(proc_fd, pid, &gid_kind, map->gids, map->gid_count, err);
}

/* A child that was started and must not survive the scope. */
struct sleeper {
	pid_t pid;
	int   pidfd;
};

static void own_sleeper(struct sleeper *sleeper)
{
	int saved = errno;

	if (sleeper->pidfd >= 0) {
		(void)pidfd_send_signal(sleeper->pidfd, SIGKILL, NULL, 0);
		/* Born without an exit signal, so only __WALL sees it. */
		while (waitid(P_PIDFD, (id_t)sleeper->pidfd, &(siginfo_t){ 0 }, WEXITED | __WALL) < 0)
			if (errno != EINTR)
				break;
	}
	own_close(&sleeper->pidfd);
	errno = saved;
}

/*
 * Until the parent kills it, or is killed itself: a sleeper that stayed would
 * hold its parent's descriptors, and with them its locks, for ever.
 */
__attribute__((noreturn)) static int sleep_for_ever(void *arg)
{
	const pid_t *parent = arg;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != *parent)	/* it was killed before it would have been told */
		_exit(0);
	for (;;)
		(void)pause();	/* nothing but SIGKILL comes through */
}

/*
 * Start the sleeper. It shares our memory and descriptors because copying
 * them is all that a fork costs (10 µs instead of 40 to 130); and because it
 * shares them, no signal handler of ours may run in it.
 */
static int start_sleeper(struct sleeper *ret_sleeper, void *stack, struct vps_err *err)
{
	const int flags = CLONE_NEWUSER | CLONE_VM | CLONE_FILES | CLONE_PIDFD;
	static pid_t self;	/* read by the sleeper when this function has returned */
	sigset_t all, before;
	int pidfd = FD_NONE, saved;
	pid_t pid;

	self = getpid();
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	pid = clone(sleep_for_ever, (char *)stack + STACK_ROOM, flags, &self, &pidfd);
	saved = errno;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid >= 0) {
		ret_sleeper->pid = pid;
		ret_sleeper->pidfd = pidfd;
		return 0;
	}
	if (saved == ENOSPC || saved == EUSERS)
		return vps_err_say(err, -VPS_EHOST,
				   "no further user namespace is allowed: raise user.max_user_namespaces with sysctl");
	return vps_err_set(err, -saved, "cannot make a user namespace");
}

int idmap_userns(const struct idmap *map, struct vps_err *err)
{
	__attribute__((aligned(16))) char stack[STACK_ROOM];
	__attribute__((cleanup(own_sleeper))) struct sleeper sleeper = { .pidfd = FD_NONE };
	OWN_FD proc_fd = FD_NONE;
	char path[32];
	int fd, r;

	r = start_sleeper(&sleeper, stack, err);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)sleeper.pid);
	proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s", path);
	r = idmap_write(proc_fd, sleeper.pid, map, err);
	if (r < 0)
		return r;
	fd = openat(proc_fd, "ns/user", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return vps_err_set(err, -errno, "cannot open %s/ns/user", path);
	return fd;
}

static bool outside_of(const struct idmap_range *ranges, size_t count, uint32_t inside,
		       uint32_t *ret_outside)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (inside < ranges[i].inside || inside - ranges[i].inside >= ranges[i].count)
			continue;
		*ret_outside = ranges[i].outside + (inside - ranges[i].inside);
		return true;
	}
	return false;
}

bool idmap_uid_outside(const struct idmap *map, uint32_t inside, uint32_t *ret_outside)
{
	return outside_of(map->uids, map->uid_count, inside, ret_outside);
}

bool idmap_gid_outside(const struct idmap *map, uint32_t inside, uint32_t *ret_outside)
{
	return outside_of(map->gids, map->gid_count, inside, ret_outside);
}
