// SPDX-License-Identifier: GPL-2.0-or-later
/* Encoding of POSIX ACLs for setxattr(2); called by unpack. */
#include "acl.h"

#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <errno.h>
#include <linux/posix_acl_xattr.h>
#include <linux/posix_acl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "images/tree.h"

static const struct {
	int      ours;
	uint16_t kernels;
	bool     has_id;
} tags[] = {
	{ ARCHIVE_ENTRY_ACL_USER_OBJ,	ACL_USER_OBJ,	false },
	{ ARCHIVE_ENTRY_ACL_USER,	ACL_USER,	true  },
	{ ARCHIVE_ENTRY_ACL_GROUP_OBJ,	ACL_GROUP_OBJ,	false },
	{ ARCHIVE_ENTRY_ACL_GROUP,	ACL_GROUP,	true  },
	{ ARCHIVE_ENTRY_ACL_MASK,	ACL_MASK,	false },
	{ ARCHIVE_ENTRY_ACL_OTHER,	ACL_OTHER,	false },
};

/* The kernel wants the tags in the order of their numbers. */
static int by_tag(const void *left, const void *right)
{
	const struct posix_acl_xattr_entry *a = left, *b = right;

	return (int)le16toh(a->e_tag) - (int)le16toh(b->e_tag);
}

static int encode_one(int permset, int tag, int id, struct posix_acl_xattr_entry *ret_entry,
		      struct vps_err *err)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(tags) && tags[i].ours != tag; i++)
		;
	if (i == ARRAY_LEN(tags))
		return vps_err_say(err, -EBADMSG, "an access control list with a tag that POSIX has not");
	if (tags[i].has_id && (id < 0 || id > TREE_ID_MAX))
		return vps_err_say(err, -VPS_EREFUSED,
				   "an access control list for id %d, outside 0..%d", id, TREE_ID_MAX);
	ret_entry->e_tag = htole16(tags[i].kernels);
	ret_entry->e_perm = htole16((uint16_t)(permset & 7));	/* libarchive's bits are rwx too */
	ret_entry->e_id = htole32(tags[i].has_id ? (uint32_t)id : (uint32_t)ACL_UNDEFINED_ID);
	return 0;
}

int acl_encode(struct archive_entry *entry, int is_default, void *buf, struct vps_err *err)
{
	int want = is_default ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
	struct posix_acl_xattr_header header = { .a_version = htole32(POSIX_ACL_XATTR_VERSION) };
	struct posix_acl_xattr_entry *list =
		(struct posix_acl_xattr_entry *)((char *)buf + sizeof(header));
	int type, permset, tag, id, len = 0;
	const char *name;

	if (!(archive_entry_acl_types(entry) & want) || archive_entry_acl_reset(entry, want) == 0)
		return 0;
	while (archive_entry_acl_next(entry, want, &type, &permset, &tag, &id, &name) == ARCHIVE_OK) {
		if (len == ACL_ENTRIES_MAX)
			return vps_err_say(err, -VPS_EREFUSED,
					   "an access control list of more than %d entries",
					   ACL_ENTRIES_MAX);
		if (encode_one(permset, tag, id, &list[len], err) < 0)
			return err->code;
		len++;
	}
	qsort(list, (size_t)len, sizeof(*list), by_tag);
	memcpy(buf, &header, sizeof(header));
	return len == 0 ? 0 : (int)(sizeof(header) + (size_t)len * sizeof(*list));
}
