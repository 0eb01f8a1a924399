// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor answers for every row of its table, whoever asks, and leaves nothing behind. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "runtime/doctor.h"

#define NOBODY 65534

/* In place of runtime/host.c: a host is where ROOT is, and the doctor asks for no more. */
struct vps_host {
	char path[64];
	int  fd;
};

int vps_host_root_fd(const struct vps_host *host)
{
	return host->fd;
}

const char *vps_host_root_path(const struct vps_host *host)
{
	return host->path;
}

static int make_host(void **state)
{
	static struct vps_host host;

	(void)snprintf(host.path, sizeof(host.path), "/tmp/test_doctor.XXXXXX");
	if (!mkdtemp(host.path) || chmod(host.path, 0755) < 0)
		return -1;
	host.fd = open(host.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &host;
	return host.fd < 0 ? -1 : 0;
}

/* Not tree_remove(): a directory that is not empty has something of the doctor's in it. */
static int remove_host(void **state)
{
	struct vps_host *host = *state;

	(void)close(host->fd);
	return rmdir(host->path);
}

static struct vps_finding *examine(struct vps_host *host)
{
	struct vps_finding *findings = NULL;
	struct vps_err err = { 0 };
	size_t count = 0;

	assert_int_equal(vps_doctor(host, &findings, &count, &err), 0);
	assert_int_equal(count, doctor_check_count);
	return findings;
}

static size_t row_of(const char *name)
{
	size_t i;

	for (i = 0; i < doctor_check_count; i++)
		if (strcmp(doctor_checks[i].name, name) == 0)
			return i;
	fail_msg("no check of the name %s", name);
	return 0;
}

static unsigned count_fds(void)
{
	OWN_DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	return count;
}

/* ---- the table ---- */

static void test_rows_are_complete_and_fit(void **state)
{
	const struct vps_finding *room = NULL;
	size_t i, j;

	(void)state;
	for (i = 0; i < doctor_check_count; i++) {
		const struct check *check = &doctor_checks[i];

		assert_non_null(check->name);
		assert_non_null(check->probe);
		assert_non_null(check->remedy);
		assert_true(strlen(check->remedy) < sizeof(room->remedy));
		/* Half of the room is for what was found. */
		assert_true(!check->lost || strlen(check->lost) < sizeof(room->what) / 2);
		/* What is not required says what goes without it, unless it is for information. */
		if (!check->is_required && check->probe != doctor_security &&
		    check->probe != doctor_space)
			assert_non_null(check->lost);
		for (j = 0; j < i; j++)
			assert_string_not_equal(check->name, doctor_checks[j].name);
	}
}

/* ---- a whole examination ---- */

static void check_findings(const struct vps_finding *findings)
{
	size_t i;

	for (i = 0; i < doctor_check_count; i++) {
		const struct vps_finding *finding = &findings[i];

		assert_string_equal(finding->name, doctor_checks[i].name);
		assert_int_equal(finding->is_required, doctor_checks[i].is_required);
		assert_true(*finding->what != '\0');
		if (finding->is_ok && *finding->remedy)
			fail_msg("%s is fine, and yet: %s", finding->name, finding->remedy);
		if (!finding->is_ok && !*finding->remedy)
			fail_msg("%s: no remedy for: %s", finding->name, finding->what);
		if (strlen(finding->what) + 1 >= sizeof(finding->what) ||
		    strlen(finding->remedy) + 1 >= sizeof(finding->remedy))
			fail_msg("%s is cut: %s, %s", finding->name, finding->what,
				 finding->remedy);
		/* What no probe said: it died, or gave no answer. */
		if (strstr(finding->what, "examining it ended") ||
		    strstr(finding->what, "no answer"))
			fail_msg("%s: %s", finding->name, finding->what);
	}
}

static void test_every_check_has_an_answer(void **state)
{
	OWN_MEM struct vps_finding *findings = examine(*state);

	check_findings(findings);
}

static void test_nothing_is_left(void **state)
{
	const unsigned before = count_fds();
	OWN_MEM struct vps_finding *findings = NULL;
	sigset_t mask_before, mask_after;
	char place[80];
	int signal;

	(void)sigprocmask(SIG_SETMASK, NULL, &mask_before);
	findings = examine(*state);
	assert_int_equal(count_fds(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	(void)sigprocmask(SIG_SETMASK, NULL, &mask_after);
	for (signal = 1; signal <= SIGRTMAX; signal++)
		assert_int_equal(sigismember(&mask_after, signal),
				 sigismember(&mask_before, signal));
	(void)snprintf(place, sizeof(place), "/sys/fs/cgroup/vps-doctor.%d", (int)getpid());
	assert_int_equal(access(place, F_OK), -1);
	(void)snprintf(place, sizeof(place), "/sys/fs/cgroup/unified/vps-doctor.%d", (int)getpid());
	assert_int_equal(access(place, F_OK), -1);
	/* And ROOT: remove_host(). */
}

static void test_what_a_killed_doctor_left_goes(void **state)
{
	struct vps_host *host = *state;
	OWN_MEM struct vps_finding *findings = NULL;

	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdirat(host->fd, ".doctor.999999999", 0700), 0);
	assert_int_equal(mkdirat(host->fd, ".doctor.999999999/layers", 0700), 0);
	findings = examine(host);
	assert_int_equal(faccessat(host->fd, ".doctor.999999999", F_OK, 0), -1);
}

static void test_without_a_root_the_rest_is_examined(void **state)
{
	OWN_MEM struct vps_finding *findings = examine(NULL);

	(void)state;
	check_findings(findings);
	assert_false(findings[row_of("free space")].is_ok);
	assert_true(findings[row_of("kernel")].is_ok);
}

/* As nobody, in a child; its exit status is the number of the statement that failed. */
static int examine_as_nobody(struct vps_host *host)
{
	struct vps_finding *findings;
	struct vps_err err = { 0 };
	size_t count, i;

	if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return 1;
	if (vps_doctor(host, &findings, &count, &err) < 0)
		return 2;
	if (findings[row_of("privileges")].is_ok || !findings[row_of("kernel")].is_ok)
		return 3;
	for (i = 0; i < count; i++) {
		bool says_so = strstr(findings[i].what, "needs root");

		if (doctor_checks[i].needs_root && (findings[i].is_ok || !says_so))
			return 4;
		if (!findings[i].is_ok && !*findings[i].remedy)
			return 5;
	}
	free(findings);
	return 0;
}

static void test_nobody_is_told_what_needs_root(void **state)
{
	pid_t pid;
	int status;

	if (geteuid() != 0)
		skip();
	pid = fork();
	if (pid == 0)
		_exit(examine_as_nobody(*state));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- probes that go wrong ---- */

static void dies(const struct doctor *doctor, const struct check *check,
		 struct vps_finding *finding)
{
	(void)doctor;
	(void)check;
	doctor_found(finding, "too early");
	(void)raise(SIGKILL);
}

static void hangs(const struct doctor *doctor, const struct check *check,
		  struct vps_finding *finding)
{
	(void)doctor;
	(void)check;
	(void)finding;
	for (;;)
		(void)pause();
}

static void says_nothing(const struct doctor *doctor, const struct check *check,
			 struct vps_finding *finding)
{
	(void)doctor;
	(void)check;
	(void)finding;
}

static void lacks_all(const struct doctor *doctor, const struct check *check,
		      struct vps_finding *finding)
{
	(void)doctor;
	doctor_lacks(finding, "%s", check->subject);
}

/* Run checks of a test's own as an unprivileged doctor; munmap() what it returns. */
static struct vps_finding *run_checks(const struct check *checks, size_t count, int timeout_msec)
{
	const struct doctor doctor = { .root = "", .root_fd = FD_NONE };
	struct vps_finding *findings = mmap(NULL, count * sizeof(*findings), PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct vps_err err = { 0 };
	size_t i;

	assert_ptr_not_equal(findings, MAP_FAILED);
	assert_int_equal(doctor_run(&doctor, checks, count, timeout_msec, findings, &err), 0);
	for (i = 0; i < count; i++)
		assert_false(findings[i].is_ok);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return findings;
}

static void test_a_probe_that_goes_wrong_is_a_finding(void **state)
{
	static const char long_text[] =
		"what was found is so long that nothing of what the table adds to it can be put "
		"behind it without cutting the sentence somewhere in the middle of a word";
	static const struct check checks[] = {
		{ "dies", true, false, dies, NULL, NULL, "a" },
		{ "says nothing", false, false, says_nothing, NULL, NULL, "b" },
		{ "lacks", false, false, lacks_all, "none", "nothing works", "c" },
		{ "lacks much", false, false, lacks_all, long_text, "nothing works", "d" },
		{ "needs root", true, true, lacks_all, "none", NULL, "e" },
	};
	struct vps_finding *findings = run_checks(checks, ARRAY_LEN(checks), 10000);

	(void)state;
	assert_non_null(strstr(findings[0].what, "signal 9"));
	assert_string_equal(findings[0].remedy, "a");
	assert_non_null(strstr(findings[1].what, "without a result"));
	assert_string_equal(findings[2].what, "none; without it nothing works");
	assert_string_equal(findings[2].remedy, "c");
	assert_string_equal(findings[3].what, long_text);
	assert_non_null(strstr(findings[4].what, "needs root"));
	(void)munmap(findings, sizeof(*findings) * ARRAY_LEN(checks));
}

static void test_a_probe_that_hangs_is_ended(void **state)
{
	static const struct check checks[] = {
		{ "hangs", true, false, hangs, NULL, NULL, "a" },
		{ "hangs too", true, false, hangs, NULL, NULL, "b" },
	};
	struct vps_finding *findings = run_checks(checks, ARRAY_LEN(checks), 100);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(checks); i++) {
		assert_non_null(strstr(findings[i].what, "no answer"));
		assert_string_equal(findings[i].remedy, checks[i].remedy);
	}
	(void)munmap(findings, sizeof(*findings) * ARRAY_LEN(checks));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_complete_and_fit),
		cmocka_unit_test_setup_teardown(test_every_check_has_an_answer, make_host,
						remove_host),
		cmocka_unit_test_setup_teardown(test_nothing_is_left, make_host, remove_host),
		cmocka_unit_test_setup_teardown(test_what_a_killed_doctor_left_goes, make_host,
						remove_host),
		cmocka_unit_test(test_without_a_root_the_rest_is_examined),
		cmocka_unit_test_setup_teardown(test_nobody_is_told_what_needs_root, make_host,
						remove_host),
		cmocka_unit_test(test_a_probe_that_goes_wrong_is_a_finding),
		cmocka_unit_test(test_a_probe_that_hangs_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
