// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/idmap.h"
#include "need.h"

#define OTHER_UID 54321	/* a user whom no /etc/subuid knows */

static const char *missing;

static const struct idmap_range usual[] = { { 0, 200000, 1000 }, { 1000, 300000, 64536 } };
static const struct idmap usual_map = { usual, usual, 2, 2 };

static int probe(void **state)
{
	char text[32];

	(void)state;
	if (geteuid() != 0)
		missing = "root";
	else if (file_read_line(AT_FDCWD, "/proc/sys/user/max_user_namespaces", text,
				sizeof(text)) < 0 || strcmp(text, "0") == 0)
		missing = "user namespaces";
	return 0;
}

static void an_inside_id_is_found_in_whichever_range_has_it(void **state)
{
	static const struct {
		uint32_t inside;
		bool     is_mapped;
		uint32_t outside;
	} cases[] = {
		{ 0, true, 200000 }, { 999, true, 200999 }, { 1000, true, 300000 },
		{ 65535, true, 364535 }, { 65536, false, 0 }, { UINT32_MAX, false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t outside = 0;

		assert_int_equal(idmap_uid_outside(&usual_map, cases[i].inside, &outside),
				 cases[i].is_mapped);
		assert_int_equal(outside, cases[i].outside);
		assert_int_equal(idmap_gid_outside(&usual_map, cases[i].inside, &outside),
				 cases[i].is_mapped);
	}
}

static void a_map_that_the_kernel_would_refuse_is_explained(void **state)
{
	static const struct idmap_range zero[] = { { 0, 1, 0 } }, far[] = { { 0, 4294967290u, 6 } },
		wide[] = { { 1, 0, UINT32_MAX } },
		inside[] = { { 0, 1000, 10 }, { 9, 2000, 10 } },
		outside[] = { { 0, 1000, 10 }, { 20, 1009, 1 } };
	static struct idmap_range many[341];
	const struct {
		const struct idmap_range *ranges;
		size_t                    count;
		const char               *says;
	} cases[] = {
		{ zero, 1, "0 1 0 is empty" },
		{ far, 1, "reaches beyond 4294967294" },
		{ wide, 1, "reaches beyond 4294967294" },
		{ inside, 2, "9 2000 10 overlaps 0 1000 10" },
		{ outside, 2, "20 1009 1 overlaps 0 1000 10" },
		{ many, 341, "has 341 ranges" },
		{ many, 0, "has 0 ranges" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		const struct idmap uids = { cases[i].ranges, usual, cases[i].count, 2 };
		struct vps_err err = { 0 };

		assert_int_equal(idmap_write(FD_NONE, 0, &uids, &err), -EINVAL);
		assert_non_null(strstr(err.text, "uid map"));
		assert_non_null(strstr(err.text, cases[i].says));
	}
}

/* Join a namespace in a child and compare its two maps with text. */
static void assert_maps(int userns_fd, const char *uids, const char *gids)
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		char uid_map[256] = "", gid_map[256] = "";

		if (setns(userns_fd, CLONE_NEWUSER) < 0 ||
		    file_read_line(AT_FDCWD, "/proc/self/uid_map", uid_map, sizeof(uid_map)) < 0 ||
		    file_read_line(AT_FDCWD, "/proc/self/gid_map", gid_map, sizeof(gid_map)) < 0)
			_exit(1);
		if (strcmp(uid_map, uids) == 0 && strcmp(gid_map, gids) == 0)
			_exit(0);
		print_error("%s\n%s\n", uid_map, gid_map);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void assert_no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, __WALL | WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void a_namespace_without_inhabitants_has_the_maps(void **state)
{
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE;

	(void)state;
	need(missing);
	fd = idmap_userns(&usual_map, &err);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_no_child_is_left();
	assert_maps(fd,
		    "         0     200000       1000\n      1000     300000      64536",
		    "         0     200000       1000\n      1000     300000      64536");
}

static void a_map_of_340_ranges_fits_if_its_numbers_are_short(void **state)
{
	static struct idmap_range ranges[340];
	struct vps_err err = { 0 };
	const struct idmap map = { ranges, ranges, 340, 340 };
	OWN_FD fd = FD_NONE;
	size_t i;

	(void)state;
	need(missing);
	for (i = 0; i < ARRAY_LEN(ranges); i++)
		ranges[i] = (struct idmap_range){ (uint32_t)i, (uint32_t)i * 2 + 1, 1 };
	fd = idmap_userns(&map, &err);
	assert_true(fd >= 0);
	for (i = 0; i < ARRAY_LEN(ranges); i++)
		ranges[i].outside += 4000000000u;
	assert_int_equal(idmap_userns(&map, &err), -E2BIG);
	assert_no_child_is_left();
}

static void a_failure_leaves_neither_child_nor_descriptor(void **state)
{
	static const struct idmap_range bad[] = { { 0, 0, 0 } };
	const struct idmap map = { bad, bad, 1, 1 };
	struct vps_err err = { 0 };
	int before = dup(0), after;

	(void)state;
	need(missing);
	(void)close(before);
	assert_int_equal(idmap_userns(&map, &err), -EINVAL);
	assert_no_child_is_left();
	after = dup(0);
	(void)close(after);
	assert_int_equal(after, before);
}

static volatile sig_atomic_t handled;

static void count(int signal)
{
	(void)signal;
	handled++;
}

static void signals_of_ours_are_handled_once_though_memory_is_shared(void **state)
{
	struct vps_err err = { 0 };
	int i;

	(void)state;
	need(missing);
	handled = 0;
	(void)signal(SIGUSR1, count);
	for (i = 0; i < 20; i++) {
		OWN_FD fd = idmap_userns(&usual_map, &err);

		assert_true(fd >= 0);
		assert_int_equal(raise(SIGUSR1), 0);
	}
	(void)signal(SIGUSR1, SIG_DFL);
	assert_int_equal(handled, 20);
}

/* What an ordinary user gets who maps only himself, and one who asks for more. */
static int as_another_user(const struct idmap *map, struct vps_err *err)
{
	if (setgid(OTHER_UID) < 0 || setuid(OTHER_UID) < 0 ||
	    prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L) < 0)	/* or /proc of ours is root's */
		return -errno;
	return idmap_userns(map, err);
}

static void in_a_child(int (*body)(void))
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int map_oneself(void)
{
	static const struct idmap_range self[] = { { 0, OTHER_UID, 1 } };
	const struct idmap map = { self, self, 1, 1 };
	struct vps_err err = { 0 };
	char denied[16] = "";
	int fd = as_another_user(&map, &err);

	if (fd < 0 || setns(fd, CLONE_NEWUSER) < 0 ||
	    file_read_line(AT_FDCWD, "/proc/self/setgroups", denied, sizeof(denied)) < 0) {
		print_error("%d %s\n", fd, err.text);
		return 1;
	}
	return getuid() != 0 || strcmp(denied, "deny") != 0;
}

static int map_without_helpers(void)
{
	struct vps_err err = { 0 };

	return setenv("PATH", "/nowhere", 1) < 0 ||
	       as_another_user(&usual_map, &err) != -VPS_EHOST || !strstr(err.text, "newuidmap") ||
	       waitpid(-1, NULL, __WALL | WNOHANG) != -1;
}

/* A helper of ours: a script that writes down how it was called, or refuses. */
static void write_helper(const char *path, const char *script)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, script, strlen(script)), (ssize_t)strlen(script));
	assert_int_equal(fchmod(fd, 0755), 0);
	assert_int_equal(close(fd), 0);
}

static int map_by_refusing_helper(void)
{
	struct vps_err err = { 0 };

	return setenv("PATH", "./test.helpers:/bin:/usr/bin", 1) < 0 ||
	       as_another_user(&usual_map, &err) != -EPERM ||
	       !strstr(err.text, "newuidmap refused: no such range; see subuid(5)") ||
	       waitpid(-1, NULL, __WALL | WNOHANG) != -1;
}

static int map_by_accepting_helper(void)
{
	struct vps_err err = { 0 };
	int fd;

	if (setenv("PATH", "./test.helpers:/bin:/usr/bin", 1) < 0)
		return 1;
	fd = as_another_user(&usual_map, &err);
	return fd < 0 || waitpid(-1, NULL, __WALL | WNOHANG) != -1;
}

static void an_ordinary_user_maps_himself_and_gives_up_setgroups(void **state)
{
	(void)state;
	need(missing);
	in_a_child(map_oneself);
}

static void an_ordinary_user_s_ranges_are_written_by_the_helpers(void **state)
{
	(void)state;
	need(missing);
	in_a_child(map_without_helpers);
	assert_true(mkdir("test.helpers", 0755) == 0 || errno == EEXIST);
	write_helper("test.helpers/newuidmap",
		     "#!/bin/sh\necho 'no such range' >&2\necho more\nexit 1\n");
	in_a_child(map_by_refusing_helper);
	/* $1 is the pid; the helper must get all the rest as numbers. */
	write_helper("test.helpers/newuidmap",
		     "#!/bin/sh\nshift; [ \"$*\" = '0 200000 1000 1000 300000 64536' ]\n");
	write_helper("test.helpers/newgidmap",
		     "#!/bin/sh\n[ -d /proc/$1 ] && shift && [ \"$*\" = '0 200000 1000 1000 300000 64536' ]\n");
	in_a_child(map_by_accepting_helper);
	(void)unlink("test.helpers/newuidmap");
	(void)unlink("test.helpers/newgidmap");
	(void)rmdir("test.helpers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_inside_id_is_found_in_whichever_range_has_it),
		cmocka_unit_test(a_map_that_the_kernel_would_refuse_is_explained),
		cmocka_unit_test(a_namespace_without_inhabitants_has_the_maps),
		cmocka_unit_test(a_map_of_340_ranges_fits_if_its_numbers_are_short),
		cmocka_unit_test(a_failure_leaves_neither_child_nor_descriptor),
		cmocka_unit_test(signals_of_ours_are_handled_once_though_memory_is_shared),
		cmocka_unit_test(an_ordinary_user_maps_himself_and_gives_up_setgroups),
		cmocka_unit_test(an_ordinary_user_s_ranges_are_written_by_the_helpers),
	};

	return cmocka_run_group_tests(tests, probe, NULL);
}
