// SPDX-License-Identifier: GPL-2.0-or-later
/* On cgroups of our own below the host's v2 tree, which stays as it was. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/cg.h"
#include "isolation/cg_tree.h"
#include "need.h"

static const char *missing, *missing_hugetlb, *missing_limits;
static char top[64];		/* of this test, a parent that cg_create() makes */
static char leaf[96];		/* a cgroup in it */

static int probe(void **state)
{
	(void)state;
	(void)snprintf(top, sizeof(top), "vps-test-cg-%d", (int)getpid());
	(void)snprintf(leaf, sizeof(leaf), "%s/web1", top);
	if (geteuid() != 0)
		missing = "root";
	else if (!cg_mount_point() || access(cg_mount_point(), W_OK) < 0)
		missing = "a writable cgroup v2 tree";
	missing_hugetlb = missing;
	if (!missing && !cg_has_controller("hugetlb"))
		missing_hugetlb = "the cgroup v2 controller hugetlb";
	missing_limits = missing;
	if (!missing && !(cg_has_controller("memory") && cg_has_controller("pids") &&
			  cg_has_controller("cpu") && cg_has_controller("io")))
		missing_limits = "the cgroup v2 controllers cpu, memory, pids, io";
	return 0;
}

static bool exists(const char *path)
{
	char whole[PATH_MAX];

	(void)snprintf(whole, sizeof(whole), "%s/%s", cg_mount_point(), path);
	return access(whole, F_OK) == 0;
}

static int make_leaf(void)
{
	struct vps_err err = { 0 };
	int fd = cg_create(leaf, NULL, 0, &err);

	if (fd < 0)
		fail_msg("%s", err.text);
	return fd;
}

static void remove_leaf(void)
{
	struct vps_err err = { 0 };

	if (cg_remove(leaf, &err) < 0)
		fail_msg("%s", err.text);
	assert_false(exists(top));
}

/* A child of ours that sleeps in a cgroup. */
static pid_t sleep_in(int cg_fd)
{
	char byte;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		OWN_FD fd = openat(cg_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write(fd, "0", 1) != 1 || write(ends[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	(void)close(ends[0]);
	return pid;
}

static void assert_killed(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void a_path_that_leads_elsewhere_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "a/../b", "a/./b", "../a", "a\nb",
	};
	static const char *const right[] = { "a", "a/b", "...", "a/..b", "a b", "-", "a.slice/b:c" };
	char part[300];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(wrong); i++) {
		struct vps_err err = { 0 }, other = { 0 };

		assert_int_equal(cg_check_path(wrong[i], &err), -EINVAL);
		assert_int_equal(cg_open(wrong[i]), -EINVAL);
		assert_int_equal(cg_remove(wrong[i], &other), -EINVAL);
		other = (struct vps_err){ 0 };
		assert_int_equal(cg_create(wrong[i], NULL, 0, &other), -EINVAL);
		other = (struct vps_err){ 0 };
		assert_int_equal(cg_set(FD_NONE, wrong[i], NULL, 0, &other), -EINVAL);
	}
	for (i = 0; i < ARRAY_LEN(right); i++) {
		struct vps_err err = { 0 };

		assert_int_equal(cg_check_path(right[i], &err), 0);
	}
	for (i = 254; i < 258; i++) {
		struct vps_err err = { 0 };

		memset(part, 'x', i);
		part[i] = '\0';
		assert_int_equal(cg_check_path(part, &err), i <= 255 ? 0 : -EINVAL);
	}
}

static void the_controller_of_a_file_stands_before_the_first_dot(void **state)
{
	static const struct {
		const char *file;
		size_t      len;
	} cases[] = {
		{ "memory.max", 6 }, { "cpu.max.burst", 3 }, { "hugetlb.2MB.max", 7 },
		{ "cpuset.cpus", 6 }, { "io.max", 2 }, { "cgroup.freeze", 0 }, { "cgroup.max.depth", 0 },
		{ "cpu.pressure", 0 }, { "memory.pressure", 0 }, { "memory.pressure_level", 6 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(cg_controller_len(cases[i].file), cases[i].len);
}

static void a_cgroup_comes_with_its_parents_and_goes_with_them(void **state)
{
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE, again = FD_NONE;

	(void)state;
	need(missing);
	fd = make_leaf();
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(exists(leaf));
	again = cg_create(leaf, NULL, 0, &err);
	assert_true(again >= 0);
	remove_leaf();
	assert_int_equal(cg_remove(leaf, &err), 0);
	assert_int_equal(cg_open(leaf), -ENOENT);
}

static void a_parent_that_somebody_else_made_or_uses_stays(void **state)
{
	struct vps_err err = { 0 };
	char other[128], whole[PATH_MAX];
	OWN_FD fd = FD_NONE, other_fd = FD_NONE;

	(void)state;
	need(missing);
	(void)snprintf(other, sizeof(other), "%s/web2", top);
	(void)snprintf(whole, sizeof(whole), "%s/%s", cg_mount_point(), top);
	fd = make_leaf();
	other_fd = cg_create(other, NULL, 0, &err);
	assert_int_equal(cg_remove(leaf, &err), 0);
	assert_true(exists(other));
	assert_int_equal(cg_remove(other, &err), 0);
	assert_false(exists(top));

	assert_int_equal(mkdir(whole, 0755), 0);
	own_close(&fd);
	fd = make_leaf();
	assert_int_equal(cg_remove(leaf, &err), 0);
	assert_true(exists(top));
	assert_int_equal(rmdir(whole), 0);
}

static void creating_and_removing_at_once_does_not_fail_either(void **state)
{
	pid_t pids[4];
	size_t i;

	(void)state;
	need(missing);
	for (i = 0; i < ARRAY_LEN(pids); i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			struct vps_err err = { 0 };
			char path[128];
			int round, fd = 0;

			(void)snprintf(path, sizeof(path), "%s/sub/%zu", top, i);
			for (round = 0; round < 50 && fd >= 0; round++) {
				fd = cg_create(path, NULL, 0, &err);
				if (fd >= 0 && cg_remove(path, &err) < 0)
					fd = -1;
				(void)close(fd);
			}
			if (fd < 0)
				print_error("%s\n", err.text);
			_exit(fd < 0);
		}
	}
	for (i = 0; i < ARRAY_LEN(pids); i++) {
		int status = -1;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_false(exists(top));
}

static void what_lives_in_it_is_counted_frozen_and_killed(void **state)
{
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE;
	pid_t pid;

	(void)state;
	need(missing);
	fd = make_leaf();
	assert_int_equal(cg_is_populated(fd), 0);
	pid = sleep_in(fd);
	assert_int_equal(cg_is_populated(fd), 1);
	assert_int_equal(cg_is_frozen(fd), 0);
	assert_int_equal(cg_freeze(fd, true, 5000, &err), 0);
	assert_int_equal(cg_is_frozen(fd), 1);
	assert_int_equal(cg_freeze(fd, true, 5000, &err), 0);
	assert_int_equal(cg_freeze(fd, false, 5000, &err), 0);
	assert_int_equal(cg_is_frozen(fd), 0);
	assert_int_equal(cg_kill(fd), 0);
	assert_killed(pid);
	assert_int_equal(cg_is_populated(fd), 0);
	remove_leaf();
	assert_true(cg_is_populated(fd) < 0);
}

static void a_frozen_one_is_removed_too(void **state)
{
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE;
	pid_t pid;

	(void)state;
	need(missing);
	fd = make_leaf();
	pid = sleep_in(fd);
	assert_int_equal(cg_freeze(fd, true, 5000, &err), 0);
	remove_leaf();
	assert_killed(pid);
}

static void what_a_tenant_nested_and_named_is_removed_whole(void **state)
{
	static const char *const names[] = { " ", "-rf", "a\"b", "cgroup.x", "\xff", "...", "%s" };
	OWN_FD fd = FD_NONE, deep = FD_NONE;
	pid_t pid;
	size_t i;

	(void)state;
	need(missing);
	fd = make_leaf();
	deep = dup(fd);
	for (i = 0; i < 30; i++) {
		const char *name = names[i % ARRAY_LEN(names)];
		int next;

		assert_int_equal(mkdirat(deep, "side", 0755), 0);
		assert_int_equal(mkdirat(deep, "side/leaf", 0755), 0);
		assert_int_equal(mkdirat(deep, name, 0755), 0);
		next = openat(deep, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		own_close(&deep);
		deep = next;
	}
	pid = sleep_in(deep);
	remove_leaf();
	assert_killed(pid);
}

static void a_value_is_written_and_read_as_a_number(void **state)
{
	static const struct cg_value values[] = {
		{ "hugetlb.2MB.max", "4194304" }, { "cgroup.max.depth", "7" },
		{ "cgroup.max.descendants", "max" },
	};
	struct vps_err err = { 0 };
	uint64_t value = 0;
	OWN_FD fd = FD_NONE;

	(void)state;
	need(missing_hugetlb);
	fd = cg_create(leaf, values, ARRAY_LEN(values), &err);
	assert_true(fd >= 0);
	assert_int_equal(cg_set(fd, leaf, values, ARRAY_LEN(values), &err), 0);
	assert_int_equal(cg_read(fd, "hugetlb.2MB.max", &value), 0);
	assert_int_equal(value, 4194304);
	assert_int_equal(cg_read(fd, "cgroup.max.depth", &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(cg_read(fd, "cgroup.max.descendants", &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(cg_read(fd, "cgroup.type", &value), -EINVAL);
	assert_int_equal(cg_read(fd, "cgroup.nothing", &value), -ENOENT);
	remove_leaf();
}

/* One that the kernel rounds, one that it completes, some that it keeps as they are. */
static void every_limit_of_a_vps_arrives_in_the_kernel(void **state)
{
	static const struct {
		struct cg_value value;
		const char     *reads;
	} cases[] = {
		{ { "memory.max", "67108864" }, "67108864" },
		{ { "memory.high", "33554433" }, "33554432" },
		{ { "memory.max", "max" }, "max" },
		{ { "pids.max", "64" }, "64" },
		{ { "cpu.weight", "250" }, "250" },
		{ { "cpu.max", "50000 200000" }, "50000 200000" },
		{ { "cpu.max", "30000" }, "30000 200000" },
		{ { "cpu.max", "max 100000" }, "max 100000" },
		{ { "memory.oom.group", "1" }, "1" },
	};
	struct vps_err err = { 0 };
	char inner[128];
	OWN_FD fd = FD_NONE;
	size_t i;

	(void)state;
	need(missing_limits);
	(void)snprintf(inner, sizeof(inner), "%s/sub/web1", top);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		char now[64];

		own_close(&fd);
		fd = cg_create(inner, &cases[i].value, 1, &err);
		if (fd < 0 || cg_set(fd, inner, &cases[i].value, 1, &err) < 0)
			fail_msg("%s", err.text);
		assert_true(file_read_line(fd, cases[i].value.file, now, sizeof(now)) > 0);
		assert_string_equal(now, cases[i].reads);
	}
	assert_int_equal(cg_remove(inner, &err), 0);
	assert_false(exists(top));
}

static void a_limit_that_the_kernel_refuses_is_named(void **state)
{
	static const struct cg_value wrong[] = {
		{ "pids.max", "some" }, { "cpu.weight", "20000" }, { "memory.max", "-5x" },
		{ "io.max", "8:999 rbps=1" },
	};
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE;
	size_t i;

	(void)state;
	need(missing_limits);
	fd = cg_create(leaf, wrong, ARRAY_LEN(wrong), &err);
	assert_true(fd >= 0);
	for (i = 0; i < ARRAY_LEN(wrong); i++) {
		struct vps_err why = { 0 };

		assert_true(cg_set(fd, leaf, &wrong[i], 1, &why) < 0);
		assert_non_null(strstr(why.text, wrong[i].file));
		assert_non_null(strstr(why.text, wrong[i].value));
	}
	remove_leaf();
}

static void several_lines_are_several_writes_and_the_last_wins(void **state)
{
	static const struct cg_value values[] = { { "cgroup.max.depth", "3\n5" } };
	struct vps_err err = { 0 };
	uint64_t value = 0;
	OWN_FD fd = FD_NONE;

	(void)state;
	need(missing);
	fd = make_leaf();
	assert_int_equal(cg_set(fd, leaf, values, 1, &err), 0);
	assert_int_equal(cg_read(fd, "cgroup.max.depth", &value), 0);
	assert_int_equal(value, 5);
	remove_leaf();
}

static void a_refused_value_is_named_and_earlier_ones_stay(void **state)
{
	static const struct cg_value values[] = {
		{ "cgroup.max.depth", "4" }, { "cgroup.max.descendants", "many" },
	};
	static const struct cg_value odd[] = { { "../cgroup.procs", "1" } }, plain[] = { { "tasks", "1" } };
	struct vps_err err = { 0 }, second = { 0 }, third = { 0 };
	uint64_t value = 0;
	OWN_FD fd = FD_NONE;

	(void)state;
	need(missing);
	fd = make_leaf();
	assert_int_equal(cg_set(fd, leaf, values, 2, &err), -EINVAL);
	assert_non_null(strstr(err.text, "cgroup.max.descendants"));
	assert_non_null(strstr(err.text, "many"));
	assert_int_equal(cg_read(fd, "cgroup.max.depth", &value), 0);
	assert_int_equal(value, 4);
	assert_int_equal(cg_set(fd, leaf, odd, 1, &second), -EINVAL);
	assert_int_equal(cg_set(fd, leaf, plain, 1, &third), -EINVAL);
	remove_leaf();
}

static void a_limit_whose_controller_is_missing_is_refused_by_name(void **state)
{
	static const struct cg_value values[] = {
		{ "cgroup.max.depth", "7" }, { "nothing.max", "536870912" },
	};
	struct vps_err err = { 0 }, second = { 0 };
	OWN_FD fd = FD_NONE;

	(void)state;
	need(missing);
	assert_int_equal(cg_create(leaf, values, 2, &err), -VPS_EHOST);
	assert_non_null(strstr(err.text, "nothing.max=536870912"));
	assert_non_null(strstr(err.text, "controller nothing"));
	assert_null(strstr(err.text, "best-effort"));	/* the config may be no vps.json */
	assert_false(exists(top));
	fd = make_leaf();
	assert_int_equal(cg_set(fd, leaf, values, 2, &second), -VPS_EHOST);
	assert_non_null(strstr(second.text, "controller nothing"));
	remove_leaf();
	/* A hybrid host is told how to become one that can. */
	if (strcmp(cg_mount_point(), "/sys/fs/cgroup") != 0)
		assert_non_null(strstr(err.text, "systemd.unified_cgroup_hierarchy=1"));
}

static void a_controller_that_does_not_exist_is_not_there(void **state)
{
	(void)state;
	assert_false(cg_has_controller("nothing"));
	assert_false(cg_has_controller(""));
	assert_false(cg_has_controller("cgroup"));
}

static void processes_in_a_parent_are_given_as_the_reason(void **state)
{
	static const struct cg_value values[] = { { "hugetlb.2MB.max", "0" } };
	struct vps_err err = { 0 }, second = { 0 };
	char inner[128], type[32];
	OWN_FD fd = FD_NONE, inner_fd = FD_NONE;
	pid_t pid;

	(void)state;
	need(missing_hugetlb);
	(void)snprintf(inner, sizeof(inner), "%s/inner", leaf);
	fd = make_leaf();
	pid = sleep_in(fd);
	assert_int_equal(cg_create(inner, values, 1, &err), -EBUSY);
	assert_non_null(strstr(err.text, "hugetlb"));
	assert_non_null(strstr(err.text, "processes in it must move"));
	assert_false(exists(inner));
	/* Accounting alone is not worth an error, nor turning the parent into a cgroup of threads. */
	inner_fd = cg_create(inner, NULL, 0, &second);
	assert_true(inner_fd >= 0);
	assert_int_equal(file_read_line(inner_fd, "cgroup.type", type, sizeof(type)), 6);
	assert_string_equal(type, "domain");
	remove_leaf();
	assert_killed(pid);
}

static void delegating_gives_the_inside_and_no_limit(void **state)
{
	static const char *const theirs[] = { ".", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control" };
	static const char *const ours[] = { "cgroup.freeze", "cgroup.kill", "cgroup.max.depth" };
	struct vps_err err = { 0 };
	struct stat st;
	OWN_FD fd = FD_NONE;
	size_t i;

	(void)state;
	need(missing);
	fd = make_leaf();
	assert_int_equal(cg_delegate(fd, 100000, 200000, &err), 0);
	for (i = 0; i < ARRAY_LEN(theirs); i++) {
		assert_int_equal(fstatat(fd, theirs[i], &st, 0), 0);
		assert_int_equal(st.st_uid, 100000);
		assert_int_equal(st.st_gid, 200000);
	}
	for (i = 0; i < ARRAY_LEN(ours); i++) {
		assert_int_equal(fstatat(fd, ours[i], &st, 0), 0);
		assert_int_equal(st.st_uid, 0);
	}
	remove_leaf();
}

static ino_t inode(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static void exec_goes_to_the_vps_s_own_or_to_where_init_lives(void **state)
{
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE, scope = FD_NONE, found = FD_NONE;
	pid_t pid, stranger;

	(void)state;
	need(missing_hugetlb);
	fd = cg_create(leaf, (const struct cg_value[]){ { "hugetlb.2MB.max", "0" } }, 1, &err);
	assert_int_equal(mkdirat(fd, "init.scope", 0755), 0);
	scope = openat(fd, "init.scope", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pid = sleep_in(scope);
	stranger = fork();
	if (stranger == 0)
		for (;;)
			(void)pause();
	found = cg_open_for_exec(leaf, pid, &err);
	assert_int_equal(inode(found), inode(fd));
	own_close(&found);

	/* As systemd does: from here on only leaves hold processes. */
	assert_int_equal(file_write(fd, "cgroup.subtree_control", "+hugetlb", &err), 0);
	found = cg_open_for_exec(leaf, pid, &err);
	assert_true(found >= 0);
	assert_int_equal(inode(found), inode(scope));

	/* A pid that was used again must not lead out of the VPS. */
	assert_int_equal(cg_open_for_exec(leaf, stranger, &err), -VPS_ESTATE);
	assert_non_null(strstr(err.text, "not in the VPS's cgroup"));
	err = (struct vps_err){ 0 };
	assert_int_equal(kill(stranger, SIGKILL), 0);
	assert_killed(stranger);
	assert_int_equal(cg_open_for_exec(leaf, stranger, &err), -ENOENT);
	remove_leaf();
	assert_killed(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_that_leads_elsewhere_is_refused),
		cmocka_unit_test(the_controller_of_a_file_stands_before_the_first_dot),
		cmocka_unit_test(a_cgroup_comes_with_its_parents_and_goes_with_them),
		cmocka_unit_test(a_parent_that_somebody_else_made_or_uses_stays),
		cmocka_unit_test(creating_and_removing_at_once_does_not_fail_either),
		cmocka_unit_test(what_lives_in_it_is_counted_frozen_and_killed),
		cmocka_unit_test(a_frozen_one_is_removed_too),
		cmocka_unit_test(what_a_tenant_nested_and_named_is_removed_whole),
		cmocka_unit_test(a_value_is_written_and_read_as_a_number),
		cmocka_unit_test(every_limit_of_a_vps_arrives_in_the_kernel),
		cmocka_unit_test(a_limit_that_the_kernel_refuses_is_named),
		cmocka_unit_test(several_lines_are_several_writes_and_the_last_wins),
		cmocka_unit_test(a_refused_value_is_named_and_earlier_ones_stay),
		cmocka_unit_test(a_limit_whose_controller_is_missing_is_refused_by_name),
		cmocka_unit_test(a_controller_that_does_not_exist_is_not_there),
		cmocka_unit_test(processes_in_a_parent_are_given_as_the_reason),
		cmocka_unit_test(delegating_gives_the_inside_and_no_limit),
		cmocka_unit_test(exec_goes_to_the_vps_s_own_or_to_where_init_lives),
	};

	return cmocka_run_group_tests(tests, probe, NULL);
}
