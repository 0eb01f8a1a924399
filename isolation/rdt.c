// SPDX-License-Identifier: LGPL-2.1-or-later
/* Writes classes of service of resctrl; called by a stage of the engine, and by exec. */
#include "rdt.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"

#define PLACE		"/sys/fs/resctrl"
#define MAGIC		0x07655821	/* RDTGROUP_SUPER_MAGIC of linux/magic.h */
#define SCHEMATA_MAX	65536

const char *rdt_mount_point(void)
{
	struct statfs fs;

	return statfs(PLACE, &fs) == 0 && fs.f_type == MAGIC ? PLACE : NULL;
}

static bool has_schemata(const struct rdt *rdt)
{
	return rdt->l3 || rdt->bandwidth || (rdt->schemata && *rdt->schemata);
}

/* A class that the container makes and takes along; and one that may be others', too. */
static bool is_own(const struct rdt *rdt)
{
	return !rdt->clos;
}

/* The directory of the class, or of the monitoring group in it. */
static void path_of(char path[PATH_MAX], const char *place, const struct rdt *rdt, const char *id,
		    bool is_monitor)
{
	const char *clos = is_own(rdt) ? id : strcmp(rdt->clos, "/") == 0 ? "." : rdt->clos;

	(void)snprintf(path, PATH_MAX, "%s/%s%s%s", place, clos, is_monitor ? "/mon_groups/" : "",
		       is_monitor ? id : "");
}

/* What a line says, without spaces and leading zeros, so that "L3: 0=00f" is "L3:0=f". */
static void normalise(const char *line, size_t len, char *out, size_t size)
{
	size_t at = 0, i;

	for (i = 0; i < len && at + 1 < size; i++) {
		bool is_leading = at > 0 && out[at - 1] == '=';

		if (isspace((unsigned char)line[i]) ||
		    (line[i] == '0' && is_leading && isxdigit((unsigned char)line[i + 1])))
			continue;
		out[at++] = (char)tolower((unsigned char)line[i]);
	}
	out[at] = '\0';
}

static bool is_among(const char *wanted, const char *lines)
{
	char a[1024], b[1024];
	size_t len;

	normalise(wanted, strlen(wanted), a, sizeof(a));
	for (; *lines; lines += len + (lines[len] == '\n')) {
		len = strcspn(lines, "\n");
		normalise(lines, len, b, sizeof(b));
		if (strcmp(a, b) == 0)
			return true;
	}
	return false;
}

/* Call for each line that is asked for, until one fails. */
static int each_line(const struct rdt *rdt, int (*each)(const char *line, void *arg,
							 struct vps_err *err),
		     void *arg, struct vps_err *err)
{
	const char *const *line = rdt->schemata;
	int r = rdt->l3 ? each(rdt->l3, arg, err) : 0;

	if (r == 0 && rdt->bandwidth)
		r = each(rdt->bandwidth, arg, err);
	for (; r == 0 && line && *line; line++)
		r = each(*line, arg, err);
	return r;
}

static int check_line(const char *line, void *arg, struct vps_err *err)
{
	if (is_among(line, arg))
		return 0;
	return vps_err_say(err, -EEXIST, "the class is there already, and has other schemata than %.200s",
			   line);
}

static int write_line(const char *line, void *arg, struct vps_err *err)
{
	const int *dir_fd = arg;
	struct vps_err ignored = { 0 };
	char text[1024];
	int r;

	(void)snprintf(text, sizeof(text), "%s\n", line);
	r = file_write(*dir_fd, "schemata", text, &ignored);
	return r < 0 ? vps_err_set(err, r, "cannot set schemata to %.200s", line) : 0;
}

static int fill_class(const char *path, const struct rdt *rdt, bool is_made, struct vps_err *err)
{
	OWN_FD dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_MEM char *now = NULL;
	int r;

	if (dir_fd < 0)
		return vps_err_set(err, -errno, "cannot open class %s", path);
	if (!has_schemata(rdt))
		return 0;
	if (is_made)
		return each_line(rdt, write_line, &dir_fd, err);
	r = file_read(dir_fd, "schemata", SCHEMATA_MAX, &now, NULL, err);
	return r == 0 ? each_line(rdt, check_line, now, err) : r;
}

int rdt_create(const char *place, const struct rdt *rdt, const char *id, struct vps_err *err)
{
	char path[PATH_MAX], monitor[PATH_MAX];
	bool is_made;
	int r;

	if (!place)
		return vps_err_say(err, -VPS_EHOST,
				   "linux.intelRdt: resctrl is not mounted at " PLACE ": this host or its processor has none; leave it out");
	path_of(path, place, rdt, id, false);
	/* A class that is named and given nothing is somebody's who has made it. */
	is_made = (is_own(rdt) || has_schemata(rdt)) && mkdir(path, 0755) == 0;
	if (!is_made && is_own(rdt))
		return vps_err_set(err, -errno, "linux.intelRdt: cannot make class %s", path);
	r = fill_class(path, rdt, is_made, err);
	path_of(monitor, place, rdt, id, true);
	if (r == 0 && rdt->is_monitored && mkdir(monitor, 0755) < 0)
		r = vps_err_set(err, -errno, "cannot make monitoring group %s", monitor);
	if (r < 0 && is_made)
		(void)rmdir(path);
	return r < 0 ? vps_err_in(err, "linux.intelRdt") : 0;
}

int rdt_add(const char *place, const struct rdt *rdt, const char *id, pid_t pid,
	    struct vps_err *err)
{
	char path[PATH_MAX], file[PATH_MAX + 8], text[16];

	path_of(path, place, rdt, id, false);
	(void)snprintf(file, sizeof(file), "%s/tasks", path);
	(void)snprintf(text, sizeof(text), "%d\n", (int)pid);
	if (file_write(AT_FDCWD, file, text, err) < 0)
		return vps_err_in(err, "linux.intelRdt");
	if (!rdt->is_monitored)
		return 0;
	path_of(path, place, rdt, id, true);	/* which takes only who is in the class */
	(void)snprintf(file, sizeof(file), "%s/tasks", path);
	return file_write(AT_FDCWD, file, text, err) < 0 ? vps_err_in(err, "linux.intelRdt") : 0;
}

void rdt_remove(const char *place, const struct rdt *rdt, const char *id)
{
	char path[PATH_MAX];

	if (!place)
		return;
	/* Best effort: a class that stays costs one of a few, and its next user is told so. */
	path_of(path, place, rdt, id, true);
	if (rdt->is_monitored)
		(void)rmdir(path);
	path_of(path, place, rdt, id, false);
	if (is_own(rdt))
		(void)rmdir(path);
}
