// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel says of a victim is read, whatever the victim calls itself. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/own.h"
#include "runtime/oom.h"

#define SIZES " total-vm:64kB, anon-rss:32kB, file-rss:4kB, shmem-rss:1kB, UID:603979776 pgtables:16kB oom_score_adj:0\n"

static void a_victim_is_read(void **state)
{
	static const struct { const char *record, *name; bool is_host; } rows[] = {
		{ "3,812,5140900,-;Memory cgroup out of memory: Killed process 42 (awk)" SIZES, "awk", false },
		{ "3,812,5140900,-;Out of memory: Killed process 42 (awk)" SIZES " KEY=x\n", "awk", true },
		{ "3,1,1,-;Memory cgroup out of memory: Killed process 42 (a) total-vm:1kB)" SIZES,
		  "a) total-vm:1kB", false },
		{ "3,1,1,-;Memory cgroup out of memory: Killed process 42 ()" SIZES, "", false },
		{ "3,1,1,-;Memory cgroup out of memory: Killed process 42 (\\x0a\\x1b)" SIZES,
		  "\\x0a\\x1b", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct oom_victim victim;

		assert_true(oom_parse(rows[i].record, &victim));
		assert_int_equal(victim.pid, 42);
		assert_int_equal(victim.uid, 603979776);
		assert_string_equal(victim.name, rows[i].name);
		assert_int_equal(victim.anon_bytes, 32768);
		assert_int_equal(victim.file_bytes, 4096);
		assert_int_equal(victim.shmem_bytes, 1024);
		assert_int_equal(victim.is_host, rows[i].is_host);
	}
}

static void what_is_none_is_passed_over(void **state)
{
	static const char *const records[] = {
		"",
		";",
		"3,1,1,-",
		"3,1,1,-;usb 1-1: new device",
		/* from user space, which always has a facility */
		"11,1,1,-;Memory cgroup out of memory: Killed process 42 (awk)" SIZES,
		"3,1,1,-;x Memory cgroup out of memory: Killed process 42 (awk)" SIZES,
		"3,1,1,-;Memory cgroup out of memory: Killed process 42",
		"3,1,1,-;Memory cgroup out of memory: Killed process x (awk)" SIZES,
		"3,1,1,-;Memory cgroup out of memory: Killed process -1 (awk)" SIZES,
		"3,1,1,-;Memory cgroup out of memory: Killed process 42 [awk)" SIZES,
		"3,1,1,-;Memory cgroup out of memory: Killed process 42 (awk",
	};
	struct oom_victim victim = { .pid = 7 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(records); i++)
		assert_false(oom_parse(records[i], &victim));
	assert_int_equal(victim.pid, 7);
}

/* A pipe of packets has records, as the kernel's log. */
static int open_log(int *ret_writer)
{
	int fds[2];

	assert_return_code(pipe2(fds, O_DIRECT | O_NONBLOCK | O_CLOEXEC), errno);
	*ret_writer = fds[1];
	return fds[0];
}

static void write_record(int fd, const char *record)
{
	assert_int_equal(write(fd, record, strlen(record)), strlen(record));
}

static void *write_late(void *fd)
{
	(void)usleep(20000);
	write_record(*(int *)fd, "6,1,1,-;usb 1-1: new device\n");
	(void)usleep(20000);
	write_record(*(int *)fd, "3,2,1,-;Memory cgroup out of memory: Killed process 42 (awk)" SIZES);
	return NULL;
}

static void a_victim_that_is_late_is_waited_for(void **state)
{
	int writer, log_fd = open_log(&writer);
	struct oom_victim victim;
	pthread_t thread;

	(void)state;
	assert_false(oom_next(log_fd, 0, &victim));
	assert_int_equal(pthread_create(&thread, NULL, write_late, &writer), 0);
	assert_true(oom_next(log_fd, clock_msec() + 20000, &victim));
	assert_int_equal(victim.pid, 42);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_false(oom_next(log_fd, clock_msec() + 20, &victim));
	(void)close(writer);
	(void)close(log_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_victim_is_read),
		cmocka_unit_test(what_is_none_is_passed_over),
		cmocka_unit_test(a_victim_that_is_late_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
