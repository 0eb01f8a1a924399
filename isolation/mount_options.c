// SPDX-License-Identifier: LGPL-2.1-or-later
/* The words that fstab(5) and the OCI specification know for options of a mount, in one table. */
#include <string.h>
#include <sys/mount.h>

#include "base/own.h"
#include "isolation/mounts.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum field {
	NOTHING,	/* true already, or without meaning for a mount of ours */
	ATTR,		/* of this mount: set, clear */
	TREE,		/* of it and those below: set, clear */
	PROPAGATION,	/* set holds MS_… */
	BIND,		/* set: recursive */
	IDMAP,		/* set: recursive */
	COPY_UP,
	OPTIONAL,
};

#define ATIME	MOUNT_ATTR__ATIME	/* a choice of one: setting it takes clearing all of it */

/*
 * Deliberately not here, so that they reach the file system: what belongs to
 * its superblock (sync, dirsync, lazytime, mand) and whatever it alone knows.
 */
static const struct option {
	const char   *word;
	enum field    field;
	unsigned long set, clear;
} options[] = {
	{ "defaults",	   NOTHING,	0,				0 },
	{ "loud",	   NOTHING,	0,				0 },
	{ "silent",	   NOTHING,	0,				0 },
	{ "ro",		   ATTR,	MOUNT_ATTR_RDONLY,		0 },
	{ "rw",		   ATTR,	0,				MOUNT_ATTR_RDONLY },
	{ "nosuid",	   ATTR,	MOUNT_ATTR_NOSUID,		0 },
	{ "suid",	   ATTR,	0,				MOUNT_ATTR_NOSUID },
	{ "nodev",	   ATTR,	MOUNT_ATTR_NODEV,		0 },
	{ "dev",	   ATTR,	0,				MOUNT_ATTR_NODEV },
	{ "noexec",	   ATTR,	MOUNT_ATTR_NOEXEC,		0 },
	{ "exec",	   ATTR,	0,				MOUNT_ATTR_NOEXEC },
	{ "nosymfollow",   ATTR,	MOUNT_ATTR_NOSYMFOLLOW,		0 },
	{ "symfollow",	   ATTR,	0,				MOUNT_ATTR_NOSYMFOLLOW },
	{ "nodiratime",	   ATTR,	MOUNT_ATTR_NODIRATIME,		0 },
	{ "diratime",	   ATTR,	0,				MOUNT_ATTR_NODIRATIME },
	{ "noatime",	   ATTR,	MOUNT_ATTR_NOATIME,		ATIME },
	{ "atime",	   ATTR,	MOUNT_ATTR_RELATIME,		ATIME },
	{ "relatime",	   ATTR,	MOUNT_ATTR_RELATIME,		ATIME },
	{ "norelatime",	   ATTR,	MOUNT_ATTR_RELATIME,		ATIME },
	{ "strictatime",   ATTR,	MOUNT_ATTR_STRICTATIME,		ATIME },
	{ "nostrictatime", ATTR,	MOUNT_ATTR_RELATIME,		ATIME },
	{ "rro",	   TREE,	MOUNT_ATTR_RDONLY,		0 },
	{ "rrw",	   TREE,	0,				MOUNT_ATTR_RDONLY },
	{ "rnosuid",	   TREE,	MOUNT_ATTR_NOSUID,		0 },
	{ "rsuid",	   TREE,	0,				MOUNT_ATTR_NOSUID },
	{ "rnodev",	   TREE,	MOUNT_ATTR_NODEV,		0 },
	{ "rdev",	   TREE,	0,				MOUNT_ATTR_NODEV },
	{ "rnoexec",	   TREE,	MOUNT_ATTR_NOEXEC,		0 },
	{ "rexec",	   TREE,	0,				MOUNT_ATTR_NOEXEC },
	{ "rnosymfollow",  TREE,	MOUNT_ATTR_NOSYMFOLLOW,		0 },
	{ "rsymfollow",	   TREE,	0,				MOUNT_ATTR_NOSYMFOLLOW },
	{ "rnodiratime",   TREE,	MOUNT_ATTR_NODIRATIME,		0 },
	{ "rdiratime",	   TREE,	0,				MOUNT_ATTR_NODIRATIME },
	{ "rnoatime",	   TREE,	MOUNT_ATTR_NOATIME,		ATIME },
	{ "ratime",	   TREE,	MOUNT_ATTR_RELATIME,		ATIME },
	{ "rrelatime",	   TREE,	MOUNT_ATTR_RELATIME,		ATIME },
	{ "rnorelatime",   TREE,	MOUNT_ATTR_RELATIME,		ATIME },
	{ "rstrictatime",  TREE,	MOUNT_ATTR_STRICTATIME,		ATIME },
	{ "rnostrictatime", TREE,	MOUNT_ATTR_RELATIME,		ATIME },
	{ "private",	   PROPAGATION, MS_PRIVATE,			0 },
	{ "rprivate",	   PROPAGATION, MS_PRIVATE | MS_REC,		0 },
	{ "slave",	   PROPAGATION, MS_SLAVE,			0 },
	{ "rslave",	   PROPAGATION, MS_SLAVE | MS_REC,		0 },
	{ "shared",	   PROPAGATION, MS_SHARED,			0 },
	{ "rshared",	   PROPAGATION, MS_SHARED | MS_REC,		0 },
	{ "unbindable",	   PROPAGATION, MS_UNBINDABLE,			0 },
	{ "runbindable",   PROPAGATION, MS_UNBINDABLE | MS_REC,		0 },
	{ "bind",	   BIND,	false,				0 },
	{ "rbind",	   BIND,	true,				0 },
	{ "idmap",	   IDMAP,	false,				0 },
	{ "ridmap",	   IDMAP,	true,				0 },
	{ "tmpcopyup",	   COPY_UP,	0,				0 },
	{ "nofail",	   OPTIONAL,	0,				0 },
};

/* The later of two contrary words wins. */
static void change(uint64_t *set, uint64_t *clear, const struct option *option)
{
	*set = (*set & ~(uint64_t)option->clear) | option->set;
	*clear = (*clear & ~(uint64_t)(option->set & ~ATIME)) | option->clear;
}

static void apply(struct mount_entry *entry, const struct option *option)
{
	switch (option->field) {
	case NOTHING:
		break;
	case ATTR:
		change(&entry->attr_set, &entry->attr_clear, option);
		entry->sb_ro = entry->attr_set & MOUNT_ATTR_RDONLY;
		break;
	case TREE:
		change(&entry->rec_set, &entry->rec_clear, option);
		break;
	case PROPAGATION:
		entry->propagation = option->set;
		break;
	case BIND:
		entry->is_bind = true;
		entry->is_recursive = option->set;
		break;
	case IDMAP:
		entry->is_idmapped = true;
		entry->is_idmapped_rec = option->set;
		break;
	case COPY_UP:
		entry->is_copied_up = true;
		break;
	case OPTIONAL:
		entry->is_optional = true;
		break;
	}
}

bool mount_option(struct mount_entry *entry, const char *option)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(options); i++) {
		if (strcmp(options[i].word, option) == 0) {
			apply(entry, &options[i]);
			return true;
		}
	}
	return false;
}
