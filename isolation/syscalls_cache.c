// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keeps compiled filters in files; called for every start, because compiling
 * takes milliseconds and reading back a twentieth of one.
 *
 * A file holds the whole key that its program was made from, not only a hash
 * of it in its name: two profiles whose hashes collide never get each other's
 * program, so a fast hash will do.
 */
#include "syscalls_parts.h"

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/own.h"
#include "cache.h"

#define FORMAT		"vpsbpf2"	/* change it when build or layout change what they make */
#define NAME_ROOM	32
#define ENTRY_MAX	(4u << 20)

struct entry {
	char     format[8];
	uint64_t checksum;	/* of all that follows */
	uint32_t key_len, program_len;
	/* then the key, then the program, in bytes */
};

static void append(struct syscalls_key *key, const void *bytes, size_t len)
{
	if (key->room == (size_t)-1)	/* memory had run out before */
		return;
	if (key->room - key->len < len) {
		size_t room = (key->len + len) * 2 + 4096;
		char *grown = realloc(key->bytes, room);

		key->room = grown ? room : (size_t)-1;
		if (!grown)
			return;
		key->bytes = grown;
	}
	memcpy(key->bytes + key->len, bytes, len);
	key->len += len;
}

/* Its NUL keeps "ab", "c" apart from "a", "bc"; a count before every list does the same. */
static void append_text(struct syscalls_key *key, const char *text)
{
	append(key, text, strlen(text) + 1);
}

static void append_number(struct syscalls_key *key, uint64_t number)
{
	append(key, &number, sizeof(number));
}

static void append_list(struct syscalls_key *key, const char *const *texts, size_t count)
{
	size_t i;

	append_number(key, count);
	for (i = 0; i < count; i++)
		append_text(key, texts[i]);
}

static void append_rule(struct syscalls_key *key, const struct syscalls_rule *rule)
{
	size_t i;

	append_list(key, rule->names, rule->name_count);
	append_number(key, syscalls_action(rule->action, rule->has_errno, rule->errno_ret));
	append_number(key, rule->arg_count);
	for (i = 0; i < rule->arg_count; i++) {
		append_number(key, rule->args[i].index);
		append_text(key, rule->args[i].op);
		append_number(key, rule->args[i].value);
		append_number(key, rule->args[i].value_two);
	}
}

/* What the result depends on beside the profile: the library, the kernel, this code. */
static void append_surroundings(struct syscalls_key *key, const char *kind)
{
	const struct scmp_version *version = seccomp_version();
	struct utsname host;

	append_text(key, FORMAT " " VPS_VERSION);
	append_text(key, kind);
	if (version) {
		append_number(key, version->major);
		append_number(key, version->minor);
		append_number(key, version->micro);
	}
	if (uname(&host) == 0) {
		append_text(key, host.release);
		append_text(key, host.machine);
	}
}

static int finish(struct syscalls_key *key, struct syscalls_key *ret_key, struct vps_err *err)
{
	if (key->room == (size_t)-1) {
		free(key->bytes);
		return vps_err_set(err, -ENOMEM, "cannot name the system call filter");
	}
	*ret_key = *key;
	return 0;
}

int syscalls_key_of_text(const char *text, size_t len, struct syscalls_key *ret_key,
			 struct vps_err *err)
{
	struct syscalls_key key = { 0 };

	append_surroundings(&key, "text");
	append(&key, text, len);
	return finish(&key, ret_key, err);
}

int syscalls_key_make(const struct syscalls_profile *profile, struct syscalls_key *ret_key,
		      struct vps_err *err)
{
	struct syscalls_key key = { 0 };
	size_t i;

	append_surroundings(&key, "profile");
	append_number(&key, syscalls_action(profile->default_action, profile->has_default_errno,
					    profile->default_errno));
	append_list(&key, profile->archs, profile->arch_count);
	append_number(&key, profile->rule_count);
	for (i = 0; i < profile->rule_count; i++)
		append_rule(&key, &profile->rules[i]);
	append_list(&key, profile->watched, profile->watched_count);
	return finish(&key, ret_key, err);
}

/* Eight bytes at a time in the manner of FNV, with the high bits folded back. */
static uint64_t hash(uint64_t state, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		size_t step = len < 8 ? len : 8;
		uint64_t word = 0;

		memcpy(&word, at, step);
		state = (state ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		state ^= state >> 29;
		at += step;
		len -= step;
	}
	return state;
}

static uint64_t checksum(const struct entry *entry, const void *body)
{
	uint64_t state = hash(1, &entry->key_len, sizeof(entry->key_len));

	state = hash(state, &entry->program_len, sizeof(entry->program_len));
	return hash(state, body, (size_t)entry->key_len + entry->program_len);
}

static void name_of(const struct syscalls_key *key, char name[NAME_ROOM])
{
	(void)snprintf(name, NAME_ROOM, "syscalls-%016jx",
		       (uintmax_t)hash(2, key->bytes, key->len));
}

/* The program in a file's bytes, if they are whole and made from that key. */
static const void *find_program(const char *bytes, size_t len, const struct syscalls_key *key,
				size_t *ret_len)
{
	struct entry entry;

	if (len < sizeof(entry))
		return NULL;
	memcpy(&entry, bytes, sizeof(entry));
	if (memcmp(entry.format, FORMAT, sizeof(entry.format)) != 0 ||
	    entry.key_len != key->len || entry.program_len == 0 ||
	    entry.program_len % sizeof(struct sock_filter) != 0 ||
	    entry.program_len > BPF_MAXINSNS * sizeof(struct sock_filter) ||
	    len != sizeof(entry) + key->len + entry.program_len)
		return NULL;
	if (entry.checksum != checksum(&entry, bytes + sizeof(entry)) ||
	    memcmp(bytes + sizeof(entry), key->bytes, key->len) != 0)
		return NULL;
	*ret_len = entry.program_len;
	return bytes + sizeof(entry) + key->len;
}

bool syscalls_cache_get(int cache_fd, const struct syscalls_key *key,
			struct syscalls_program *ret_program)
{
	OWN_MEM char *bytes = NULL;
	char name[NAME_ROOM];
	const void *found;
	size_t len;

	name_of(key, name);
	if (!cache_get(cache_fd, name, ENTRY_MAX, &bytes, &len))
		return false;
	found = find_program(bytes, len, key, &len);
	if (!found)
		return false;
	memmove(bytes, found, len);
	ret_program->insns = (struct sock_filter *)(void *)mem_take(&bytes);
	ret_program->count = len / sizeof(struct sock_filter);
	return true;
}

void syscalls_cache_put(int cache_fd, const struct syscalls_key *key,
			const struct syscalls_program *program)
{
	struct entry entry = { .format = FORMAT };
	OWN_MEM char *bytes = NULL;
	char name[NAME_ROOM];
	size_t len;

	entry.key_len = (uint32_t)key->len;
	entry.program_len = (uint32_t)(program->count * sizeof(*program->insns));
	len = sizeof(entry) + entry.key_len + entry.program_len;
	bytes = cache_fd >= 0 && len <= ENTRY_MAX ? malloc(len) : NULL;
	if (!bytes)
		return;
	memcpy(bytes + sizeof(entry), key->bytes, key->len);
	memcpy(bytes + sizeof(entry) + key->len, program->insns, entry.program_len);
	entry.checksum = checksum(&entry, bytes + sizeof(entry));	/* of what a power cut leaves */
	memcpy(bytes, &entry, sizeof(entry));
	name_of(key, name);
	cache_put(cache_fd, name, bytes, len);
}
