// SPDX-License-Identifier: LGPL-2.1-or-later
/* Turns a profile into a program by libseccomp; called when the cache has none. */
#include "syscalls_parts.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"

#define ARGS_MAX	6
#define PROGRAM_MAX	(BPF_MAXINSNS * sizeof(struct sock_filter))
#define TREE_FROM	9	/* libseccomp must not build its tree of 8 rules or fewer */

static void own_filter(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

/* A filter with the profile's architectures and no rules. */
static int begin(const struct syscalls_profile *profile, uint32_t action,
		 scmp_filter_ctx *ret_filter, struct vps_err *err)
{
	__attribute__((cleanup(own_filter))) scmp_filter_ctx filter = seccomp_init(action);
	size_t i;
	int r;

	if (!filter)
		return vps_err_set(err, -ENOMEM, "cannot begin a system call filter");
	/*
	 * A program for a processor that the profile does not list meets a
	 * kernel that has no system calls. libseccomp would kill the thread.
	 */
	r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	for (i = 0; r == 0 && i < profile->arch_count; i++) {
		const char *name = profile->archs[i];

		r = seccomp_arch_add(filter, syscalls_find(syscalls_archs, name)->value);
		if (r == -EEXIST)
			r = 0;
		if (r < 0)
			return vps_err_say(err, -EINVAL,
					   "architectures[%zu]: %s cannot run on this processor", i,
					   name);
	}
	if (r < 0)
		return vps_err_set(err, r, "cannot begin a system call filter");
	*ret_filter = filter;
	filter = NULL;
	return 0;
}

static struct scmp_arg_cmp compare(const struct syscalls_arg *arg)
{
	return (struct scmp_arg_cmp){
		.arg = arg->index,
		.op = (enum scmp_compare)syscalls_find(syscalls_operators, arg->op)->value,
		.datum_a = arg->value,
		.datum_b = arg->value_two,
	};
}

static bool has_one_twice(const struct syscalls_rule *rule)
{
	unsigned seen = 0;
	size_t i;

	for (i = 0; i < rule->arg_count; i++) {
		if (seen & 1u << rule->args[i].index)
			return true;
		seen |= 1u << rule->args[i].index;
	}
	return false;
}

static int add_syscall(scmp_filter_ctx filter, uint32_t action, int number,
		       const struct syscalls_rule *rule)
{
	struct scmp_arg_cmp args[ARGS_MAX];
	size_t i;
	int r = 0;

	/*
	 * libseccomp compares an argument once in a rule. Engines agree that
	 * several comparisons of one argument mean "any of them".
	 */
	if (has_one_twice(rule)) {
		for (i = 0; r == 0 && i < rule->arg_count; i++) {
			args[0] = compare(&rule->args[i]);
			r = seccomp_rule_add_array(filter, action, number, 1, args);
			r = r == -EEXIST ? 0 : r;
		}
		return r;
	}
	for (i = 0; i < rule->arg_count; i++)
		args[i] = compare(&rule->args[i]);
	r = seccomp_rule_add_array(filter, action, number, (unsigned)i, args);
	return r == -EEXIST ? 0 : r;
}

/* Returns how many system calls were added, or -errno with err set. */
static int add_rule(scmp_filter_ctx filter, uint32_t default_action,
		    const struct syscalls_rule *rule, size_t index, struct vps_err *err)
{
	const uint32_t action = syscalls_action(rule->action, rule->has_errno, rule->errno_ret);
	size_t i;
	int added = 0;

	if (action == default_action)	/* libseccomp calls that an error */
		return 0;
	for (i = 0; i < rule->name_count; i++) {
		int number = seccomp_syscall_resolve_name(rule->names[i]), r;

		if (number == __NR_SCMP_ERROR)
			continue;	/* newer than libseccomp, or of another processor */
		r = add_syscall(filter, action, number, rule);
		if (r < 0)
			return vps_err_set(err, r, "syscalls[%zu]: cannot add a rule for %s", index,
					   rule->names[i]);
		added++;
	}
	return added;
}

static int export_program(scmp_filter_ctx filter, struct syscalls_program *ret_program,
			  struct vps_err *err)
{
	OWN_FD fd = memfd_create("syscalls", MFD_CLOEXEC);
	OWN_MEM char *bytes = NULL;
	size_t len;
	int r;

	if (fd < 0)
		return vps_err_set(err, -errno, "cannot make a memory file");
	r = seccomp_export_bpf(filter, fd);
	if (r < 0)
		return vps_err_set(err, r, "cannot compile the system call filter");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return vps_err_set(err, -errno, "cannot rewind a memory file");
	r = file_read_fd(fd, "the system call filter", PROGRAM_MAX, &bytes, &len, err);
	if (r < 0)
		return r;
	ret_program->insns = (struct sock_filter *)(void *)mem_take(&bytes);
	ret_program->count = len / sizeof(struct sock_filter);
	return 0;
}

/* First: of two rules without comparisons for one call libseccomp keeps the one that it had. */
static int add_watched(scmp_filter_ctx filter, const struct syscalls_profile *profile,
		       struct vps_err *err)
{
	const struct syscalls_rule rule = {
		.names = profile->watched,
		.name_count = profile->watched_count,
		.action = "SCMP_ACT_NOTIFY",
	};

	return add_rule(filter, SCMP_ACT_ALLOW, &rule, 0, err);
}

int syscalls_build(const struct syscalls_profile *profile, struct syscalls_program *ret_program,
		   struct vps_err *err)
{
	__attribute__((cleanup(own_filter))) scmp_filter_ctx filter = NULL;
	const uint32_t action = syscalls_action(profile->default_action, profile->has_default_errno,
						profile->default_errno);
	int r = begin(profile, action, &filter, err), added = 0;
	size_t i;

	if (r >= 0)
		added = r = add_watched(filter, profile, err);
	for (i = 0; r >= 0 && i < profile->rule_count; i++) {
		r = add_rule(filter, action, &profile->rules[i], i, err);
		added += r;
	}
	if (r < 0)
		return r;
	if (added >= TREE_FROM && seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0)
		return vps_err_set(err, -EINVAL, "cannot optimise the system call filter");
	return export_program(filter, ret_program, err);
}
