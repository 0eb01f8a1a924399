// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads passwd(5) and group(5) of a VPS; called by exec, inside its root. */
#include "users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/path.h"
#include "base/units.h"

#define FILE_MAX	(4u << 20)
#define GROUPS_MAX	1024	/* supplementary groups of one user that are looked for */
#define ID_MAX		(UINT32_MAX - 1)

/* An empty text when there is no such file: an image may do without. */
static int read_etc(int root_fd, const char *path, char **ret_text, struct vps_err *err)
{
	/* Not blocking: a FIFO put there must not stop us. */
	OWN_FD fd = path_open_in_root(root_fd, path, O_RDONLY | O_NONBLOCK, 0);
	struct stat st;

	if (fd == -ENOENT) {
		*ret_text = strdup("");
		return *ret_text ? 0 : vps_err_set(err, -ENOMEM, "cannot read %s", path);
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return vps_err_set(err, fd < 0 ? fd : -errno, "cannot open the VPS's %s", path);
	if (!S_ISREG(st.st_mode))
		return vps_err_say(err, -EINVAL, "the VPS's %s is no regular file", path);
	return file_read_fd(fd, path, FILE_MAX, ret_text, NULL, err);
}

/* Cut the next line into fields at ':'. Missing fields are empty. False at the end. */
static bool next_entry(char **text, char *fields[7])
{
	static char empty[1];
	char *line = strsep(text, "\n");
	int i;

	if (!line)
		return false;
	for (i = 0; i < 7; i++) {
		fields[i] = line ? strsep(&line, ":") : NULL;
		if (!fields[i])
			fields[i] = empty;
	}
	return true;
}

static bool parse_id(const char *text, uint32_t *ret_id)
{
	uint64_t id;

	if (number_parse(text, 0, ID_MAX, &id) < 0)
		return false;
	*ret_id = (uint32_t)id;
	return true;
}

/*
 * Whether text can only be meant as a number. One that is too large is then no
 * id, and not the name that the image has for it either.
 */
static bool is_numeric(const char *text)
{
	text += strspn(text, "+-");
	return text[strspn(text, "0123456789")] == '\0';
}

static int find_user(char *passwd, const char *wanted, struct arena *arena, struct user *user,
		     struct vps_err *err)
{
	uint32_t uid = 0, entry_uid, entry_gid;
	bool is_number = parse_id(wanted, &uid);
	char *fields[7];

	if (!is_number && is_numeric(wanted))
		return vps_err_say(err, -EINVAL, "user \"%s\" is neither a name nor a number from 0 to %u",
				   wanted, ID_MAX);
	while (next_entry(&passwd, fields)) {
		if (!parse_id(fields[2], &entry_uid) || !parse_id(fields[3], &entry_gid))
			continue;
		if (is_number ? entry_uid != uid : strcmp(fields[0], wanted) != 0)
			continue;
		user->uid = entry_uid;
		user->gid = entry_gid;
		user->name = arena_strdup(arena, fields[0]);
		if (fields[5][0] == '/')
			user->home = arena_strdup(arena, fields[5]);
		if (fields[6][0] == '/')
			user->shell = arena_strdup(arena, fields[6]);
		return user->name && user->home && user->shell ?
			0 : vps_err_set(err, -ENOMEM, "cannot look up user %s", wanted);
	}
	if (!is_number && strcmp(wanted, "root") != 0)	/* he needs no entry: an image of one program has none */
		return vps_err_say(err, -EINVAL, "user %s: the VPS's /etc/passwd has no such user",
				   wanted);
	user->uid = uid;
	return 0;
}

static int find_group(char *group, const char *wanted, gid_t *ret_gid, struct vps_err *err)
{
	char *fields[7];
	uint32_t gid;

	if (parse_id(wanted, &gid)) {
		*ret_gid = gid;
		return 0;
	}
	if (is_numeric(wanted))
		return vps_err_say(err, -EINVAL, "group \"%s\" is neither a name nor a number from 0 to %u",
				   wanted, ID_MAX);
	while (next_entry(&group, fields)) {
		if (strcmp(fields[0], wanted) == 0 && parse_id(fields[2], &gid)) {
			*ret_gid = gid;
			return 0;
		}
	}
	return vps_err_say(err, -EINVAL, "group %s: the VPS's /etc/group has no such group", wanted);
}

static bool is_member(char *members, const char *name)
{
	const char *member;

	while ((member = strsep(&members, ",")))
		if (strcmp(member, name) == 0)
			return true;
	return false;
}

static int find_groups(char *group, struct arena *arena, struct user *user, struct vps_err *err)
{
	char *fields[7];
	uint32_t gid;

	user->groups = arena_array(arena, GROUPS_MAX, sizeof(*user->groups));
	if (!user->groups)
		return vps_err_set(err, -ENOMEM, "cannot look up the groups of %s", user->name);
	while (user->group_count < GROUPS_MAX && next_entry(&group, fields))
		if (parse_id(fields[2], &gid) && is_member(fields[3], user->name))
			user->groups[user->group_count++] = gid;
	return 0;
}

int users_find(int root_fd, const char *text, struct arena *arena, struct user *ret_user,
	       struct vps_err *err)
{
	struct user user = { .home = "/", .shell = "/bin/sh" };
	OWN_MEM char *passwd = NULL;
	OWN_MEM char *group = NULL;
	char *name = arena_strdup(arena, text), *group_name;
	int r;

	if (!name)
		return vps_err_set(err, -ENOMEM, "cannot look up user %s", text);
	group_name = strchr(name, ':');
	if (group_name)
		*group_name++ = '\0';
	r = read_etc(root_fd, "/etc/passwd", &passwd, err);
	if (r == 0)
		r = read_etc(root_fd, "/etc/group", &group, err);
	if (r == 0)
		r = find_user(passwd, name, arena, &user, err);
	if (r == 0 && group_name)
		r = find_group(group, group_name, &user.gid, err);
	else if (r == 0 && user.name)
		r = find_groups(group, arena, &user, err);
	if (r == 0)
		*ret_user = user;
	return r;
}

const char *users_home(int root_fd, uid_t uid, struct arena *arena)
{
	struct user user = { .home = "/", .shell = "/" };
	struct vps_err ignored = { 0 };
	OWN_MEM char *passwd = NULL;
	char wanted[16];

	(void)snprintf(wanted, sizeof(wanted), "%u", uid);
	/* Whatever is wrong with passwd, a HOME is no reason not to run. */
	if (read_etc(root_fd, "/etc/passwd", &passwd, &ignored) < 0 ||
	    find_user(passwd, wanted, arena, &user, &ignored) < 0)
		return "/";
	return user.home;
}
