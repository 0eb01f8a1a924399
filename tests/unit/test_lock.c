// SPDX-License-Identifier: GPL-2.0-or-later
/* A lock keeps others out, dies with its holder, and survives the file's removal. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/lock.h"
#include "base/own.h"
#include "scratch.h"

/* A process that takes the lock, says so, and sleeps until it is killed. */
static pid_t holder(const struct scratch *scratch)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct vps_err err = { 0 };

		if (lock_take(scratch->fd, "lock", 0, &err) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
	return pid;
}

static void a_held_lock_is_refused_with_the_pid_of_its_holder(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };
	char pid_text[24];
	pid_t pid = holder(scratch);

	assert_true(lock_is_held(scratch->fd, "lock"));
	assert_int_equal(lock_take(scratch->fd, "lock", 30, &err), -VPS_ELOCKED);
	(void)snprintf(pid_text, sizeof(pid_text), "pid %d", (int)pid);
	assert_non_null(strstr(err.text, pid_text));
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

static void a_lock_dies_with_its_holder(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };
	pid_t pid = holder(scratch);
	OWN_FD fd = FD_NONE;

	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	assert_false(lock_is_held(scratch->fd, "lock"));
	fd = lock_take(scratch->fd, "lock", 0, &err);
	assert_true(fd >= 0);
}

static void waiting_for_ever_ends_when_the_holder_goes(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };
	pid_t pid = holder(scratch), killer = fork();
	OWN_FD fd = FD_NONE;

	if (killer == 0) {
		(void)usleep(50000);
		(void)kill(pid, SIGKILL);
		_exit(0);
	}
	fd = lock_take(scratch->fd, "lock", -1, &err);
	assert_true(fd >= 0);
	(void)waitpid(pid, NULL, 0);
	(void)waitpid(killer, NULL, 0);
}

static void a_lock_on_a_removed_file_is_taken_anew(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };
	OWN_FD first = lock_take(scratch->fd, "lock", 0, &err);
	OWN_FD second = FD_NONE;

	assert_true(first >= 0);
	assert_int_equal(unlinkat(scratch->fd, "lock", 0), 0);
	second = lock_take(scratch->fd, "lock", 0, &err);
	assert_true(second >= 0);
	assert_int_equal(faccessat(scratch->fd, "lock", F_OK, 0), 0);
}

static void nobody_holds_what_is_not_there(void **state)
{
	const struct scratch *scratch = *state;
	struct vps_err err = { 0 };

	assert_false(lock_is_held(scratch->fd, "none"));
	assert_int_equal(symlinkat("elsewhere", scratch->fd, "link"), 0);
	assert_int_equal(lock_take(scratch->fd, "link", 0, &err), -ELOOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_held_lock_is_refused_with_the_pid_of_its_holder),
		scratch_test(a_lock_dies_with_its_holder),
		scratch_test(waiting_for_ever_ends_when_the_holder_goes),
		scratch_test(a_lock_on_a_removed_file_is_taken_anew),
		scratch_test(nobody_holds_what_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
