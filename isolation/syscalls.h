/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System call filters: a profile compiled by libseccomp, cached, loaded by seccomp(2). */
#ifndef ISOLATION_SYSCALLS_H
#define ISOLATION_SYSCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Comparison of one argument; op is the OCI name, "SCMP_CMP_EQ" … */
struct syscalls_arg {
	unsigned    index;
	const char *op;
	uint64_t    value, value_two;
};

/*
 * All strings and arrays are borrowed from the document they were parsed from.
 * Several comparisons are all required; several of one argument, any of them.
 * A rule without comparisons overrides those with some for the same call.
 */
struct syscalls_rule {
	const char *const         *names;
	size_t                     name_count;
	const char                *action;	/* "SCMP_ACT_ALLOW" … */
	bool                       has_errno;
	uint32_t                   errno_ret;
	const struct syscalls_arg *args;
	size_t                     arg_count;
};

/* linux.seccomp of the OCI runtime specification. */
struct syscalls_profile {
	const char                 *default_action;
	bool                        has_default_errno;
	uint32_t                    default_errno;
	const char *const          *archs;	/* "SCMP_ARCH_X86" …; the native one is always in */
	size_t                      arch_count;
	const char *const          *flags;	/* "SECCOMP_FILTER_FLAG_LOG" … */
	size_t                      flag_count;
	const struct syscalls_rule *rules;
	size_t                      rule_count;
	const char                 *listener_path, *listener_metadata;
	const char *const          *watched;	/* none of the document's: syscalls_watch() */
	size_t                      watched_count;
	const char                 *text;	/* what it was parsed from; NULL: not kept */
	size_t                      text_len;
};

/* What a system container gets when its spec says nothing: x86_64 and x86. */
extern const struct syscalls_profile syscalls_system_container;

/* A program as the kernel takes it. Owned; release with syscalls_free(). */
struct syscalls_filter {
	void    *program;	/* struct sock_filter[] */
	uint16_t length;	/* instructions */
	uint32_t flags;		/* of seccomp(SECCOMP_SET_MODE_FILTER) */
	bool     is_watched;	/* loading it gives a descriptor that is ours, not an agent's */
};

/*
 * Check a profile's names: action, operator, architecture and flag. System
 * calls that libseccomp does not know are allowed (a profile may be newer).
 *
 * Returns 0, or -EINVAL with err naming the place ("syscalls[3].action"), the
 * value and what is allowed.
 */
int syscalls_check(const struct syscalls_profile *profile, struct vps_err *err);

/* Whether a checked profile asks an agent, so that loading it gives a notify descriptor. */
bool syscalls_has_listener(const struct syscalls_profile *profile);

/*
 * Watch calls: loading the filter gives a notify descriptor, on which the
 * runtime answers them. Unless the checked profile asks an agent, or does not
 * let all of them through unseen, and those that hand the descriptor on: then
 * it stays as it is.
 *
 * names   count of them, borrowed for as long as the profile is used
 */
void syscalls_watch(struct syscalls_profile *profile, const char *const *names, size_t count);

/*
 * Compile a profile, or take it from the cache, where a file's name is
 * a hash of the whole profile or its text, the kernel's release and libseccomp's version,
 * and its content carries all of that itself and a checksum, both compared
 * before use. Compiling takes 10 ms and a megabyte of heap, which is given
 * back but for some hundred kilobytes: not for a process that lives long.
 *
 * cache_fd   directory of the cache, borrowed; FD_NONE compiles without one.
 *            Unless it belongs to root or to us and is writable by nobody
 *            else, it is passed over.
 * Returns 0, or -errno with err set.
 */
int syscalls_compile(const struct syscalls_profile *profile, int cache_fd,
		     struct syscalls_filter *ret_filter, struct vps_err *err);

/*
 * The filter of a profile whose text was compiled before: the profile need not even be parsed.
 * There is none where the profile has flags, names an agent or is watched.
 *
 * cache_fd   as in syscalls_compile()
 * Returns whether there is one; ret_filter is untouched otherwise.
 */
bool syscalls_recall(const char *text, size_t len, int cache_fd, struct syscalls_filter *ret_filter);

/*
 * Load a filter into this process, for ever. Needs no_new_privs or CAP_SYS_ADMIN.
 *
 * ret_listener  receives the notify descriptor when the filter has one; else FD_NONE
 *
 * Returns 0, or -errno with err set and no filter loaded.
 */
int syscalls_load(const struct syscalls_filter *filter, int *ret_listener, struct vps_err *err);

/* Before it is loaded: let the watched calls through, since nobody is there to answer them. */
void syscalls_unwatch(struct syscalls_filter *filter);

void syscalls_free(struct syscalls_filter *filter);

#endif
