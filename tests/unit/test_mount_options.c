// SPDX-License-Identifier: GPL-2.0-or-later
/* Each word of fstab(5) and of the OCI specification does what it says, the later of two wins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "base/own.h"
#include "isolation/mounts.h"

static struct mount_entry with(const char *const *words)
{
	struct mount_entry entry = { 0 };

	for (; *words; words++)
		assert_true(mount_option(&entry, *words));
	return entry;
}

#define WITH(...) with((const char *const[]){ __VA_ARGS__, NULL })

static void contrary_words_undo_each_other(void **state)
{
	static const struct { const char *set, *clear; uint64_t flag; } rows[] = {
		{ "ro", "rw", MOUNT_ATTR_RDONLY },
		{ "nosuid", "suid", MOUNT_ATTR_NOSUID },
		{ "nodev", "dev", MOUNT_ATTR_NODEV },
		{ "noexec", "exec", MOUNT_ATTR_NOEXEC },
		{ "nodiratime", "diratime", MOUNT_ATTR_NODIRATIME },
		{ "nosymfollow", "symfollow", 0x00200000 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct mount_entry set = WITH(rows[i].clear, rows[i].set);
		struct mount_entry cleared = WITH(rows[i].set, rows[i].clear);
		char rec_set[20] = "r", rec_clear[20] = "r";

		assert_int_equal(set.attr_set, rows[i].flag);
		assert_int_equal(set.attr_clear, 0);
		assert_int_equal(cleared.attr_set, 0);
		assert_int_equal(cleared.attr_clear, rows[i].flag);
		strcat(rec_set, rows[i].set);
		strcat(rec_clear, rows[i].clear);
		set = WITH(rec_clear, rec_set);
		cleared = WITH(rec_set, rec_clear);
		assert_int_equal(set.rec_set, rows[i].flag);
		assert_int_equal(set.attr_set | set.rec_clear, 0);
		assert_int_equal(cleared.rec_clear, rows[i].flag);
	}
}

/* mount_setattr(2): setting an access time takes clearing all of them. */
static void access_times_are_one_choice(void **state)
{
	struct mount_entry entry = WITH("noatime", "strictatime");

	(void)state;
	assert_int_equal(entry.attr_set, MOUNT_ATTR_STRICTATIME);
	assert_int_equal(entry.attr_clear, MOUNT_ATTR__ATIME);
	entry = WITH("strictatime", "relatime");
	assert_int_equal(entry.attr_set, 0);
	assert_int_equal(entry.attr_clear, MOUNT_ATTR__ATIME);
	entry = WITH("ro", "rnoatime", "nodiratime");
	assert_int_equal(entry.attr_set, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODIRATIME);
	assert_int_equal(entry.rec_set, MOUNT_ATTR_NOATIME);
}

static void read_only_reaches_the_superblock_but_only_the_flat_word(void **state)
{
	(void)state;
	assert_true(WITH("ro").sb_ro);
	assert_true(WITH("ro", "nosuid").sb_ro);
	assert_false(WITH("ro", "rw").sb_ro);
	assert_false(WITH("rro").sb_ro);
}

static void binds_propagation_and_the_rest_have_fields(void **state)
{
	struct mount_entry entry = WITH("bind");

	(void)state;
	assert_true(entry.is_bind && !entry.is_recursive);
	entry = WITH("rbind", "rslave", "nofail", "tmpcopyup", "defaults");
	assert_true(entry.is_bind && entry.is_recursive && entry.is_optional && entry.is_copied_up);
	assert_int_equal(entry.propagation, MS_SLAVE | MS_REC);
	assert_int_equal(WITH("shared", "private").propagation, MS_PRIVATE);
	entry = WITH("idmap");
	assert_true(entry.is_idmapped && !entry.is_idmapped_rec);
	entry = WITH("ridmap");
	assert_true(entry.is_idmapped && entry.is_idmapped_rec);
}

static void what_is_not_a_word_changes_nothing(void **state)
{
	static const char *const words[] = { "", "size=1m", "mode=755", "RO", "ro,nosuid", "sync", "rfoo" };
	const struct mount_entry nothing = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(words); i++) {
		struct mount_entry entry = { 0 };

		assert_false(mount_option(&entry, words[i]));
		assert_memory_equal(&entry, &nothing, sizeof(entry));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contrary_words_undo_each_other),
		cmocka_unit_test(access_times_are_one_choice),
		cmocka_unit_test(read_only_reaches_the_superblock_but_only_the_flat_word),
		cmocka_unit_test(binds_propagation_and_the_rest_have_fields),
		cmocka_unit_test(what_is_not_a_word_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
