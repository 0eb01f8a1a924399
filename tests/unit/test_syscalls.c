// SPDX-License-Identifier: GPL-2.0-or-later
/* Filters are run by an interpreter of the kernel's classic BPF, then loaded. */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/syscalls.h"
#include "isolation/syscalls_parts.h"
#include "need.h"

#define ALLOW		SECCOMP_RET_ALLOW
#define FAIL(code)	(SECCOMP_RET_ERRNO | (code))
#define CACHE		"test.syscalls.cache"

static const char *missing;

static int probe(void **state)
{
	static const char *const actions[] = { "errno", "user_notif" };
	char text[128];
	size_t i;

	(void)state;
	if (file_read_line(AT_FDCWD, "/proc/sys/kernel/seccomp/actions_avail", text,
			   sizeof(text)) < 0)
		missing = "seccomp";
	for (i = 0; !missing && i < ARRAY_LEN(actions); i++)
		if (!strstr(text, actions[i]))
			missing = "seccomp's actions errno and user_notif";
	return 0;
}

/* What the kernel would answer to a call. */
static uint32_t run(const struct sock_filter *insns, size_t count, const struct seccomp_data *data)
{
	uint32_t value = 0;
	size_t at = 0;

	for (;; at++) {
		const struct sock_filter *insn = &insns[at];

		assert_true(at < count);
		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(insn->k + sizeof(value) <= sizeof(*data));
			memcpy(&value, (const char *)data + insn->k, sizeof(value));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			value &= insn->k;
			break;
		case BPF_JMP | BPF_JA:
			at += insn->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += value == insn->k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			at += value > insn->k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			at += value >= insn->k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			at += value & insn->k ? insn->jt : insn->jf;
			break;
		case BPF_RET | BPF_K:
			return insn->k;
		default:
			fail_msg("instruction %#x", insn->code);
		}
	}
}

static struct syscalls_filter compile(const struct syscalls_profile *profile, int cache_fd)
{
	struct syscalls_filter filter = { 0 };
	struct vps_err err = { 0 };

	if (syscalls_compile(profile, cache_fd, &filter, &err) < 0)
		fail_msg("%s", err.text);
	return filter;
}

static uint32_t answer(const struct syscalls_filter *filter, uint32_t arch, long number,
		       unsigned index, uint64_t arg)
{
	struct seccomp_data data = { .nr = (int)number, .arch = arch };

	data.args[index] = arg;
	return run(filter->program, filter->length, &data);
}

static uint32_t native(const struct syscalls_filter *filter, long number)
{
	return answer(filter, AUDIT_ARCH_X86_64, number, 0, 0);
}

/* --- names ------------------------------------------------------------ */

static void a_sentence_names_the_place_the_word_and_what_is_allowed(void **state)
{
	static const char *const nonsense[] = { "NONSENSE" };
	static const struct syscalls_arg odd_op[] = { { 0, "==", 1, 0 } },
		odd_index[] = { { 6, "SCMP_CMP_EQ", 1, 0 } };
	static const struct syscalls_rule good[] = { { .action = "SCMP_ACT_KILL" } };
	static const struct syscalls_rule odd_action[] = {
		{ .action = "SCMP_ACT_KILL" }, { .action = "allow" },
	};
	static const struct syscalls_rule no_action[] = { { .name_count = 0 } };
	static const struct syscalls_rule with_op[] = {
		{ .action = "SCMP_ACT_LOG", .args = odd_op, .arg_count = 1 },
	};
	static const struct syscalls_rule with_index[] = {
		{ .action = "SCMP_ACT_LOG", .args = odd_index, .arg_count = 1 },
	};
	static const struct syscalls_rule allow_errno[] = {
		{ .action = "SCMP_ACT_ALLOW", .has_errno = true, .errno_ret = 1 },
	};
	static const struct syscalls_rule big_errno[] = {
		{ .action = "SCMP_ACT_ERRNO", .has_errno = true, .errno_ret = 4096 },
	};
	static const struct syscalls_rule notify[] = { { .action = "SCMP_ACT_NOTIFY" } };
#define PROFILE .default_action = "SCMP_ACT_ALLOW"
#define RULES(list) .rules = list, .rule_count = ARRAY_LEN(list)
	static const struct {
		struct syscalls_profile profile;
		const char *place, *what;
	} cases[] = {
		{ { .default_action = "no" }, "defaultAction", "SCMP_ACT_TRACE" },
		{ { .default_action = NULL }, "defaultAction", "missing" },
		{ { .default_action = "SCMP_ACT_NOTIFY" }, "defaultAction", "SCMP_ACT_NOTIFY" },
		{ { PROFILE, .has_default_errno = true, .default_errno = 1 }, "defaultAction", "errno" },
		{ { PROFILE, .archs = nonsense, .arch_count = 1 }, "architectures[0]", "SCMP_ARCH_X86_64" },
		{ { PROFILE, .flags = nonsense, .flag_count = 1 }, "flags[0]", "SECCOMP_FILTER_FLAG_LOG" },
		{ { PROFILE, RULES(odd_action) }, "syscalls[1].action", "\"allow\"" },
		{ { PROFILE, RULES(no_action) }, "syscalls[0].action", "missing" },
		{ { PROFILE, RULES(with_op) }, "syscalls[0].args[0].op", "SCMP_CMP_MASKED_EQ" },
		{ { PROFILE, RULES(with_index) }, "syscalls[0].args[0].index", "6 is above 5" },
		{ { PROFILE, RULES(allow_errno) }, "syscalls[0].action", "takes no errno" },
		{ { PROFILE, RULES(big_errno) }, "syscalls[0].action", "4096 is above 4095" },
		{ { PROFILE, RULES(notify) }, "listenerPath", "missing" },
		{ { PROFILE, .listener_metadata = "x" }, "listenerMetadata", "listenerPath" },
	};
	static const struct syscalls_profile fine = { PROFILE, RULES(good) };
	struct vps_err err = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(syscalls_check(&fine, &err), 0);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		err = (struct vps_err){ 0 };
		assert_int_equal(syscalls_check(&cases[i].profile, &err), -EINVAL);
		assert_int_equal(strncmp(err.text, cases[i].place, strlen(cases[i].place)), 0);
		assert_non_null(strstr(err.text, cases[i].what));
	}
}

static void every_action_is_compiled_to_the_kernel_s(void **state)
{
	static const struct {
		const char *name;
		uint32_t    answer;
	} cases[] = {
		{ "SCMP_ACT_ERRNO", FAIL(EPERM) },
		{ "SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD },
		{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
		{ "SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD },
		{ "SCMP_ACT_LOG", SECCOMP_RET_LOG },
		{ "SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF },
		{ "SCMP_ACT_TRACE", SECCOMP_RET_TRACE | EPERM },
		{ "SCMP_ACT_TRAP", SECCOMP_RET_TRAP },
	};
	const struct syscalls_word *word;
	size_t i, count = 0;

	(void)state;
	for (word = syscalls_actions; word->name; word++)
		count++;
	assert_int_equal(count, ARRAY_LEN(cases) + 1);	/* and ALLOW, the default below */
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		const struct syscalls_rule rule = {
			.names = (const char *const[]){ "mkdir", "no_such_call" }, .name_count = 2,
			.action = cases[i].name,
		};
		const struct syscalls_profile profile = {
			.default_action = "SCMP_ACT_ALLOW", .rules = &rule, .rule_count = 1,
			.listener_path = "/run/listener",
		};
		struct syscalls_filter filter = compile(&profile, FD_NONE);

		assert_int_equal(native(&filter, SYS_mkdir), cases[i].answer);
		assert_int_equal(native(&filter, SYS_rmdir), ALLOW);
		assert_int_equal(filter.flags, strcmp(cases[i].name, "SCMP_ACT_NOTIFY") == 0 ?
					       SECCOMP_FILTER_FLAG_NEW_LISTENER : 0);
		syscalls_free(&filter);
		assert_null(filter.program);
	}
}

static void every_operator_compares_all_64_bits(void **state)
{
	static const struct {
		const char *op;
		uint64_t    value, value_two, matches, differs;
	} cases[] = {
		{ "SCMP_CMP_EQ", 0x100000005, 0, 0x100000005, 5 },
		{ "SCMP_CMP_NE", 0x100000005, 0, 5, 0x100000005 },
		{ "SCMP_CMP_LT", 0x100000005, 0, 6, 0x200000000 },
		{ "SCMP_CMP_LE", 0x100000005, 0, 0x100000005, 0x100000006 },
		{ "SCMP_CMP_GE", 0x100000005, 0, 0x100000005, 0xffffffff },
		{ "SCMP_CMP_GT", 0x100000005, 0, 0x200000000, 0x100000005 },
		{ "SCMP_CMP_MASKED_EQ", 0xf0000000f, 0x100000005, 0x7100000095, 5 },
	};
	const struct syscalls_word *word;
	size_t i, count = 0;

	(void)state;
	for (word = syscalls_operators; word->name; word++)
		count++;
	assert_int_equal(count, ARRAY_LEN(cases));
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		const struct syscalls_arg arg = { 3, cases[i].op, cases[i].value, cases[i].value_two };
		const struct syscalls_rule rule = {
			.names = (const char *const[]){ "mkdir" }, .name_count = 1,
			.action = "SCMP_ACT_ERRNO", .has_errno = true, .errno_ret = ENOLINK,
			.args = &arg, .arg_count = 1,
		};
		const struct syscalls_profile profile = {
			.default_action = "SCMP_ACT_ALLOW", .rules = &rule, .rule_count = 1,
		};
		struct syscalls_filter filter = compile(&profile, FD_NONE);

		assert_int_equal(answer(&filter, AUDIT_ARCH_X86_64, SYS_mkdir, 3, cases[i].matches),
				 FAIL(ENOLINK));
		assert_int_equal(answer(&filter, AUDIT_ARCH_X86_64, SYS_mkdir, 3, cases[i].differs),
				 ALLOW);
		syscalls_free(&filter);
	}
}

static void one_argument_compared_twice_means_either(void **state)
{
	static const struct syscalls_arg args[] = {
		{ 0, "SCMP_CMP_EQ", 4, 0 }, { 0, "SCMP_CMP_EQ", 7, 0 },
	};
	const struct syscalls_rule rule = {
		.names = (const char *const[]){ "close" }, .name_count = 1,
		.action = "SCMP_ACT_KILL", .args = args, .arg_count = 2,
	};
	const struct syscalls_profile profile = {
		.default_action = "SCMP_ACT_ALLOW", .rules = &rule, .rule_count = 1,
	};
	struct syscalls_filter filter = compile(&profile, FD_NONE);

	(void)state;
	assert_int_equal(answer(&filter, AUDIT_ARCH_X86_64, SYS_close, 0, 4), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(answer(&filter, AUDIT_ARCH_X86_64, SYS_close, 0, 7), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(answer(&filter, AUDIT_ARCH_X86_64, SYS_close, 0, 5), ALLOW);
	syscalls_free(&filter);
}

static void a_rule_without_comparisons_overrides_those_with_some(void **state)
{
	const char *const names[] = { "mkdir" };
	const struct syscalls_arg arg = { 0, "SCMP_CMP_EQ", 1, 0 };
	struct syscalls_rule rules[] = {
		{ .names = names, .name_count = 1, .action = "SCMP_ACT_ALLOW", .args = &arg, .arg_count = 1 },
		{ .names = names, .name_count = 1, .action = "SCMP_ACT_KILL" },
		{ .names = names, .name_count = 1, .action = "SCMP_ACT_ALLOW", .args = &arg, .arg_count = 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {	/* in either order */
		const struct syscalls_profile profile = {
			.default_action = "SCMP_ACT_ERRNO", .rules = rules + i, .rule_count = 2,
		};
		struct syscalls_filter filter = compile(&profile, FD_NONE);

		assert_int_equal(answer(&filter, AUDIT_ARCH_X86_64, SYS_mkdir, 0, 1),
				 SECCOMP_RET_KILL_THREAD);
		syscalls_free(&filter);
	}
}

static void an_architecture_that_is_not_listed_has_no_system_calls(void **state)
{
	static const struct syscalls_profile profile = { .default_action = "SCMP_ACT_ALLOW" };
	struct syscalls_filter filter = compile(&profile, FD_NONE);

	(void)state;
	assert_int_equal(native(&filter, SYS_mkdir), ALLOW);
	assert_int_equal(native(&filter, 0x40000000 + SYS_mkdir), FAIL(ENOSYS));
	assert_int_equal(answer(&filter, AUDIT_ARCH_I386, 39, 0, 0), FAIL(ENOSYS));
	syscalls_free(&filter);
}

static void flags_are_the_kernel_s_and_a_listener_s_only_with_one(void **state)
{
	static const char *const all[] = {
		"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
		"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	};
	const struct syscalls_rule notify = {
		.names = (const char *const[]){ "mkdir" }, .name_count = 1, .action = "SCMP_ACT_NOTIFY",
	};
	struct syscalls_profile profile = {
		.default_action = "SCMP_ACT_ALLOW", .flags = all, .flag_count = ARRAY_LEN(all),
	};
	struct syscalls_filter filter = compile(&profile, FD_NONE);

	(void)state;
	assert_int_equal(filter.flags, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
				       SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	syscalls_free(&filter);
	profile.rules = &notify;
	profile.rule_count = 1;
	profile.listener_path = "/run/listener";
	filter = compile(&profile, FD_NONE);
	assert_int_equal(filter.flags, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
				       SECCOMP_FILTER_FLAG_SPEC_ALLOW | 1 << 5 |
				       SECCOMP_FILTER_FLAG_NEW_LISTENER |
				       SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
	syscalls_free(&filter);
}

/* --- the profile of a system container ---------------------------------- */

static void a_system_container_may_run_a_system_and_not_reach_the_host(void **state)
{
	static const long allowed[] = {
		SYS_read, SYS_openat, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_fsopen,
		SYS_move_mount, SYS_clone, SYS_clone3, SYS_unshare, SYS_setns, SYS_reboot, SYS_ptrace,
		SYS_keyctl, SYS_add_key, SYS_name_to_handle_at, SYS_sethostname, SYS_personality,
		SYS_adjtimex, SYS_seccomp, SYS_prctl, SYS_socket, SYS_execve, SYS_request_key,
	};
	static const long refused[] = {
		SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module,
		SYS_delete_module, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_iopl, SYS_ioperm,
		SYS_swapon, SYS_swapoff, SYS_acct, SYS_settimeofday, SYS_clock_settime, SYS_syslog,
		SYS_quotactl, SYS_open_by_handle_at,
	};
	static const long unknown[] = {
		SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_uselib, SYS_ustat,
		SYS_nfsservctl, SYS_lookup_dcookie, 900, 0x40000000 + SYS_read, -1,
	};
	struct syscalls_filter filter = compile(&syscalls_system_container, FD_NONE);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(allowed); i++)
		assert_int_equal(native(&filter, allowed[i]), ALLOW);
	for (i = 0; i < ARRAY_LEN(refused); i++)
		assert_int_equal(native(&filter, refused[i]), FAIL(EPERM));
	for (i = 0; i < ARRAY_LEN(unknown); i++)
		assert_int_equal(native(&filter, unknown[i]), FAIL(ENOSYS));
	/* The same for 32-bit programs, by their own numbers. */
	assert_int_equal(answer(&filter, AUDIT_ARCH_I386, 3, 0, 0), ALLOW);	/* read */
	assert_int_equal(answer(&filter, AUDIT_ARCH_I386, 102, 0, 1), ALLOW);	/* socketcall */
	assert_int_equal(answer(&filter, AUDIT_ARCH_I386, 264, 0, 0), FAIL(EPERM)); /* clock_settime */
	assert_int_equal(answer(&filter, AUDIT_ARCH_I386, 283, 0, 0), FAIL(EPERM)); /* kexec_load */
	assert_int_equal(answer(&filter, AUDIT_ARCH_I386, 425, 0, 0), FAIL(ENOSYS)); /* io_uring */
	assert_int_equal(answer(&filter, AUDIT_ARCH_AARCH64, SYS_read, 0, 0), FAIL(ENOSYS));
	assert_int_equal(answer(&filter, AUDIT_ARCH_X86_64, SYS_request_key, 2, 1), FAIL(ENOSYS));
	syscalls_free(&filter);
}

static void no_upper_bit_carries_tiocsti_past_the_filter(void **state)
{
	struct syscalls_filter filter = compile(&syscalls_system_container, FD_NONE);
	const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386 };
	const long numbers[] = { SYS_ioctl, 54 };
	size_t arch;
	int bit;

	(void)state;
	for (arch = 0; arch < ARRAY_LEN(archs); arch++)
		for (bit = 0; bit < 64; bit++)
			assert_int_equal(answer(&filter, archs[arch], numbers[arch], 1,
						TIOCSTI ^ UINT64_C(1) << bit),
					 bit < 32 ? ALLOW : FAIL(EPERM));
	assert_int_equal(answer(&filter, archs[0], numbers[0], 1, TIOCSTI), FAIL(EPERM));
	assert_int_equal(answer(&filter, archs[0], numbers[0], 1, 0xffffffff00000000 | TIOCSTI),
			 FAIL(EPERM));
	assert_int_equal(answer(&filter, archs[0], numbers[0], 1, TCGETS), ALLOW);
	syscalls_free(&filter);
}

/* --- watched calls ------------------------------------------------------ */

static const char *const calls[] = { "sysinfo", "sched_getaffinity" };

static struct syscalls_profile watch(const struct syscalls_profile *profile)
{
	struct syscalls_profile copy = *profile;

	syscalls_watch(&copy, calls, ARRAY_LEN(calls));
	return copy;
}

static void watched_calls_are_notified_until_they_are_watched_no_more(void **state)
{
	const struct syscalls_profile profile = watch(&syscalls_system_container);
	struct syscalls_filter filter = compile(&profile, FD_NONE);
	uint32_t expected = SECCOMP_RET_USER_NOTIF;
	int i;

	(void)state;
	assert_true(filter.is_watched);
	assert_int_equal(filter.flags, SECCOMP_FILTER_FLAG_NEW_LISTENER | 1 << 5);
	for (i = 0; i < 2; i++) {
		assert_int_equal(native(&filter, SYS_sysinfo), expected);
		assert_int_equal(native(&filter, SYS_sched_getaffinity), expected);
		assert_int_equal(answer(&filter, AUDIT_ARCH_I386, 116, 0, 0), expected);
		assert_int_equal(answer(&filter, AUDIT_ARCH_I386, 242, 0, 0), expected);
		assert_int_equal(native(&filter, SYS_sched_setaffinity), ALLOW);
		assert_int_equal(native(&filter, SYS_bpf), FAIL(EPERM));
		assert_int_equal(native(&filter, SYS_io_uring_setup), FAIL(ENOSYS));
		syscalls_unwatch(&filter);
		expected = ALLOW;
	}
	assert_false(filter.is_watched);
	assert_int_equal(filter.flags, 0);
	syscalls_free(&filter);
}

static void what_a_profile_decides_about_a_call_is_not_changed_by_watching_it(void **state)
{
	static const struct syscalls_arg arg = { 0, "SCMP_CMP_EQ", 0, 0 };
#define CALL(call, what) { .names = (const char *const[]){ call }, .name_count = 1, .action = what }
	const struct syscalls_rule all[] = { CALL("sendmsg", "SCMP_ACT_ALLOW"),
		CALL("recvmsg", "SCMP_ACT_ALLOW"), CALL("sysinfo", "SCMP_ACT_ALLOW"),
		CALL("sched_getaffinity", "SCMP_ACT_ALLOW") };
	const struct syscalls_rule refused[] = { CALL("sysinfo", "SCMP_ACT_ERRNO") };
	const struct syscalls_rule one_of_two[] = { CALL("sysinfo", "SCMP_ACT_ALLOW"),
		CALL("sysinfo", "SCMP_ACT_LOG") };
	const struct syscalls_rule mute[] = { CALL("sendmsg", "SCMP_ACT_ERRNO") };
	const struct syscalls_rule deaf[] = { CALL("recvmsg", "SCMP_ACT_ERRNO") };
	const struct syscalls_rule agent[] = { CALL("mkdir", "SCMP_ACT_NOTIFY") };
	const struct syscalls_rule compared[] = {
		{ .names = calls, .name_count = 2, .action = "SCMP_ACT_ALLOW", .args = &arg, .arg_count = 1 },
	};
	const struct {
		struct syscalls_profile profile;
		bool                    is_watched;
	} cases[] = {
		{ { .default_action = "SCMP_ACT_ALLOW" }, true },
		{ { .default_action = "SCMP_ACT_ERRNO", RULES(all) }, true },
		{ { .default_action = "SCMP_ACT_ERRNO" }, false },
		{ { .default_action = "SCMP_ACT_LOG" }, false },
		{ { PROFILE, RULES(refused) }, false },
		{ { PROFILE, RULES(one_of_two) }, false },
		{ { PROFILE, RULES(mute) }, false },
		{ { PROFILE, RULES(deaf) }, false },
		{ { PROFILE, RULES(agent), .listener_path = "/run/agent" }, false },
		{ { PROFILE, RULES(compared) }, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(watch(&cases[i].profile).watched_count,
				 cases[i].is_watched ? ARRAY_LEN(calls) : 0);
}

/* --- laying out --------------------------------------------------------- */

/* Every number that could matter, and arguments around every constant of the program. */
static void assert_same_decisions(const struct syscalls_program *a, const struct syscalls_program *b)
{
	static const uint32_t archs[] = {
		AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, 0,
	};
	static const uint64_t args[] = {
		0, 1, 2, 40, TIOCSTI, TIOCSTI + 1, UINT64_C(1) << 32 | TIOCSTI, UINT64_MAX, 0x7e020000,
	};
	static const uint32_t bases[] = { 0, 0x40000000, UINT32_MAX - 700 };
	size_t arch, base, arg;
	uint32_t number, i;

	for (arch = 0; arch < ARRAY_LEN(archs); arch++)
		for (base = 0; base < ARRAY_LEN(bases); base++)
			for (number = 0; number < 700; number++)
				for (arg = 0; arg < ARRAY_LEN(args); arg++) {
					struct seccomp_data data = {
						.nr = (int)(bases[base] + number), .arch = archs[arch],
					};

					for (i = 0; i < 6; i++)
						data.args[i] = args[(arg + i) % ARRAY_LEN(args)];
					assert_int_equal(run(a->insns, a->count, &data),
							 run(b->insns, b->count, &data));
				}
}

/* A profile as engines have them: some conditions, three architectures. */
static const struct syscalls_arg clone_args[] = { { 0, "SCMP_CMP_MASKED_EQ", 0x7e020000, 0 } };
static const struct syscalls_arg two_args[] = {
	{ 0, "SCMP_CMP_NE", 40, 0 }, { 2, "SCMP_CMP_LE", 2, 0 },
};
static const struct syscalls_rule engine_rules[] = {
	{ .names = (const char *const[]){ "read", "write", "open", "close", "mmap", "brk", "exit",
					  "exit_group", "futex", "execve", "socketcall", "ipc" },
	  .name_count = 12, .action = "SCMP_ACT_ALLOW" },
	{ .names = (const char *const[]){ "clone" }, .name_count = 1, .action = "SCMP_ACT_ALLOW",
	  .args = clone_args, .arg_count = 1 },
	{ .names = (const char *const[]){ "socket" }, .name_count = 1, .action = "SCMP_ACT_ALLOW",
	  .args = two_args, .arg_count = 2 },
	{ .names = (const char *const[]){ "mount" }, .name_count = 1, .action = "SCMP_ACT_KILL_PROCESS" },
	{ .names = (const char *const[]){ "personality" }, .name_count = 1,
	  .action = "SCMP_ACT_ALLOW",
	  .args = (const struct syscalls_arg[]){ { 0, "SCMP_CMP_EQ", 0, 0 } }, .arg_count = 1 },
};
static const struct syscalls_profile engine_profile = {
	.default_action = "SCMP_ACT_ERRNO",
	.archs = (const char *const[]){ "SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32" },
	.arch_count = 3,
	.rules = engine_rules,
	.rule_count = ARRAY_LEN(engine_rules),
};

static void a_new_layout_decides_every_call_as_libseccomp_does(void **state)
{
	const struct syscalls_profile watched = watch(&syscalls_system_container);
	const struct syscalls_profile *const profiles[] = { &syscalls_system_container, &engine_profile,
							    &watched };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(profiles); i++) {
		struct syscalls_program raw, laid_out;
		struct vps_err err = { 0 };

		assert_int_equal(syscalls_build(profiles[i], &raw, &err), 0);
		assert_int_equal(syscalls_layout(&raw, &laid_out), 0);
		assert_same_decisions(&raw, &laid_out);
		free(raw.insns);
		free(laid_out.insns);
	}
}

/* So many answers that no jump reaches the last from the first comparison: they come in between. */
static void a_long_search_has_its_answers_within_reach(void **state)
{
	enum { CALLS = 900, STEP = 2 };
	struct sock_filter insns[2 * CALLS + 3];
	struct syscalls_program raw = { insns, 0 }, laid_out;
	uint32_t i;

	(void)state;
	insns[raw.count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (i = 0; i < CALLS; i++) {
		insns[raw.count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, STEP * i, 0, 1);
		insns[raw.count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
								  SECCOMP_RET_ERRNO | i / 3 % 5);
	}
	insns[raw.count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ALLOW);
	assert_int_equal(syscalls_layout(&raw, &laid_out), 0);
	for (i = 0; i < STEP * CALLS + 9; i++) {
		const struct seccomp_data data = { .nr = (int)i };

		assert_int_equal(run(insns, raw.count, &data),
				 run(laid_out.insns, laid_out.count, &data));
	}
	free(laid_out.insns);
}

static void a_program_of_another_shape_is_left_alone(void **state)
{
	static struct sock_filter shapes[][4] = {
		/* computes with the number */
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 1),
		  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0), BPF_STMT(BPF_RET | BPF_K, ALLOW) },
		/* tests bits of it */
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		  BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 0), BPF_STMT(BPF_RET | BPF_K, ALLOW),
		  BPF_STMT(BPF_RET | BPF_K, ALLOW) },
		/* jumps past the end, or runs over it */
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 9, 0), BPF_STMT(BPF_RET | BPF_K, ALLOW),
		  BPF_STMT(BPF_RET | BPF_K, ALLOW) },
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) },
		/* compares what is there on one way and not on the other */
		{ BPF_STMT(BPF_LDX | BPF_IMM, 0), BPF_STMT(BPF_RET | BPF_A, 0),
		  BPF_STMT(BPF_RET | BPF_K, ALLOW), BPF_STMT(BPF_RET | BPF_K, ALLOW) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(shapes); i++) {
		const struct syscalls_program program = { shapes[i], ARRAY_LEN(shapes[i]) };
		struct syscalls_program untouched = { NULL, 0 };

		assert_int_equal(syscalls_layout(&program, &untouched), -EOPNOTSUPP);
		assert_null(untouched.insns);
	}
}

/* --- the cache ---------------------------------------------------------- */

static int open_cache(void)
{
	struct vps_err err = { 0 };

	assert_int_equal(tree_remove(AT_FDCWD, CACHE, &err), 0);
	return dir_make(AT_FDCWD, CACHE, 0700, &err);
}

/* Name of the only file in the cache. */
static void only_file(int cache_fd, char name[256])
{
	int dup_fd = dup(cache_fd);
	OWN_DIR *dir = fdopendir(dup_fd);
	const struct dirent *entry;
	int count = 0;

	assert_non_null(dir);
	rewinddir(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.') {
			(void)snprintf(name, 256, "%s", entry->d_name);
			count++;
		}
	assert_int_equal(count, 1);
}

static void assert_same_program(const struct syscalls_filter *a, const struct syscalls_filter *b)
{
	assert_int_equal(a->length, b->length);
	assert_memory_equal(a->program, b->program, a->length * sizeof(struct sock_filter));
}

static void what_was_compiled_once_is_read_back(void **state)
{
	OWN_FD fd = open_cache();
	struct syscalls_filter made = compile(&engine_profile, fd), read_back;
	char name[256];
	struct stat before, after;

	(void)state;
	only_file(fd, name);
	assert_int_equal(fstatat(fd, name, &before, 0), 0);
	assert_int_equal(before.st_mode & 07777, 0600);
	read_back = compile(&engine_profile, fd);
	assert_same_program(&made, &read_back);
	assert_int_equal(fstatat(fd, name, &after, 0), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	syscalls_free(&made);
	syscalls_free(&read_back);
}

static void a_text_gets_the_filter_that_was_made_of_it_and_no_other(void **state)
{
	static const char text[] = "{\"defaultAction\": \"SCMP_ACT_ERRNO\"}";
	static const char *const flags[] = { "SECCOMP_FILTER_FLAG_LOG" };
	const size_t len = sizeof(text) - 1;
	struct syscalls_profile profile = engine_profile;
	struct syscalls_filter made, recalled = { 0 };
	OWN_FD fd = open_cache();

	(void)state;
	made = compile(&profile, fd);
	assert_false(syscalls_recall(text, len, fd, &recalled));	/* there under another key */
	syscalls_free(&made);
	profile.text = text;
	profile.text_len = len;
	made = compile(&profile, fd);
	assert_true(syscalls_recall(text, len, fd, &recalled));
	assert_same_program(&made, &recalled);
	assert_int_equal(recalled.flags, 0);
	syscalls_free(&recalled);
	assert_false(syscalls_recall(text, len - 1, fd, &recalled));
	assert_false(syscalls_recall("{\"defaultAction\": \"SCMP_ACT_ERRNP\"}", len, fd, &recalled));
	assert_false(syscalls_recall(text, len, FD_NONE, &recalled));
	assert_null(recalled.program);
	syscalls_free(&made);

	/* What a program alone does not carry is not to be had by the text. */
	close(fd);
	fd = open_cache();
	profile.flags = flags;
	profile.flag_count = 1;
	made = compile(&profile, fd);
	assert_false(syscalls_recall(text, len, fd, &recalled));
	syscalls_free(&made);
	profile = (struct syscalls_profile){ .default_action = "SCMP_ACT_ALLOW", .text = text, .text_len = len };
	syscalls_watch(&profile, calls, ARRAY_LEN(calls));
	made = compile(&profile, fd);
	assert_true(made.is_watched);
	assert_false(syscalls_recall(text, len, fd, &recalled));
	syscalls_free(&made);
	profile = engine_profile;
	profile.text = text;
	profile.text_len = len;
	profile.listener_path = "/run/agent";
	made = compile(&profile, fd);
	assert_false(syscalls_recall(text, len, fd, &recalled));
	syscalls_free(&made);
}

static void a_damaged_file_is_compiled_anew_and_never_loaded(void **state)
{
	OWN_FD fd = open_cache();
	struct syscalls_filter good = compile(&engine_profile, fd);
	struct vps_err err = { 0 };
	OWN_MEM char *bytes = NULL;
	size_t len, at;
	char name[256];

	(void)state;
	only_file(fd, name);
	assert_int_equal(file_read(fd, name, 1 << 20, &bytes, &len, &err), 0);
	for (at = 0; at <= len; at += at < 40 || at + 40 > len ? 1 : 37) {
		struct syscalls_filter again;

		if (at == len) {		/* truncated, at several places */
			assert_int_equal(file_replace(fd, name, bytes, len / 2, 0600, false, &err), 0);
		} else {
			bytes[at] ^= 0x10;
			assert_int_equal(file_replace(fd, name, bytes, len, 0600, false, &err), 0);
			bytes[at] ^= 0x10;
		}
		again = compile(&engine_profile, fd);
		assert_same_program(&good, &again);
		syscalls_free(&again);
	}
	assert_int_equal(file_replace(fd, name, "", 0, 0600, false, &err), 0);
	{
		struct syscalls_filter again = compile(&engine_profile, fd);

		assert_same_program(&good, &again);
		syscalls_free(&again);
	}
	syscalls_free(&good);
}

/* The name's hash is fast, not strong: only the key inside says whose the file is. */
static void a_file_of_another_profile_under_the_name_is_not_taken(void **state)
{
	OWN_FD fd = open_cache();
	struct syscalls_filter wide, mine = compile(&engine_profile, fd), again;
	const struct syscalls_profile all = { .default_action = "SCMP_ACT_ALLOW" };
	char name[256], other[256];

	(void)state;
	only_file(fd, name);
	assert_int_equal(unlinkat(fd, name, 0), 0);
	wide = compile(&all, fd);
	only_file(fd, other);
	assert_int_equal(renameat(fd, other, fd, name), 0);
	again = compile(&engine_profile, fd);
	assert_same_program(&mine, &again);
	syscalls_free(&wide);
	syscalls_free(&mine);
	syscalls_free(&again);
}

static void a_cache_that_others_may_write_is_neither_read_nor_written(void **state)
{
	OWN_FD fd = open_cache();
	struct syscalls_filter filter = compile(&engine_profile, fd);
	struct vps_err err = { 0 };
	struct stat st;
	char name[256];

	(void)state;
	syscalls_free(&filter);
	only_file(fd, name);
	assert_int_equal(fchmodat(fd, name, 0620, 0), 0);
	filter = compile(&engine_profile, fd);
	syscalls_free(&filter);
	assert_int_equal(fstatat(fd, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);	/* replaced, as if it had not been there */

	assert_int_equal(unlinkat(fd, name, 0), 0);
	assert_int_equal(fchmod(fd, 0770), 0);
	filter = compile(&engine_profile, fd);
	syscalls_free(&filter);
	assert_int_equal(faccessat(fd, name, F_OK, 0), -1);
	assert_int_equal(tree_remove(AT_FDCWD, CACHE, &err), 0);
}

static void whatever_changes_the_program_changes_the_key(void **state)
{
	static const char *const names[] = { "mkdir", "rmdir" }, *const archs[] = { "SCMP_ARCH_X86" };
	static const struct syscalls_arg args[] = {
		{ 0, "SCMP_CMP_EQ", 1, 0 }, { 1, "SCMP_CMP_EQ", 1, 0 }, { 0, "SCMP_CMP_NE", 1, 0 },
		{ 0, "SCMP_CMP_EQ", 2, 0 }, { 0, "SCMP_CMP_EQ", 1, 1 },
	};
#define RULE(...) (const struct syscalls_rule[]){ { .action = "SCMP_ACT_ERRNO", __VA_ARGS__ } }
#define WITH(...) { .default_action = "SCMP_ACT_LOG", .rules = RULE(__VA_ARGS__), .rule_count = 1 }
	const struct syscalls_profile profiles[] = {
		{ .default_action = "SCMP_ACT_ERRNO" },
		{ .default_action = "SCMP_ACT_ERRNO", .has_default_errno = true, .default_errno = 2 },
		{ .default_action = "SCMP_ACT_LOG" },
		{ .default_action = "SCMP_ACT_LOG", .archs = archs, .arch_count = 1 },
		WITH(.names = names, .name_count = 1),
		WITH(.names = names, .name_count = 2),
		WITH(.names = names + 1, .name_count = 1),
		WITH(.names = names, .name_count = 1, .has_errno = true, .errno_ret = 2),
		WITH(.names = names, .name_count = 1, .args = args, .arg_count = 1),
		WITH(.names = names, .name_count = 1, .args = args, .arg_count = 2),
		WITH(.names = names, .name_count = 1, .args = args + 1, .arg_count = 1),
		WITH(.names = names, .name_count = 1, .args = args + 2, .arg_count = 1),
		WITH(.names = names, .name_count = 1, .args = args + 3, .arg_count = 1),
		WITH(.names = names, .name_count = 1, .args = args + 4, .arg_count = 1),
		{ .default_action = "SCMP_ACT_LOG", .watched = calls, .watched_count = 1 },
		{ .default_action = "SCMP_ACT_LOG", .watched = calls, .watched_count = 2 },
	};
	struct syscalls_key keys[ARRAY_LEN(profiles)];
	struct vps_err err = { 0 };
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_LEN(profiles); i++) {
		assert_int_equal(syscalls_key_make(&profiles[i], &keys[i], &err), 0);
		for (j = 0; j < i; j++)
			assert_false(keys[i].len == keys[j].len &&
				     memcmp(keys[i].bytes, keys[j].bytes, keys[i].len) == 0);
	}
	for (i = 0; i < ARRAY_LEN(profiles); i++)
		free(keys[i].bytes);
}

/* --- loading ------------------------------------------------------------ */

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

static int load(const struct syscalls_profile *profile, int *ret_listener)
{
	struct syscalls_filter filter = compile(profile, FD_NONE);
	struct vps_err err = { 0 };
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0)
		return -errno;
	r = syscalls_load(&filter, ret_listener, &err);
	if (r < 0)
		print_error("%s\n", err.text);
	syscalls_free(&filter);
	return r;
}

static int live_under_the_default(void)
{
	int listener = 0;

	if (load(&syscalls_system_container, &listener) < 0 || listener != FD_NONE)
		return 1;
	if (syscall(SYS_io_uring_setup, 1, NULL) != -1 || errno != ENOSYS)
		return 2;
	if (syscall(SYS_bpf, 0, NULL, 0) != -1 || errno != EPERM)
		return 3;
	if (ioctl(0, TIOCSTI, "x") != -1 || errno != EPERM)
		return 4;
	if (syscall(SYS_ioctl, 0, 0x100000000 | TIOCSTI, "x") != -1 || errno != EPERM)
		return 5;
	return getppid() <= 0 || access("/", F_OK) != 0 ? 6 : 0;
}

static int be_told_of_a_call(void)
{
	const struct syscalls_rule rule = {
		.names = (const char *const[]){ "mkdir" }, .name_count = 1, .action = "SCMP_ACT_NOTIFY",
	};
	const struct syscalls_profile profile = {
		.default_action = "SCMP_ACT_ALLOW", .listener_path = "/run/listener",
		.flags = (const char *const[]){ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
						"SECCOMP_FILTER_FLAG_TSYNC" },
		.flag_count = 2, .rules = &rule, .rule_count = 1,
	};
	struct seccomp_notif call = { 0 };
	int listener = FD_NONE;
	pid_t pid;

	if (load(&profile, &listener) < 0 || listener < 0)
		return 1;
	pid = fork();
	if (pid == 0)
		_exit(mkdir("/nowhere", 0) == -1 && errno == ENOTTY ? 0 : 1);
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0 || call.data.nr != SYS_mkdir)
		return 2;
	{
		struct seccomp_notif_resp reply = { .id = call.id, .error = -ENOTTY };
		int status = -1;

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) < 0)
			return 3;
		return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 4;
	}
}

static int load_without_the_right_to(void)
{
	struct syscalls_filter filter = compile(&engine_profile, FD_NONE);
	struct vps_err err = { 0 };
	int listener = 77, r;

	if (setuid(54321) < 0)
		return 1;
	r = syscalls_load(&filter, &listener, &err);
	syscalls_free(&filter);
	return r != -EACCES || listener != 77 || !strstr(err.text, "no_new_privs");
}

static void the_kernel_takes_the_default_and_enforces_it(void **state)
{
	(void)state;
	need(missing);
	assert_int_equal(in_a_child(live_under_the_default), 0);
}

static void a_listener_is_told_and_answers(void **state)
{
	(void)state;
	need(missing);
	assert_int_equal(in_a_child(be_told_of_a_call), 0);
}

static void who_may_not_load_is_told_what_it_takes(void **state)
{
	(void)state;
	need(missing ? missing : geteuid() != 0 ? "root" : NULL);
	assert_int_equal(in_a_child(load_without_the_right_to), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sentence_names_the_place_the_word_and_what_is_allowed),
		cmocka_unit_test(every_action_is_compiled_to_the_kernel_s),
		cmocka_unit_test(every_operator_compares_all_64_bits),
		cmocka_unit_test(one_argument_compared_twice_means_either),
		cmocka_unit_test(a_rule_without_comparisons_overrides_those_with_some),
		cmocka_unit_test(an_architecture_that_is_not_listed_has_no_system_calls),
		cmocka_unit_test(flags_are_the_kernel_s_and_a_listener_s_only_with_one),
		cmocka_unit_test(a_system_container_may_run_a_system_and_not_reach_the_host),
		cmocka_unit_test(no_upper_bit_carries_tiocsti_past_the_filter),
		cmocka_unit_test(watched_calls_are_notified_until_they_are_watched_no_more),
		cmocka_unit_test(what_a_profile_decides_about_a_call_is_not_changed_by_watching_it),
		cmocka_unit_test(a_new_layout_decides_every_call_as_libseccomp_does),
		cmocka_unit_test(a_long_search_has_its_answers_within_reach),
		cmocka_unit_test(a_program_of_another_shape_is_left_alone),
		cmocka_unit_test(what_was_compiled_once_is_read_back),
		cmocka_unit_test(a_text_gets_the_filter_that_was_made_of_it_and_no_other),
		cmocka_unit_test(a_damaged_file_is_compiled_anew_and_never_loaded),
		cmocka_unit_test(a_file_of_another_profile_under_the_name_is_not_taken),
		cmocka_unit_test(a_cache_that_others_may_write_is_neither_read_nor_written),
		cmocka_unit_test(whatever_changes_the_program_changes_the_key),
		cmocka_unit_test(the_kernel_takes_the_default_and_enforces_it),
		cmocka_unit_test(a_listener_is_told_and_answers),
		cmocka_unit_test(who_may_not_load_is_told_what_it_takes),
	};

	return cmocka_run_group_tests(tests, probe, NULL);
}
