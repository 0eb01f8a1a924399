// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "isolation/caps.h"
#include "need.h"

#define BIT(number)	(UINT64_C(1) << (number))

static const char *missing;

static int probe(void **state)
{
	(void)state;
	if (geteuid() != 0 || prctl(PR_CAPBSET_READ, CAP_SETPCAP) != 1)
		missing = "root with CAP_SETPCAP";
	return 0;
}

static void every_capability_of_this_kernel_has_a_name_that_parses_back(void **state)
{
	unsigned n;

	(void)state;
	assert_in_range(caps_last(), CAP_LAST_CAP > 40 ? 40 : CAP_LAST_CAP, 62);
	for (n = 0; n <= CAP_LAST_CAP; n++) {
		assert_non_null(caps_name(n));
		assert_int_equal(strncmp(caps_name(n), "CAP_", 4), 0);
		assert_int_equal(caps_parse(caps_name(n)), n);
	}
	assert_string_equal(caps_name(CAP_NET_BIND_SERVICE), "CAP_NET_BIND_SERVICE");
	assert_null(caps_name(63));
	assert_null(caps_name(64));
}

static void only_the_specification_s_spelling_is_a_name(void **state)
{
	static const char *const wrong[] = {
		"", "CHOWN", "cap_chown", "Cap_Chown", "CAP_", "CAP_NOTHING", "0", "63", "CAP_CHOWN ",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(caps_parse(wrong[i]), -EINVAL);
}

static void the_system_container_lacks_what_reaches_the_host(void **state)
{
	static const int excluded[] = {
		CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_TIME, CAP_SYS_PACCT, CAP_MAC_ADMIN,
		CAP_MAC_OVERRIDE, CAP_SYSLOG, CAP_AUDIT_READ, CAP_WAKE_ALARM, CAP_BLOCK_SUSPEND,
		CAP_PERFMON, CAP_BPF, CAP_CHECKPOINT_RESTORE,
	};
	uint64_t all = BIT(CAP_LAST_CAP + 1) - 1;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(excluded); i++) {
		assert_false(caps_system_container & BIT(excluded[i]));
		all &= ~BIT(excluded[i]);
	}
	/* Every capability is decided on: a new one makes this fail until it is. */
	assert_int_equal(caps_system_container, all);
}

/* Run body in a child with all that a root process has; its status. */
static int in_a_child(int (*body)(void))
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static uint64_t status_line(const char *key)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long long value = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, key, strlen(key)) == 0)
			(void)sscanf(line + strlen(key), ": %llx", &value);
	own_fclose(&file);
	return value;
}

static int drop_to_a_user(void)
{
	const uint64_t few = BIT(CAP_CHOWN) | BIT(CAP_NET_BIND_SERVICE);
	const struct caps_sets sets = {
		.bounding = few, .effective = BIT(CAP_CHOWN), .permitted = few,
		/* What is not in the bounding set is left out of inheritable and ambient. */
		.inheritable = BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SYS_ADMIN),
		.ambient = BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SYS_ADMIN),
	};
	struct vps_err err = { 0 };

	if (caps_before_setuid(&sets, &err) < 0 || setuid(12345) < 0 ||
	    caps_after_setuid(&sets, &err) < 0) {
		print_error("%s\n", err.text);
		return 1;
	}
	return status_line("CapBnd") != few || status_line("CapEff") != BIT(CAP_CHOWN) ||
	       status_line("CapPrm") != few ||
	       status_line("CapInh") != BIT(CAP_NET_BIND_SERVICE) ||
	       status_line("CapAmb") != BIT(CAP_NET_BIND_SERVICE);
}

static void the_sets_survive_a_change_of_user_as_they_were_asked_for(void **state)
{
	(void)state;
	need(missing);
	assert_int_equal(in_a_child(drop_to_a_user), 0);
}

static int ask_for_a_dropped_one(void)
{
	const struct caps_sets sets = { .bounding = BIT(CAP_MKNOD) | BIT(CAP_CHOWN) };
	const uint64_t before = status_line("CapBnd") & ~BIT(CAP_MKNOD);
	struct vps_err err = { 0 };

	if (prctl(PR_CAPBSET_DROP, CAP_MKNOD) < 0)
		return 1;
	return caps_before_setuid(&sets, &err) != -EPERM || !strstr(err.text, "CAP_MKNOD") ||
	       !strstr(err.text, "bounding") || status_line("CapBnd") != before;
}

static int ask_for_one_that_no_kernel_has(void)
{
	const struct caps_sets sets = { .bounding = BIT(62) };
	struct vps_err err = { 0 };

	return caps_before_setuid(&sets, &err) != -EPERM;
}

static int permit_what_is_not_there(void)
{
	const struct caps_sets few = { .permitted = BIT(CAP_CHOWN) };
	const struct caps_sets more = { .permitted = BIT(CAP_CHOWN) | BIT(CAP_KILL) };
	const struct caps_sets odd = { .effective = BIT(CAP_CHOWN) };
	struct vps_err first = { 0 }, second = { 0 };

	if (caps_after_setuid(&few, &first) < 0)
		return 1;
	if (caps_after_setuid(&more, &first) != -EPERM || !strstr(first.text, "CAP_KILL"))
		return 2;
	return caps_after_setuid(&odd, &second) != -EINVAL || !strstr(second.text, "CAP_CHOWN");
}

static void what_the_process_lacks_is_named_before_anything_is_dropped(void **state)
{
	(void)state;
	need(missing);
	assert_int_equal(in_a_child(ask_for_a_dropped_one), 0);
	assert_int_equal(in_a_child(ask_for_one_that_no_kernel_has), 0);
	assert_int_equal(in_a_child(permit_what_is_not_there), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_capability_of_this_kernel_has_a_name_that_parses_back),
		cmocka_unit_test(only_the_specification_s_spelling_is_a_name),
		cmocka_unit_test(the_system_container_lacks_what_reaches_the_host),
		cmocka_unit_test(the_sets_survive_a_change_of_user_as_they_were_asked_for),
		cmocka_unit_test(what_the_process_lacks_is_named_before_anything_is_dropped),
	};

	return cmocka_run_group_tests(tests, probe, NULL);
}
