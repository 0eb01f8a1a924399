// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "isolation/namespaces.h"
#include "need.h"

static const char *missing;

static int probe(void **state)
{
	(void)state;
	if (geteuid() != 0)
		missing = "root";
	else if (access("/proc/self/timens_offsets", F_OK) < 0)
		missing = "time namespaces";
	return 0;
}

static void every_kind_is_known_by_its_oci_name(void **state)
{
	int kind;

	(void)state;
	for (kind = 0; kind < NS_KINDS; kind++) {
		assert_non_null(ns_infos[kind].oci);
		assert_int_not_equal(ns_infos[kind].flag, 0);
		assert_int_equal(ns_parse(ns_infos[kind].oci), kind);
	}
	assert_int_equal(ns_parse("net"), NS_KINDS);
	assert_int_equal(ns_parse(""), NS_KINDS);
	assert_int_equal(ns_parse("Mount"), NS_KINDS);
}

static void every_namespace_opens_as_its_kind_and_as_no_other(void **state)
{
	int kind, other;

	(void)state;
	for (kind = 0; kind < NS_KINDS; kind++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_infos[kind].proc);
		for (other = 0; other < NS_KINDS; other++) {
			struct vps_err err = { 0 };
			OWN_FD fd = ns_open((enum ns_kind)other, path, &err);

			if (other == kind) {
				assert_true(fd >= 0);
				assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
				continue;
			}
			assert_int_equal(fd, -EINVAL);
			assert_non_null(strstr(err.text, ns_infos[kind].oci));
			assert_non_null(strstr(err.text, ns_infos[other].oci));
		}
	}
}

static void what_is_no_namespace_is_refused_without_waiting_for_it(void **state)
{
	static const char *const paths[] = { "/dev/null", "/proc/self/stat", "/", "test.fifo" };
	size_t i;

	(void)state;
	(void)mkfifo("test.fifo", 0600);
	for (i = 0; i < ARRAY_LEN(paths); i++) {
		struct vps_err err = { 0 };

		assert_int_equal(ns_open(NS_NET, paths[i], &err), -EINVAL);
		assert_non_null(strstr(err.text, "is not a namespace"));
	}
	(void)unlink("test.fifo");
}

static void a_missing_path_is_named(void **state)
{
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(ns_open(NS_IPC, "/nowhere", &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nowhere"));
}

/* Seconds of a clock as a new child of ours reads it. */
static long seconds_of_a_child(clockid_t clock)
{
	struct timespec ts;
	long seconds = -1;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)clock_gettime(clock, &ts);
		_exit(write(ends[1], &ts.tv_sec, sizeof(ts.tv_sec)) != sizeof(ts.tv_sec));
	}
	assert_int_equal(read(ends[0], &seconds, sizeof(seconds)), sizeof(seconds));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return seconds;
}

static void children_have_the_shifted_clocks_until_we_leave(void **state)
{
	const struct ns_time_offset monotonic = { 100000, 5 }, boottime = { 200000, 7 };
	struct vps_err err = { 0 };
	struct timespec ts;

	(void)state;
	need(missing);
	assert_int_equal(ns_time_prepare(&monotonic, &boottime, &err), 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	assert_in_range(seconds_of_a_child(CLOCK_MONOTONIC) - ts.tv_sec, 100000, 100005);
	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	assert_in_range(seconds_of_a_child(CLOCK_BOOTTIME) - ts.tv_sec, 200000, 200005);
	ns_time_leave();
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	assert_in_range(seconds_of_a_child(CLOCK_MONOTONIC) - ts.tv_sec, 0, 5);
}

static void an_impossible_clock_is_refused_and_changes_nothing(void **state)
{
	const struct ns_time_offset before_the_start = { -1000000000, 0 }, none = { 0, 0 };
	struct vps_err err = { 0 };
	struct timespec ts;

	(void)state;
	need(missing);
	assert_int_equal(ns_time_prepare(&before_the_start, &none, &err), -ERANGE);
	assert_non_null(strstr(err.text, "clock offset out of range"));
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	assert_in_range(seconds_of_a_child(CLOCK_MONOTONIC) - ts.tv_sec, 0, 5);
}

/* Whom a user namespace belongs to that a child of ours makes now. */
static uid_t owner_of_a_new_one(void)
{
	uid_t owner = (uid_t)-1;
	char path[40];
	int ends[2], fd;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) < 0 || write(ends[1], "", 1) != 1 || pause());
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], path, 1), 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, NS_GET_OWNER_UID, &owner), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(fd);
	(void)close(ends[0]);
	return owner;
}

static void a_user_namespace_belongs_to_whom_it_is_made_for_until_we_leave(void **state)
{
	const int dumpable = prctl(PR_GET_DUMPABLE), bits = prctl(PR_GET_SECUREBITS);
	struct ns_owner before;
	int signal = 0;

	(void)state;
	need(missing);
	assert_int_equal(prctl(PR_SET_PDEATHSIG, SIGUSR1), 0);
	ns_owner_enter(100000, &before);
	assert_int_equal(owner_of_a_new_one(), 100000);
	assert_int_equal(geteuid(), 100000);
	assert_int_not_equal(prctl(PR_GET_DUMPABLE), 1);
	/* Of root's power over files nothing is lost meanwhile. */
	assert_int_equal(setfsuid((uid_t)-1), 0);
	assert_int_equal(mkdir("of-root", 0700), 0);
	assert_int_equal(rmdir("of-root"), 0);
	ns_owner_leave(&before);
	assert_int_equal(owner_of_a_new_one(), 0);
	assert_int_equal(geteuid(), 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE), dumpable);
	assert_int_equal(prctl(PR_GET_SECUREBITS), bits);
	assert_int_equal(prctl(PR_GET_PDEATHSIG, &signal), 0);
	assert_int_equal(signal, SIGUSR1);
	assert_int_equal(prctl(PR_SET_PDEATHSIG, 0), 0);
}

static void root_itself_is_no_other_owner(void **state)
{
	struct ns_owner before;

	(void)state;
	need(missing);
	ns_owner_enter(0, &before);
	assert_int_equal(owner_of_a_new_one(), 0);
	ns_owner_leave(&before);
	assert_int_equal(geteuid(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_known_by_its_oci_name),
		cmocka_unit_test(every_namespace_opens_as_its_kind_and_as_no_other),
		cmocka_unit_test(what_is_no_namespace_is_refused_without_waiting_for_it),
		cmocka_unit_test(a_missing_path_is_named),
		cmocka_unit_test(children_have_the_shifted_clocks_until_we_leave),
		cmocka_unit_test(an_impossible_clock_is_refused_and_changes_nothing),
		cmocka_unit_test(a_user_namespace_belongs_to_whom_it_is_made_for_until_we_leave),
		cmocka_unit_test(root_itself_is_no_other_owner),
	};

	return cmocka_run_group_tests(tests, probe, NULL);
}
