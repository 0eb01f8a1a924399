// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of the view show for a cgroup, which here is a directory of ours. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/cg_limits.h"
#include "need.h"
#include "runtime/view_text.h"

struct fixture {
	char        dir[32];
	struct view view;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/vps-view.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->view.cg_fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	f->view.page = aligned_alloc(4096, sizeof(*f->view.page));
	memset(f->view.page, 0, sizeof(*f->view.page));
	f->view.page->start_nsec = view_now() - 100 * 1000000000LL;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct vps_err ignored = { 0 };

	(void)tree_remove(AT_FDCWD, f->dir, &ignored);
	own_close(&f->view.cg_fd);
	free(f->view.page);
	free(f);
	return 0;
}

static void put(const struct fixture *f, const char *file, const char *text)
{
	struct vps_err err = { 0 };

	assert_int_equal(file_replace(f->view.cg_fd, file, text, strlen(text), 0600, false, &err),
			 0);
}

/* The caller frees it. */
static char *show(struct fixture *f, enum view_file file)
{
	struct view_text text = { 0 };

	view_render(&f->view, file, &text);
	assert_false(text.is_failed);
	view_put_bytes(&text, "", 1);
	return text.data;
}

static void expect(struct fixture *f, enum view_file file, const char *part)
{
	OWN_MEM char *text = show(f, file);

	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void expect_not(struct fixture *f, enum view_file file, const char *part)
{
	OWN_MEM char *text = show(f, file);

	if (strstr(text, part))
		fail_msg("\"%s\" in:\n%s", part, text);
}

static void meminfo_is_that_of_the_cgroup(void **state)
{
	struct fixture *f = *state;

	put(f, "memory.max", "104857600\n");
	put(f, "memory.current", "41943040\n");
	put(f, "memory.stat",
	    "anon 10485760\nfile 20971520\nactive_file 4194304\ninactive_file 8388608\n"
	    "active_anon 1048576\nslab_reclaimable 1048576\nshmem 2097152\n");
	expect(f, VIEW_MEMINFO, "MemTotal:         102400 kB\nMemFree:           61440 kB\n");
	expect(f, VIEW_MEMINFO, "MemAvailable:      74752 kB\n");
	expect(f, VIEW_MEMINFO, "\nCached:            20480 kB\n");
	expect(f, VIEW_MEMINFO, "\nActive:             5120 kB\n");
	expect(f, VIEW_MEMINFO, "\nShmem:              2048 kB\n");
	put(f, "memory.max", "209715200\n");
	expect(f, VIEW_MEMINFO, "MemTotal:         204800 kB\n");
}

static void meminfo_of_one_over_its_limit_has_nothing_free(void **state)
{
	struct fixture *f = *state;

	put(f, "memory.max", "1048576\n");
	put(f, "memory.current", "2097152\n");
	put(f, "memory.stat", "anon 2097152\n");
	expect(f, VIEW_MEMINFO, "MemTotal:           1024 kB\nMemFree:               0 kB\n"
				"MemAvailable:          0 kB\n");
}

/* The kernel reads memory.current and memory.stat at different times, and the latter may be old. */
static void meminfo_never_has_more_in_its_parts_than_in_all(void **state)
{
	struct fixture *f = *state;

	put(f, "memory.max", "104857600\n");
	put(f, "memory.current", "10485760\n");
	put(f, "memory.stat",
	    "anon 1048576\nfile 209715200\nactive_file 209715200\nslab_reclaimable 2097152\n");
	expect(f, VIEW_MEMINFO, "MemFree:           92160 kB\n");
	expect(f, VIEW_MEMINFO, "\nCached:             8192 kB\n");
	expect(f, VIEW_MEMINFO, "\nActive(file):      10240 kB\n");
	expect(f, VIEW_MEMINFO, "\nSReclaimable:       2048 kB\n");
	put(f, "memory.max", "1048576\n");
	expect(f, VIEW_MEMINFO, "MemTotal:           1024 kB\nMemFree:               0 kB\n");
	expect(f, VIEW_MEMINFO, "\nCached:                0 kB\n");
	expect(f, VIEW_MEMINFO, "\nSReclaimable:       1024 kB\n");
}

static void meminfo_never_shows_more_than_the_host_has(void **state)
{
	struct fixture *f = *state;
	OWN_MEM char *host = NULL;
	struct vps_err err = { 0 };
	char line[64];

	put(f, "memory.max", "max\n");
	put(f, "memory.current", "0\n");
	put(f, "memory.stat", "anon 0\n");
	assert_int_equal(file_read(AT_FDCWD, "/proc/meminfo", 65536, &host, NULL, &err), 0);
	(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(host, "\n"), host);
	expect(f, VIEW_MEMINFO, line);
	put(f, "memory.max", "9223372036854771712\n");
	expect(f, VIEW_MEMINFO, line);
}

static void without_a_controller_the_host_is_shown_but_no_disk(void **state)
{
	struct fixture *f = *state;
	OWN_MEM char *disks = show(f, VIEW_DISKSTATS);

	expect(f, VIEW_MEMINFO, "VmallocTotal:   3");
	assert_string_equal(disks, "");
	assert_int_equal(view_cpus(&f->view), get_nprocs());
}

static void a_quota_is_rounded_up_to_processors(void **state)
{
	static const struct {
		const char *quota;
		uint64_t    milli;
	} cases[] = {
		{ "150000 100000\n", 1500 }, { "100000 100000\n", 1000 }, { "1000 100000\n", 10 },
		{ "1 100000\n", 1 },	     { "max 100000\n", UINT64_MAX }, { "400000 100000\n", 4000 },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t cpus = cases[i].milli == UINT64_MAX ? (uint64_t)get_nprocs() :
							       (cases[i].milli + 999) / 1000;

		put(f, "cpu.max", cases[i].quota);
		assert_int_equal(cg_millicpus(f->view.cg_fd), cases[i].milli);
		if (cpus > (uint64_t)get_nprocs())
			cpus = (uint64_t)get_nprocs();
		assert_int_equal(view_cpus(&f->view), cpus);
	}
	put(f, "cpu.max", "max 100000\n");
	put(f, "cpuset.cpus.effective", "3\n");
	assert_int_equal(view_cpus(&f->view), 1);
	expect(f, VIEW_CPU_ONLINE, "0\n");
	expect(f, VIEW_CPUINFO, "processor\t: 0\n");
	expect_not(f, VIEW_CPUINFO, "processor\t: 1\n");
}

static void lists_of_processors_are_counted(void **state)
{
	(void)state;
	assert_int_equal(cg_count_cpus(""), 0);
	assert_int_equal(cg_count_cpus("\n"), 0);
	assert_int_equal(cg_count_cpus("0-3,8,10-11\n"), 7);
	assert_int_equal(cg_count_cpus("5-3"), 0);
	assert_int_equal(cg_count_cpus("x"), 0);
}

/* 100 s ago it began, on one processor; 20 s of them it ran, 30 s it was throttled. */
static void stat_adds_up_to_the_time_that_passed(void **state)
{
	struct fixture *f = *state;
	OWN_MEM char *text = NULL;
	unsigned long user, system, idle, steal;

	put(f, "cpu.max", "50000 100000\n");
	put(f, "cpu.stat", "usage_usec 20000000\nuser_usec 15000000\nsystem_usec 5000000\n"
			   "throttled_usec 30000000\n");
	text = show(f, VIEW_STAT);
	assert_int_equal(sscanf(text, "cpu  %lu 0 %lu %lu 0 0 0 %lu", &user, &system, &idle, &steal),
			 4);
	assert_int_equal(user, 1500);
	assert_int_equal(system, 500);
	assert_int_equal(steal, 3000);
	assert_in_range(idle, 5000, 5100);
	expect(f, VIEW_STAT, "\ncpu0 1500 0 500 ");
	expect(f, VIEW_UPTIME, "100.");
}

/* Throttled for longer than there was time, a clock of the cgroup that goes back, fewer processors. */
static void stat_never_goes_back(void **state)
{
	static const char *const stats[] = {
		"user_usec 1000000\nsystem_usec 0\nthrottled_usec 999000000000\n",
		"user_usec 500000\nsystem_usec 0\nthrottled_usec 0\n",
		"user_usec 900000000000\nsystem_usec 5\nthrottled_usec 5\n",
		"",
	};
	struct fixture *f = *state;
	unsigned long before[4] = { 0 }, now[4];
	size_t i, j;

	for (i = 0; i < ARRAY_LEN(stats); i++) {
		OWN_MEM char *text = NULL;

		put(f, "cpu.max", i % 2 ? "100000 100000\n" : "max 100000\n");
		put(f, "cpu.stat", stats[i]);
		(void)usleep(2000);
		text = show(f, VIEW_STAT);
		assert_int_equal(sscanf(text, "cpu  %lu 0 %lu %lu 0 0 0 %lu", &now[0], &now[1],
					&now[2], &now[3]), 4);
		for (j = 0; j < 4; j++)
			assert_true(now[j] >= before[j]);
		memcpy(before, now, sizeof(now));
	}
}

static void load_of_the_past_is_the_time_used(void **state)
{
	struct fixture *f = *state;
	OWN_MEM char *text = NULL;
	double one, five;

	put(f, "cgroup.threads", "");
	put(f, "cpu.stat", "user_usec 200000000\nsystem_usec 0\n");	/* two tasks for 100 s */
	text = show(f, VIEW_LOADAVG);
	assert_int_equal(sscanf(text, "%lf %lf", &one, &five), 2);
	assert_true(one > 1.2 && one < 1.7);
	assert_true(five > 0.4 && five < 0.7);
}

/* Some block device of this machine that is no loop device. False: there is none. */
static bool find_disk(char numbers[32], char name[NAME_MAX + 1])
{
	OWN_DIR *dir = opendir("/sys/dev/block");
	const struct dirent *entry;
	unsigned major;

	while (dir && (entry = readdir(dir))) {
		char target[PATH_MAX];
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		if (len < 0 || sscanf(entry->d_name, "%u:", &major) != 1 || major == 7)
			continue;
		target[len] = '\0';
		(void)snprintf(numbers, 32, "%.31s", entry->d_name);
		(void)snprintf(name, NAME_MAX + 1, "%.*s", NAME_MAX, strrchr(target, '/') + 1);
		return true;
	}
	return false;
}

static void disks_are_those_that_the_cgroup_used(void **state)
{
	struct fixture *f = *state;
	char numbers[32], name[NAME_MAX + 1], text[500], line[400];
	unsigned major, minor;

	if (!find_disk(numbers, name) || sscanf(numbers, "%u:%u", &major, &minor) != 2)
		skip();
	(void)snprintf(text, sizeof(text),
		       "%s rbytes=1024 wbytes=2048 rios=3 wios=4 dbytes=512 dios=1\n"
		       "7:0 rbytes=1024 wbytes=2048 rios=3 wios=4 dbytes=512 dios=1\n"
		       "4095:1 rbytes=1\nnonsense\n", numbers);
	(void)snprintf(line, sizeof(line), "%4u %7u %s 3 0 2 0 4 0 4 0 0 0 0 1 0 1 0 0 0\n", major,
		       minor, name);
	put(f, "io.stat", text);
	expect(f, VIEW_DISKSTATS, line);
	expect_not(f, VIEW_DISKSTATS, "4095");
	expect_not(f, VIEW_DISKSTATS, "loop");	/* what it did, the disk below has done */
}

static void pressure_is_the_file_of_the_cgroup(void **state)
{
	struct fixture *f = *state;

	put(f, "io.pressure", "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\n");
	expect(f, VIEW_PRESSURE_IO, "total=4\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(meminfo_is_that_of_the_cgroup),
		TEST(meminfo_of_one_over_its_limit_has_nothing_free),
		TEST(meminfo_never_has_more_in_its_parts_than_in_all),
		TEST(meminfo_never_shows_more_than_the_host_has),
		TEST(without_a_controller_the_host_is_shown_but_no_disk),
		TEST(a_quota_is_rounded_up_to_processors),
		cmocka_unit_test(lists_of_processors_are_counted),
		TEST(stat_adds_up_to_the_time_that_passed),
		TEST(stat_never_goes_back),
		TEST(load_of_the_past_is_the_time_used),
		TEST(disks_are_those_that_the_cgroup_used),
		TEST(pressure_is_the_file_of_the_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
