// SPDX-License-Identifier: LGPL-2.1-or-later
/* Checks, compiles and loads system call filters; called by the spec parsers and the engine. */
#include "syscalls.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"
#include "syscalls_parts.h"

#define ARG_INDEX_MAX	5
#define WAIT_KILLABLE	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
#define ERRNO_MAX	4095	/* the kernel cuts a larger one down to it */

/* "place: "word" is none of A, B, C" */
static int say_unknown(const struct syscalls_word *words, const char *place, const char *word,
		       struct vps_err *err)
{
	char known[400] = "";
	size_t len = 0;

	for (; words->name && len < sizeof(known); words++)
		len += (size_t)snprintf(known + len, sizeof(known) - len, "%s%s", len ? ", " : "",
					words->name);
	return vps_err_say(err, -EINVAL, "%s: \"%.40s\" is none of %s", place, word, known);
}

static int check_word(const struct syscalls_word *words, const char *place, const char *word,
		      struct vps_err *err)
{
	if (!word)
		return vps_err_say(err, -EINVAL, "%s is missing", place);
	return syscalls_find(words, word) ? 0 : say_unknown(words, place, word, err);
}

static int check_action(const char *place, const char *action, bool has_errno, uint32_t errno_ret,
			struct vps_err *err)
{
	int r = check_word(syscalls_actions, place, action, err);

	if (r < 0 || !has_errno)
		return r;
	/* The specification wants an error here, too, not a silent no. */
	if (strcmp(action, "SCMP_ACT_ERRNO") != 0 && strcmp(action, "SCMP_ACT_TRACE") != 0)
		return vps_err_say(err, -EINVAL, "%s: %s takes no errno", place, action);
	if (errno_ret > ERRNO_MAX)
		return vps_err_say(err, -EINVAL, "%s: errno %u is above %d", place, errno_ret,
				   ERRNO_MAX);
	return 0;
}

static int check_args(const struct syscalls_rule *rule, size_t index, struct vps_err *err)
{
	char place[64];
	size_t i;

	for (i = 0; i < rule->arg_count; i++) {
		int r;

		(void)snprintf(place, sizeof(place), "syscalls[%zu].args[%zu].op", index, i);
		r = check_word(syscalls_operators, place, rule->args[i].op, err);
		if (r < 0)
			return r;
		if (rule->args[i].index > ARG_INDEX_MAX)
			return vps_err_say(err, -EINVAL,
					   "syscalls[%zu].args[%zu].index: %u is above %d", index, i,
					   rule->args[i].index, ARG_INDEX_MAX);
	}
	if (rule->arg_count > ARG_INDEX_MAX + 1)
		return vps_err_say(err, -EINVAL, "syscalls[%zu].args: %zu are more than %d", index,
				   rule->arg_count, ARG_INDEX_MAX + 1);
	return 0;
}

/* The process that loads the filter sends its descriptor on by that call, and nobody answers yet. */
static int check_notified(const struct syscalls_rule *rule, const char *place, struct vps_err *err)
{
	size_t i;

	if (strcmp(rule->action, "SCMP_ACT_NOTIFY") != 0)
		return 0;
	for (i = 0; i < rule->name_count; i++)
		if (strcmp(rule->names[i], "sendmsg") == 0)
			return vps_err_say(err, -EINVAL,
					   "%s: SCMP_ACT_NOTIFY is not possible for sendmsg, which sends the listener itself",
					   place);
	return 0;
}

static int check_rules(const struct syscalls_profile *profile, struct vps_err *err)
{
	char place[64];
	size_t i;

	for (i = 0; i < profile->rule_count; i++) {
		const struct syscalls_rule *rule = &profile->rules[i];
		int r;

		(void)snprintf(place, sizeof(place), "syscalls[%zu].action", i);
		r = check_action(place, rule->action, rule->has_errno, rule->errno_ret, err);
		if (r == 0)
			r = check_notified(rule, place, err);
		if (r == 0)
			r = check_args(rule, i, err);
		if (r < 0)
			return r;
	}
	return 0;
}

bool syscalls_has_listener(const struct syscalls_profile *profile)
{
	size_t i;

	for (i = 0; i < profile->rule_count; i++)
		if (strcmp(profile->rules[i].action, "SCMP_ACT_NOTIFY") == 0)
			return true;
	return false;
}

/* Whether no rule but one that allows it, whatever its arguments, is for a call. */
static bool lets_through(const struct syscalls_profile *profile, const char *name)
{
	const char *action = profile->default_action;
	size_t i, j;

	for (i = 0; i < profile->rule_count; i++) {
		const struct syscalls_rule *rule = &profile->rules[i];

		for (j = 0; j < rule->name_count; j++) {
			if (strcmp(rule->names[j], name) != 0)
				continue;
			if (rule->arg_count || strcmp(rule->action, "SCMP_ACT_ALLOW") != 0)
				return false;
			action = rule->action;
		}
	}
	return strcmp(action, "SCMP_ACT_ALLOW") == 0;
}

void syscalls_watch(struct syscalls_profile *profile, const char *const *names, size_t count)
{
	size_t i;

	if (syscalls_has_listener(profile) || !lets_through(profile, "sendmsg") ||
	    !lets_through(profile, "recvmsg"))
		return;
	for (i = 0; i < count; i++)
		if (!lets_through(profile, names[i]))
			return;
	profile->watched = names;
	profile->watched_count = count;
}

static int check_listener(const struct syscalls_profile *profile, struct vps_err *err)
{
	/* The process that loads it could not even hand the descriptor on. */
	if (strcmp(profile->default_action, "SCMP_ACT_NOTIFY") == 0)
		return vps_err_say(err, -EINVAL, "defaultAction: SCMP_ACT_NOTIFY cannot be the default");
	if (syscalls_has_listener(profile) && !profile->listener_path)
		return vps_err_say(err, -EINVAL, "listenerPath is missing: an action is SCMP_ACT_NOTIFY");
	if (profile->listener_metadata && !profile->listener_path)
		return vps_err_say(err, -EINVAL, "listenerMetadata is given without listenerPath");
	return 0;
}

static int check_words(const struct syscalls_word *words, const char *list,
		       const char *const *names, size_t count, struct vps_err *err)
{
	char place[64];
	size_t i;

	for (i = 0; i < count; i++) {
		int r;

		(void)snprintf(place, sizeof(place), "%s[%zu]", list, i);
		r = check_word(words, place, names[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

int syscalls_check(const struct syscalls_profile *profile, struct vps_err *err)
{
	int r = check_action("defaultAction", profile->default_action, profile->has_default_errno,
			     profile->default_errno, err);

	if (r == 0)
		r = check_words(syscalls_archs, "architectures", profile->archs,
				profile->arch_count, err);
	if (r == 0)
		r = check_words(syscalls_flags, "flags", profile->flags, profile->flag_count, err);
	if (r == 0)
		r = check_rules(profile, err);
	if (r == 0)
		r = check_listener(profile, err);
	return r;
}

/* The flags that go with the program; what is only for a listener goes only with one. */
static uint32_t flags_of(const struct syscalls_profile *profile)
{
	const uint32_t for_listener = syscalls_find(syscalls_flags, WAIT_KILLABLE)->value;
	uint32_t flags = 0;
	size_t i;

	for (i = 0; i < profile->flag_count; i++)
		flags |= syscalls_find(syscalls_flags, profile->flags[i])->value;
	if (profile->watched_count)	/* no signal may end a call that is being answered */
		flags |= for_listener;
	else if (!syscalls_has_listener(profile))
		return flags & ~for_listener;
	/* Both answer by the return value; with ESRCH the descriptor has it to itself. */
	if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	return flags | SECCOMP_FILTER_FLAG_NEW_LISTENER;
}

static int build(const struct syscalls_profile *profile, struct syscalls_program *ret_program,
		 struct vps_err *err)
{
	struct syscalls_program raw, laid_out;
	int r = syscalls_build(profile, &raw, err);

	if (r < 0)
		return r;
	r = syscalls_layout(&raw, &laid_out);
	if (r == -EOPNOTSUPP) {		/* slower to load, and just as good */
		*ret_program = raw;
		return 0;
	}
	free(raw.insns);
	if (r < 0)
		return vps_err_set(err, r, "cannot lay out the system call filter");
	*ret_program = laid_out;
	return 0;
}

static int make_key(const struct syscalls_profile *profile, struct syscalls_key *ret_key,
		    struct vps_err *err)
{
	/* What comes back by its text comes back with neither flags nor a listener. */
	if (profile->text && !profile->listener_path && !flags_of(profile))
		return syscalls_key_of_text(profile->text, profile->text_len, ret_key, err);
	return syscalls_key_make(profile, ret_key, err);
}

int syscalls_compile(const struct syscalls_profile *profile, int cache_fd,
		     struct syscalls_filter *ret_filter, struct vps_err *err)
{
	struct syscalls_program program;
	struct syscalls_key key;
	int r = syscalls_check(profile, err);

	if (r < 0)
		return r;
	r = make_key(profile, &key, err);
	if (r < 0)
		return r;
	if (!syscalls_cache_get(cache_fd, &key, &program)) {
		r = build(profile, &program, err);
		if (r == 0)
			syscalls_cache_put(cache_fd, &key, &program);
		(void)malloc_trim(0);	/* libseccomp's megabyte would stay with the process */
	}
	free(key.bytes);
	if (r < 0)
		return r;
	ret_filter->program = program.insns;
	ret_filter->length = (uint16_t)program.count;
	ret_filter->flags = flags_of(profile);
	ret_filter->is_watched = profile->watched_count > 0;
	return 0;
}

bool syscalls_recall(const char *text, size_t len, int cache_fd, struct syscalls_filter *ret_filter)
{
	struct syscalls_program program;
	struct vps_err ignored = { 0 };
	struct syscalls_key key;
	bool is_there;

	if (syscalls_key_of_text(text, len, &key, &ignored) < 0)
		return false;
	is_there = syscalls_cache_get(cache_fd, &key, &program);
	free(key.bytes);
	if (is_there)
		*ret_filter = (struct syscalls_filter){
			.program = program.insns,
			.length = (uint16_t)program.count,
		};
	return is_there;
}

int syscalls_load(const struct syscalls_filter *filter, int *ret_listener, struct vps_err *err)
{
	const struct sock_fprog program = { filter->length, filter->program };
	long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter->flags, &program);

	if (r < 0 && errno == EACCES)
		return vps_err_say(err, -EACCES,
				   "a system call filter needs no_new_privs or CAP_SYS_ADMIN");
	if (r < 0 && errno == EBUSY)
		return vps_err_say(err, -EBUSY,
				   "this process has a system call filter with a listener already, and the kernel allows one");
	if (r < 0)
		return vps_err_set(err, -errno, "cannot load the system call filter (flags %#x)",
				   filter->flags);
	if (filter->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		*ret_listener = (int)r;
	else if (r > 0)		/* the number of a thread that TSYNC could not reach */
		return vps_err_say(err, -ESRCH, "thread %ld has a system call filter of its own", r);
	else
		*ret_listener = FD_NONE;
	return 0;
}

void syscalls_unwatch(struct syscalls_filter *filter)
{
	struct sock_filter *insns = filter->program;
	size_t i;

	if (!filter->is_watched)
		return;
	for (i = 0; i < filter->length; i++)
		if (insns[i].code == (BPF_RET | BPF_K) && insns[i].k == SECCOMP_RET_USER_NOTIF)
			insns[i].k = SECCOMP_RET_ALLOW;
	filter->flags &= ~(SECCOMP_FILTER_FLAG_NEW_LISTENER |
			   syscalls_find(syscalls_flags, WAIT_KILLABLE)->value);
	filter->is_watched = false;
}

void syscalls_free(struct syscalls_filter *filter)
{
	free(filter->program);
	*filter = (struct syscalls_filter){ 0 };
}
