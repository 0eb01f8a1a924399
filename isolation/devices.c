// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Device rules as a BPF program of a cgroup; called by the engine's cgroup
 * stage and when devices of a running VPS change.
 *
 * The program is assembled here rather than by a library: it is one shape
 * repeated, and libbpf would bring libelf along for it.
 */
#include "devices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "bpf.h"

#define PROGRAM_NAME	"vps_devices"	/* how we know ours among those of others */
#define ATTACHED_MAX	64		/* as many as the kernel lets attach */
#define RULES_MAX	1024
#define RUN_MAX		30000		/* instructions; a jump reaches 32767 */
#define MAJOR_BITS	12		/* of the kernel's dev_t */
#define MINOR_BITS	20
#define RULE_ROOM	13		/* instructions of the longest rule and the test of its type */
#define ENDS_ROOM	9		/* of what stands before and behind the rules */
#define ALL_ACCESS	(DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD)

const struct device_rule devices_default[] = {
	/* is_allowed, type, major, minor, access */
	{ true, 'b', DEVICE_ANY, DEVICE_ANY, DEVICE_MKNOD },
	{ true, 'c', DEVICE_ANY, DEVICE_ANY, DEVICE_MKNOD },
	{ true, 'c', 1, 3, ALL_ACCESS },	/* null */
	{ true, 'c', 1, 5, ALL_ACCESS },	/* zero */
	{ true, 'c', 1, 7, ALL_ACCESS },	/* full */
	{ true, 'c', 1, 8, ALL_ACCESS },	/* random */
	{ true, 'c', 1, 9, ALL_ACCESS },	/* urandom */
	{ true, 'c', 5, 0, ALL_ACCESS },	/* tty */
	{ true, 'c', 5, 2, ALL_ACCESS },	/* ptmx */
	{ true, 'c', 136, DEVICE_ANY, ALL_ACCESS },	/* pts */
	/*
	 * Deliberately excluded: 5:1, which is the host's system console (the
	 * console of a VPS is a pts bound over /dev/console); 1:1, 1:4, 1:11
	 * (memory, ports, kernel log); every disk; net/tun, fuse, kvm, vhost,
	 * loop: kernel code that a VPS needs only when its owner says so.
	 * Making a node is harmless where it cannot be opened, and unpacking
	 * a system image makes many.
	 */
};
const size_t devices_default_count = ARRAY_LEN(devices_default);

/* A program under assembly; sized beforehand for all the rules. */
struct assembly {
	struct bpf_insn *insns;
	size_t           count;
};

static void emit(struct assembly *as, uint8_t code, uint8_t dst, uint8_t src, int16_t off,
		 int32_t imm)
{
	as->insns[as->count++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm,
	};
}

/* What stands in which register while rules are tried. */
enum {
	CONTEXT = BPF_REG_1,	/* struct bpf_cgroup_dev_ctx of linux/bpf.h */
	TYPE    = BPF_REG_2,
	ASKED   = BPF_REG_3,	/* kinds of access that no rule has allowed yet */
	MAJOR   = BPF_REG_4,
	MINOR   = BPF_REG_5,
	NUMBER  = BPF_REG_6,	/* both, as the kernel's dev_t has them */
};

/* access_type is (access << 16) | type. */
#define LOAD(as, reg, field)							\
	emit(as, BPF_LDX | BPF_MEM | BPF_W, reg, CONTEXT,			\
	     offsetof(struct bpf_cgroup_dev_ctx, field), 0)

/*
 * These are loaded again wherever a program goes on after a comparison was
 * true. What it taught the verifier about a register would make it follow each
 * combination of answers from there on: 50 rules took 3 ms.
 */
static void load_number(struct assembly *as)
{
	LOAD(as, MAJOR, major);
	LOAD(as, MINOR, minor);
	emit(as, BPF_ALU | BPF_MOV | BPF_X, NUMBER, MAJOR, 0, 0);
	emit(as, BPF_ALU | BPF_LSH | BPF_K, NUMBER, 0, 0, MINOR_BITS);
	emit(as, BPF_ALU | BPF_OR | BPF_X, NUMBER, MINOR, 0, 0);
}

static void load_type(struct assembly *as)
{
	LOAD(as, TYPE, access_type);
	emit(as, BPF_ALU | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
}

static void load_asked(struct assembly *as)
{
	LOAD(as, ASKED, access_type);
	emit(as, BPF_ALU | BPF_RSH | BPF_K, ASKED, 0, 0, 16);
}

/* Jump to a place that land() names later if a register is not that number. */
static size_t emit_unless(struct assembly *as, uint8_t reg, int64_t number)
{
	emit(as, BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, 0, (int32_t)(uint32_t)number);
	return as->count - 1;
}

static void land(struct assembly *as, size_t jump)
{
	as->insns[jump].off = (int16_t)(as->count - jump - 1);
}

static void emit_return(struct assembly *as, bool is_allowed)
{
	emit(as, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, is_allowed);
	emit(as, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static int32_t kernel_access(unsigned access)
{
	return (access & DEVICE_READ ? BPF_DEVCG_ACC_READ : 0) |
	       (access & DEVICE_WRITE ? BPF_DEVCG_ACC_WRITE : 0) |
	       (access & DEVICE_MKNOD ? BPF_DEVCG_ACC_MKNOD : 0);
}

/* Whether no rule before this one matters any more to devices of its type. */
static bool is_for_all_numbers(const struct device_rule *rule)
{
	return rule->major == DEVICE_ANY && rule->minor == DEVICE_ANY && rule->access == ALL_ACCESS;
}

static bool is_for_all(const struct device_rule *rule)
{
	return rule->type == 'a' && is_for_all_numbers(rule);
}

/*
 * What a rule says of a device that it names. The kinds of access are looked
 * at one by one: an allowing rule takes what it allows off what is asked for,
 * and nothing left is a yes; a denying rule that meets anything still asked
 * for is a no. So "allow rw" followed by "deny w" denies an open for both.
 */
static void emit_access(struct assembly *as, const struct device_rule *rule)
{
	const int32_t access = kernel_access(rule->access);

	if (rule->access == ALL_ACCESS) {
		/* Whatever is still asked for, the answer is the same. */
	} else if (rule->is_allowed) {
		emit(as, BPF_ALU | BPF_AND | BPF_K, ASKED, 0, 0, ~access);
		emit(as, BPF_JMP32 | BPF_JNE | BPF_K, ASKED, 0, 2, 0);
	} else {
		emit(as, BPF_JMP32 | BPF_JSET | BPF_K, ASKED, 0, 1, access);
		emit(as, BPF_JMP | BPF_JA, 0, 0, 2, 0);
	}
	emit_return(as, rule->is_allowed);
}

/* One rule whose type is known to match. One comparison at most: branches are what takes time. */
static void emit_rule(struct assembly *as, const struct device_rule *rule)
{
	const bool any_major = rule->major == DEVICE_ANY, any_minor = rule->minor == DEVICE_ANY;
	size_t jump;

	if (rule->major >= 1 << MAJOR_BITS || rule->minor >= 1 << MINOR_BITS)
		return;		/* no device has such a number */
	if (any_major && any_minor) {
		emit_access(as, rule);
		return;
	}
	if (any_minor)
		jump = emit_unless(as, MAJOR, rule->major);
	else if (any_major)
		jump = emit_unless(as, MINOR, rule->minor);
	else
		jump = emit_unless(as, NUMBER, rule->major << MINOR_BITS | rule->minor);
	emit_access(as, rule);
	land(as, jump);
	if (rule->access != ALL_ACCESS)
		load_number(as);
}

/*
 * The rules at the end of the first count that have one type, under one test
 * of the type. Returns how many rules are left.
 */
static size_t emit_run(struct assembly *as, const struct device_rule *rules, size_t count)
{
	const char type = rules[count - 1].type;
	const size_t start = as->count;
	bool is_decided = false;	/* code behind an unconditional answer would be refused */
	size_t jump = 0;

	if (type != 'a') {
		load_type(as);
		jump = emit_unless(as, TYPE,
				   type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	}
	while (count > 0 && rules[count - 1].type == type && !is_for_all(&rules[count - 1]) &&
	       as->count - start < RUN_MAX) {
		count--;
		if (!is_decided)
			emit_rule(as, &rules[count]);
		is_decided |= is_for_all_numbers(&rules[count]);
	}
	if (type != 'a')
		land(as, jump);
	return count;
}

static int check_rules(const struct device_rule *rules, size_t count, struct vps_err *err)
{
	size_t i;

	if (count > RULES_MAX)
		return vps_err_say(err, -E2BIG, "%zu device rules are more than %d", count, RULES_MAX);
	for (i = 0; i < count; i++) {
		const struct device_rule *rule = &rules[i];

		if (rule->type != 'a' && rule->type != 'b' && rule->type != 'c')
			return vps_err_say(err, -EINVAL,
					   "device rule %zu: type '%c' is none of a, b, c", i, rule->type);
		if (rule->major < DEVICE_ANY || rule->major > UINT32_MAX ||
		    rule->minor < DEVICE_ANY || rule->minor > UINT32_MAX)
			return vps_err_say(err, -EINVAL,
					   "device rule %zu: %jd:%jd is not a device number", i,
					   (intmax_t)rule->major, (intmax_t)rule->minor);
		if (rule->access == 0 || rule->access & ~ALL_ACCESS)
			return vps_err_say(err, -EINVAL,
					   "device rule %zu: access is none of r, w, m", i);
	}
	return 0;
}

int devices_program(const struct device_rule *rules, size_t count, struct bpf_insn **ret_program,
		    size_t *ret_count, struct vps_err *err)
{
	struct assembly as = { 0 };
	int r = check_rules(rules, count, err);

	if (r < 0)
		return r;
	as.insns = calloc(count * RULE_ROOM + ENDS_ROOM, sizeof(*as.insns));
	if (!as.insns)
		return vps_err_set(err, -ENOMEM, "cannot assemble the device rules");
	load_asked(&as);
	load_number(&as);
	/* Later rules override earlier ones, so the last one that matches is tried first. */
	while (count > 0 && !is_for_all(&rules[count - 1]))
		count = emit_run(&as, rules, count);
	/* The verifier refuses code that is never reached: nothing may follow a rule for all. */
	emit_return(&as, count > 0 && rules[count - 1].is_allowed);
	*ret_program = as.insns;
	*ret_count = as.count;
	return 0;
}

static int load_program(const struct bpf_insn *insns, size_t count, int cache_fd,
			struct vps_err *err)
{
	union bpf_attr attr;
	int fd;

	bpf_clear(&attr);
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	fd = bpf_load(&attr, PROGRAM_NAME, insns, count, cache_fd);
	if (fd >= 0)
		return fd;
	if (errno == EINVAL || errno == ENOSYS)
		return vps_err_say(err, -VPS_EHOST,
				   "this kernel cannot restrict devices: it was built without CONFIG_CGROUP_BPF");
	if (errno == E2BIG)
		return vps_err_say(err, -E2BIG,
				   "the device rules are too many for the kernel's verifier; use fewer");
	return vps_err_set(err, -errno, "cannot load the device rules");
}

/* A descriptor of the program with that id, if it is one of ours; or FD_NONE. */
static int open_if_ours(uint32_t id)
{
	struct bpf_prog_info info;
	OWN_FD fd = bpf_open(id);

	if (fd < 0 || bpf_describe(fd, &info) < 0 || strcmp(info.name, PROGRAM_NAME) != 0)
		return FD_NONE;
	return fd_take(&fd);
}

/* The program that we attached before: its descriptor, or FD_NONE when there is none. */
static int find_former(int cg_fd)
{
	uint32_t ids[ATTACHED_MAX];
	union bpf_attr attr;
	uint32_t i;

	bpf_clear(&attr);
	attr.query.target_fd = (uint32_t)cg_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = ARRAY_LEN(ids);
	if (bpf(BPF_PROG_QUERY, &attr) < 0)
		return FD_NONE;
	for (i = 0; i < attr.query.prog_cnt; i++) {
		int fd = open_if_ours(ids[i]);

		if (fd >= 0)
			return fd;
	}
	return FD_NONE;
}

int devices_attach(int cg_fd, const struct device_rule *rules, size_t count, int cache_fd,
		   struct vps_err *err)
{
	OWN_MEM struct bpf_insn *insns = NULL;
	OWN_FD program_fd = FD_NONE, former_fd = FD_NONE;
	union bpf_attr attr;
	size_t length = 0;
	int r = devices_program(rules, count, &insns, &length, err);

	if (r < 0)
		return r;
	program_fd = load_program(insns, length, cache_fd, err);
	if (program_fd < 0)
		return program_fd;
	former_fd = find_former(cg_fd);
	bpf_clear(&attr);
	attr.target_fd = (uint32_t)cg_fd;
	attr.attach_bpf_fd = (uint32_t)program_fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	/* MULTI: programs of the host above and beside ours keep their say. */
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (former_fd >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)former_fd;
	}
	if (bpf(BPF_PROG_ATTACH, &attr) < 0)
		return vps_err_set(err, -errno, "cannot attach the device rules to the cgroup");
	return 0;
}
