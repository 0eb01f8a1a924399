// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program is run by an interpreter for the dozen instructions it may
 * have, and its answers are compared with a plain reading of the rules; then
 * by the kernel, on a cgroup of our own.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/bpf.h"
#include "isolation/cache.h"
#include "isolation/cg.h"
#include "isolation/devices.h"
#include "need.h"
#include "scratch.h"

#define RWM (DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD)

static const char *missing;
static char cg_path[64];

static int probe(void **state)
{
	(void)state;
	(void)snprintf(cg_path, sizeof(cg_path), "vps-test-devices-%d", (int)getpid());
	if (geteuid() != 0)
		missing = "root";
	else if (!cg_mount_point() || access(cg_mount_point(), W_OK) < 0)
		missing = "a writable cgroup v2 tree";
	return 0;
}

struct request {
	char     type;
	uint32_t major, minor;
	unsigned access;
};

static bool jumps(uint8_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_JA:
		return true;
	case BPF_JNE:
		return a != b;
	case BPF_JSET:
		return a & b;
	default:
		fail_msg("comparison %#x", op);
		return false;
	}
}

static uint32_t compute(uint8_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_MOV:
		return b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_RSH:
		return a >> b;
	case BPF_LSH:
		return a << b;
	default:
		fail_msg("operation %#x", op);
		return 0;
	}
}

/* Run a program on struct bpf_cgroup_dev_ctx. */
static bool run(const struct bpf_insn *insns, size_t count, const uint32_t context[3])
{
	uint32_t regs[11] = { 0 };
	size_t at = 0;

	for (;;) {
		const struct bpf_insn *insn = &insns[at];
		uint32_t operand;

		assert_true(at < count);
		operand = BPF_SRC(insn->code) == BPF_X ? regs[insn->src_reg] : (uint32_t)insn->imm;
		switch (BPF_CLASS(insn->code)) {
		case BPF_LDX:
			assert_int_equal(insn->src_reg, BPF_REG_1);
			regs[insn->dst_reg] = context[insn->off / 4];
			break;
		case BPF_ALU:
		case BPF_ALU64:
			regs[insn->dst_reg] = compute(BPF_OP(insn->code), regs[insn->dst_reg], operand);
			break;
		case BPF_JMP:
		case BPF_JMP32:
			if (BPF_OP(insn->code) == BPF_EXIT)
				return regs[0];
			assert_true(insn->off >= 0);
			if (jumps(BPF_OP(insn->code), regs[insn->dst_reg], operand))
				at += (size_t)insn->off;
			break;
		default:
			fail_msg("instruction %#x", insn->code);
		}
		at++;
	}
}

/* The verifier refuses what cannot be reached, and jumps past the end. */
static void assert_all_is_reached(const struct bpf_insn *insns, size_t count)
{
	OWN_MEM bool *reached = calloc(count + 1, sizeof(*reached));
	size_t at;

	assert_non_null(reached);
	reached[0] = true;
	for (at = 0; at < count; at++) {
		const uint8_t op = BPF_OP(insns[at].code), class = BPF_CLASS(insns[at].code);
		const bool is_jump = class == BPF_JMP || class == BPF_JMP32;

		assert_true(reached[at]);
		if (is_jump && op != BPF_EXIT) {
			assert_true(at + 1 + (size_t)insns[at].off < count);
			reached[at + 1 + (size_t)insns[at].off] = true;
		}
		if (!is_jump || (op != BPF_EXIT && op != BPF_JA))
			reached[at + 1] = true;
	}
	assert_false(reached[count]);
}

static bool ask(const struct device_rule *rules, size_t count, struct request request)
{
	OWN_MEM struct bpf_insn *insns = NULL;
	struct vps_err err = { 0 };
	size_t length;
	const uint32_t kernel = (request.access & DEVICE_READ ? BPF_DEVCG_ACC_READ : 0) |
				(request.access & DEVICE_WRITE ? BPF_DEVCG_ACC_WRITE : 0) |
				(request.access & DEVICE_MKNOD ? BPF_DEVCG_ACC_MKNOD : 0);
	const uint32_t context[3] = {
		kernel << 16 | (request.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
		request.major, request.minor,
	};

	assert_int_equal(devices_program(rules, count, &insns, &length, &err), 0);
	assert_all_is_reached(insns, length);
	return run(insns, length, context);
}

/* The specification read literally: each kind of access goes by the last rule that names it. */
static bool read_literally(const struct device_rule *rules, size_t count, struct request request)
{
	unsigned kind;

	for (kind = DEVICE_READ; kind <= DEVICE_MKNOD; kind <<= 1) {
		bool is_allowed = false;
		size_t i;

		for (i = 0; i < count; i++) {
			const struct device_rule *rule = &rules[i];

			if ((rule->type == 'a' || rule->type == request.type) &&
			    (rule->major == DEVICE_ANY || rule->major == request.major) &&
			    (rule->minor == DEVICE_ANY || rule->minor == request.minor) &&
			    rule->access & kind)
				is_allowed = rule->is_allowed;
		}
		if (request.access & kind && !is_allowed)
			return false;
	}
	return true;
}

static void later_rules_override_earlier_ones_by_kind_of_access(void **state)
{
	static const struct device_rule rules[] = {
		{ false, 'a', DEVICE_ANY, DEVICE_ANY, RWM },
		{ true, 'c', 1, 3, DEVICE_READ | DEVICE_WRITE },
		{ false, 'c', 1, 3, DEVICE_WRITE },
		{ true, 'b', 8, DEVICE_ANY, DEVICE_READ },
		{ true, 'a', DEVICE_ANY, 7, DEVICE_MKNOD },
		{ false, 'b', 8, 16, RWM },
		{ true, 'c', 4095, 1048575, RWM },
	};
	static const struct {
		struct request request;
		bool           is_allowed;
	} cases[] = {
		{ { 'c', 1, 3, DEVICE_READ }, true },
		{ { 'c', 1, 3, DEVICE_WRITE }, false },
		{ { 'c', 1, 3, DEVICE_READ | DEVICE_WRITE }, false },
		{ { 'b', 1, 3, DEVICE_READ }, false },
		{ { 'b', 8, 0, DEVICE_READ }, true },
		{ { 'b', 8, 16, DEVICE_READ }, false },
		{ { 'b', 8, 7, DEVICE_READ | DEVICE_MKNOD }, true },
		{ { 'b', 8, 7, RWM }, false },
		{ { 'c', 99, 7, DEVICE_MKNOD }, true },
		{ { 'c', 4095, 1048575, RWM }, true },
		{ { 'c', 4095, 1048574, RWM }, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(ask(rules, ARRAY_LEN(rules), cases[i].request), cases[i].is_allowed);
}

static void no_rules_deny_everything_and_one_rule_can_allow_everything(void **state)
{
	static const struct device_rule all[] = {
		{ false, 'c', 1, 3, RWM }, { true, 'a', DEVICE_ANY, DEVICE_ANY, RWM },
	};

	(void)state;
	assert_false(ask(NULL, 0, (struct request){ 'c', 1, 3, DEVICE_READ }));
	assert_true(ask(all, 2, (struct request){ 'c', 1, 3, RWM }));
}

static void a_number_that_no_device_has_matches_none(void **state)
{
	/* Cut to the bits of a device number, the first would be 1:3. */
	static const struct device_rule rules[] = {
		{ true, 'c', 4097, 3, RWM }, { true, 'c', 0, (1 << 20) + 3, RWM },
		{ true, 'c', DEVICE_ANY, UINT32_MAX, RWM },
	};

	(void)state;
	assert_false(ask(rules, ARRAY_LEN(rules), (struct request){ 'c', 1, 3, RWM }));
	assert_false(ask(rules, ARRAY_LEN(rules), (struct request){ 'c', 0, 3, RWM }));
}

static uint32_t random_below(uint32_t limit)
{
	static uint32_t seed = 12345;

	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % limit;
}

static void random_rules_mean_what_reading_them_literally_says(void **state)
{
	struct device_rule rules[12];
	int round, i;

	(void)state;
	for (round = 0; round < 3000; round++) {
		size_t count = random_below(ARRAY_LEN(rules) + 1), n;

		for (n = 0; n < count; n++)
			rules[n] = (struct device_rule){
				random_below(2), "abc"[random_below(3)], (int)random_below(4) - 1,
				(int)random_below(4) - 1, 1 + random_below(7),
			};
		for (i = 0; i < 20; i++) {
			struct request request = { "bc"[random_below(2)], random_below(4),
						   random_below(4), 1 + random_below(7) };

			assert_int_equal(ask(rules, count, request),
					 read_literally(rules, count, request));
		}
	}
}

static void the_defaults_open_what_every_program_expects_and_no_disk(void **state)
{
	static const uint32_t expected[][2] = {
		{ 1, 3 }, { 1, 5 }, { 1, 7 }, { 1, 8 }, { 1, 9 }, { 5, 0 }, { 5, 2 }, { 136, 0 }, { 136, 77 },
	};
	static const uint32_t excluded[][2] = {
		{ 1, 1 }, { 1, 4 }, { 1, 11 }, { 5, 1 }, { 10, 200 }, { 10, 229 }, { 10, 232 }, { 4, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(expected); i++)
		assert_true(ask(devices_default, devices_default_count,
				(struct request){ 'c', expected[i][0], expected[i][1], RWM }));
	for (i = 0; i < ARRAY_LEN(excluded); i++) {
		assert_false(ask(devices_default, devices_default_count,
				 (struct request){ 'c', excluded[i][0], excluded[i][1], DEVICE_READ }));
		assert_true(ask(devices_default, devices_default_count,
				(struct request){ 'c', excluded[i][0], excluded[i][1], DEVICE_MKNOD }));
	}
	assert_false(ask(devices_default, devices_default_count,
			 (struct request){ 'b', 8, 0, DEVICE_READ }));
}

static void a_rule_that_cannot_be_right_is_named(void **state)
{
	static const struct device_rule wrong[] = {
		{ true, 'x', 1, 3, RWM }, { true, 'c', -2, 3, RWM }, { true, 'c', 1, -7, RWM },
		{ true, 'c', 1, INT64_C(1) << 32, RWM }, { true, 'c', 1, 3, 0 }, { true, 'c', 1, 3, 8 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(wrong); i++) {
		const struct device_rule rules[] = { { true, 'c', 1, 3, RWM }, wrong[i] };
		struct bpf_insn *untouched = NULL;
		struct vps_err err = { 0 };
		size_t length;

		assert_int_equal(devices_program(rules, 2, &untouched, &length, &err), -EINVAL);
		assert_null(untouched);
		assert_non_null(strstr(err.text, "device rule 1"));
	}
}

/* As a process in the cgroup: one bit for each of the opens that worked. */
static int opens_in(int cg_fd)
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		OWN_FD procs = openat(cg_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);

		if (procs < 0 || write(procs, "0", 1) != 1)
			_exit(128);
		_exit((open("/dev/null", O_RDWR | O_CLOEXEC) >= 0) |
		      (open("/dev/zero", O_RDONLY | O_CLOEXEC) >= 0) << 1 |
		      (open("/dev/zero", O_RDWR | O_CLOEXEC) >= 0) << 2 |
		      (open("/dev/full", O_RDONLY | O_CLOEXEC) >= 0) << 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void the_kernel_enforces_the_last_rules_that_were_attached(void **state)
{
	static const struct device_rule rules[] = {
		{ false, 'a', DEVICE_ANY, DEVICE_ANY, RWM },
		{ true, 'c', 1, DEVICE_ANY, DEVICE_READ | DEVICE_WRITE },
		{ false, 'c', 1, 5, DEVICE_WRITE },
		{ false, 'a', DEVICE_ANY, 7, RWM },
	};
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE;

	(void)state;
	need(missing);
	fd = cg_create(cg_path, NULL, 0, &err);
	assert_true(fd >= 0);
	assert_int_equal(opens_in(fd), 15);
	assert_int_equal(devices_attach(fd, devices_default, devices_default_count, FD_NONE, &err), 0);
	assert_int_equal(opens_in(fd), 15);
	assert_int_equal(devices_attach(fd, rules, ARRAY_LEN(rules), FD_NONE, &err), 0);
	assert_int_equal(opens_in(fd), 3);
	assert_int_equal(devices_attach(fd, rules, 1, FD_NONE, &err), 0);
	assert_int_equal(opens_in(fd), 0);
	/* Replaced, not added: with both in force this would still be nothing. */
	assert_int_equal(devices_attach(fd, devices_default, devices_default_count, FD_NONE, &err), 0);
	assert_int_equal(opens_in(fd), 15);
	assert_int_equal(cg_remove(cg_path, &err), 0);
}

static void every_shape_of_rules_passes_the_verifier(void **state)
{
	static struct device_rule many[1000];
	static const struct device_rule shapes[][3] = {
		{ { true, 'c', -1, -1, RWM }, { false, 'c', 1, 3, RWM }, { true, 'b', -1, -1, RWM } },
		{ { true, 'c', 1, 3, 1 }, { true, 'c', -1, -1, RWM }, { false, 'c', -1, -1, RWM } },
		{ { true, 'a', -1, -1, RWM }, { true, 'b', -1, -1, RWM }, { false, 'c', -1, -1, RWM } },
		{ { true, 'a', 3, -1, 1 }, { false, 'a', -1, 3, 2 }, { true, 'a', 4096, 1, 4 } },
		{ { false, 'a', -1, -1, 1 }, { true, 'a', -1, -1, 2 }, { false, 'a', -1, -1, 4 } },
	};
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE;
	size_t i;

	(void)state;
	need(missing);
	fd = cg_create(cg_path, NULL, 0, &err);
	assert_true(fd >= 0);
	for (i = 0; i < ARRAY_LEN(shapes); i++)
		assert_int_equal(devices_attach(fd, shapes[i], 3, FD_NONE, &err), 0);
	for (i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (struct device_rule){ i % 2, "abc"[i % 3], (int64_t)i, 3, 1 + (i % 7) };
	assert_int_equal(devices_attach(fd, many, ARRAY_LEN(many), FD_NONE, &err), 0);
	assert_int_equal(cg_remove(cg_path, &err), 0);
}

static void a_failure_leaves_the_former_program_in_force(void **state)
{
	static const struct device_rule none[] = { { false, 'a', DEVICE_ANY, DEVICE_ANY, RWM } };
	static const struct device_rule wrong[] = { { true, 'x', 1, 3, RWM } };
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE;

	(void)state;
	need(missing);
	fd = cg_create(cg_path, NULL, 0, &err);
	assert_true(fd >= 0);
	assert_int_equal(devices_attach(fd, none, 1, FD_NONE, &err), 0);
	assert_int_equal(devices_attach(fd, wrong, 1, FD_NONE, &err), -EINVAL);
	assert_int_equal(opens_in(fd), 0);
	err = (struct vps_err){ 0 };
	assert_int_equal(devices_attach(STDIN_FILENO, none, 1, FD_NONE, &err) < 0, true);
	err = (struct vps_err){ 0 };
	assert_int_equal(cg_remove(cg_path, &err), 0);
}

/* The number of the one program on a cgroup. */
static uint32_t program_of(int cg_fd)
{
	union bpf_attr attr;
	uint32_t id = 0;

	bpf_clear(&attr);
	attr.query.target_fd = (uint32_t)cg_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)&id;
	attr.query.prog_cnt = 1;
	assert_int_equal(bpf(BPF_PROG_QUERY, &attr), 0);
	return id;
}

static bool is_loaded(uint32_t id)
{
	OWN_FD fd = bpf_open(id);

	return fd >= 0;
}

/* A cgroup of that name below the others, with those rules. */
static int with_rules(const char *name, const struct device_rule *rules, size_t count, int cache_fd)
{
	struct vps_err err = { 0 };
	char path[96];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", cg_path, name);
	fd = cg_create(path, NULL, 0, &err);
	assert_true(fd >= 0);
	assert_int_equal(devices_attach(fd, rules, count, cache_fd, &err), 0);
	return fd;
}

static void gone(const char *name)
{
	struct vps_err err = { 0 };
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/%s", cg_path, name);
	assert_int_equal(cg_remove(path, &err), 0);
}

static void cgroups_of_the_same_rules_share_a_program(void **state)
{
	static const struct device_rule none[] = { { false, 'a', DEVICE_ANY, DEVICE_ANY, RWM } };
	const int cache_fd = ((struct scratch *)*state)->fd;
	OWN_FD a = FD_NONE, b = FD_NONE, c = FD_NONE, d = FD_NONE;
	uint32_t first;
	int i;

	need(missing);
	a = with_rules("a", devices_default, devices_default_count, cache_fd);
	b = with_rules("b", devices_default, devices_default_count, cache_fd);
	first = program_of(a);
	assert_int_equal(program_of(b), first);
	/* Once more, in the place of itself; and other rules leave it alone. */
	assert_int_equal(devices_attach(b, devices_default, devices_default_count, cache_fd,
					&(struct vps_err){ 0 }), 0);
	c = with_rules("c", none, 1, cache_fd);
	assert_int_not_equal(program_of(c), first);
	assert_int_equal(opens_in(c), 0);
	assert_int_equal(opens_in(b), 15);
	/* When nobody holds it, its number is another's or nobody's. */
	d = with_rules("d", devices_default, devices_default_count, cache_fd);
	first = program_of(d);
	gone("a");
	gone("b");
	gone("d");
	for (i = 0; i < 100 && is_loaded(first); i++)
		(void)usleep(100000);
	assert_false(is_loaded(first));
	own_close(&a);
	a = with_rules("a", devices_default, devices_default_count, cache_fd);
	assert_int_not_equal(program_of(a), first);
	assert_int_equal(opens_in(a), 15);
	gone("a");
	gone("c");
}

/* Whoever can write there could have everything allowed: a note that others may write is none. */
static void a_note_is_believed_only_in_a_directory_of_ours(void **state)
{
	static const struct device_rule all[] = { { true, 'a', DEVICE_ANY, DEVICE_ANY, RWM } };
	static const struct device_rule none[] = { { false, 'a', DEVICE_ANY, DEVICE_ANY, RWM } };
	const int cache_fd = ((struct scratch *)*state)->fd;
	struct vps_err err = { 0 };
	OWN_FD a = FD_NONE, b = FD_NONE, c = FD_NONE;
	OWN_MEM char *allows = NULL, *denies = NULL;
	size_t len, id_len = 3 * sizeof(uint64_t);

	need(missing);
	a = with_rules("a", all, 1, cache_fd);
	assert_true(cache_get(cache_fd, "vps_devices", 4096, &allows, &len));
	b = with_rules("b", none, 1, cache_fd);
	assert_true(cache_get(cache_fd, "vps_devices", 4096, &denies, &len));
	/* A lie: that the program which allows all is the one which denies all. */
	memcpy(denies, allows, id_len);
	assert_int_equal(file_replace(cache_fd, "vps_devices", denies, len, 0600, false, &err), 0);
	c = with_rules("c", none, 1, cache_fd);
	assert_int_equal(program_of(c), program_of(a));	/* from us, it is believed */
	assert_int_equal(fchmod(cache_fd, 0777), 0);
	assert_int_equal(devices_attach(c, none, 1, cache_fd, &err), 0);
	assert_int_not_equal(program_of(c), program_of(a));
	assert_int_equal(opens_in(c), 0);
	gone("a");
	gone("b");
	gone("c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_rules_override_earlier_ones_by_kind_of_access),
		cmocka_unit_test(no_rules_deny_everything_and_one_rule_can_allow_everything),
		cmocka_unit_test(a_number_that_no_device_has_matches_none),
		cmocka_unit_test(random_rules_mean_what_reading_them_literally_says),
		cmocka_unit_test(the_defaults_open_what_every_program_expects_and_no_disk),
		cmocka_unit_test(a_rule_that_cannot_be_right_is_named),
		cmocka_unit_test(the_kernel_enforces_the_last_rules_that_were_attached),
		cmocka_unit_test(every_shape_of_rules_passes_the_verifier),
		cmocka_unit_test(a_failure_leaves_the_former_program_in_force),
		scratch_test(cgroups_of_the_same_rules_share_a_program),
		scratch_test(a_note_is_believed_only_in_a_directory_of_ours),
	};

	return cmocka_run_group_tests(tests, probe, NULL);
}
