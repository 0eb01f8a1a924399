// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds, makes and removes containers below --root; called by every command of vps-oci. */
#include "cli/oci_box.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "isolation/cg.h"
#include "runtime/programs.h"

#define ID_MAX		1024
#define CONFIG_MAX	(4u << 20)	/* bytes; a seccomp profile may be large */
#define LOCK_MSEC	60000
#define LOCK_NAME	"lock"
#define GATE_NAME	"gate"
#define CACHE_NAME	"~cache"	/* no container can be called that */
#define SCRATCH_NAME	"~scratch"

int oci_box_lock(struct oci_box *box, struct vps_err *err)
{
	box->lock_fd = lock_take(box->dir_fd, LOCK_NAME, LOCK_MSEC, err);
	return box->lock_fd < 0 ? box->lock_fd : 0;
}

void oci_box_unlock(struct oci_box *box)
{
	/* A created init has a copy of the descriptor: only this lets go of the lock. */
	if (box->lock_fd >= 0)
		(void)flock(box->lock_fd, LOCK_UN);
	own_close(&box->lock_fd);
}

void oci_box_close(struct oci_box *box)
{
	oci_box_unlock(box);
	own_close(&box->init_fd);
	own_close(&box->dir_fd);
	own_close(&box->root_fd);
	arena_free(&box->arena);
}

static int check_id(const char *id, struct vps_err *err)
{
	size_t len = strlen(id), i;
	bool is_good = len > 0 && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;

	for (i = 0; i < len && is_good; i++)
		is_good = isalnum((unsigned char)id[i]) || strchr("_+-.", id[i]);
	if (len > ID_MAX || !is_good)
		return vps_err_say(err, -EINVAL, "\"%.60s\" is not a container id: up to %d of "
				   "letters, digits and _+-.", id, ID_MAX);
	return 0;
}

int oci_box_root(const struct oci_cli *cli, char path[PATH_MAX], struct vps_err *err)
{
	const char *root = cli->global.root;
	OWN_FD fd = dir_make(AT_FDCWD, root, 0700, err);
	char cwd[PATH_MAX] = "";
	int len;

	if (fd < 0)
		return fd;
	if (*root != '/' && !getcwd(cwd, sizeof(cwd)))
		return vps_err_set(err, -errno, "cannot tell where we are");
	len = snprintf(path, PATH_MAX, "%s%s%s", cwd, *cwd ? "/" : "", root);
	if (len < 0 || len >= PATH_MAX)
		return vps_err_set(err, -ENAMETOOLONG, "--root %.60s", root);
	return fd_take(&fd);
}

static int open_root(const struct oci_cli *cli, const char *id, struct oci_box *box,
		     struct vps_err *err)
{
	char root[PATH_MAX];
	int r = check_id(id, err);

	if (r < 0)
		return r;
	box->id = id;
	box->root_fd = oci_box_root(cli, root, err);
	if (box->root_fd < 0)
		return box->root_fd;
	r = snprintf(box->run_dir, sizeof(box->run_dir), "%s/%s", root, id);
	if (r < 0 || r >= (int)sizeof(box->run_dir))
		return vps_err_set(err, -ENAMETOOLONG, "--root %.60s", root);
	return 0;
}

static int missing(const char *id, struct vps_err *err)
{
	*err = (struct vps_err){ 0 };
	return vps_err_say(err, -ENOENT, "container %.100s does not exist", id);
}

static int open_dir(struct oci_box *box, struct vps_err *err)
{
	box->dir_fd = openat(box->root_fd, box->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (box->dir_fd < 0)
		return vps_err_set(err, -errno, "cannot open %s", box->run_dir);
	return 0;
}

int oci_box_open(const struct oci_cli *cli, const char *id, bool is_locked, struct oci_box *box,
		 struct vps_err *err)
{
	int r = open_root(cli, id, box, err);

	if (r < 0)
		return r;
	r = open_dir(box, err);
	if (r == 0 && is_locked)
		r = oci_box_lock(box, err);
	if (r < 0)
		return r == -ENOENT ? missing(id, err) : r;
	r = oci_record_read(box->dir_fd, &box->arena, &box->record, err);
	if (r < 0)
		return vps_err_in(err, "container %.100s", id);
	box->init_fd = oci_record_open_init(&box->record);
	return 0;
}

int oci_box_make(const struct oci_cli *cli, const char *id, struct oci_box *box,
		 struct vps_err *err)
{
	int r = open_root(cli, id, box, err);

	if (r < 0)
		return r;
	if (mkdirat(box->root_fd, id, 0700) < 0)
		return errno == EEXIST ?
			vps_err_say(err, -EEXIST, "container %.100s exists already", id) :
			vps_err_set(err, -errno, "cannot make %s", box->run_dir);
	r = open_dir(box, err);
	return r == 0 ? oci_box_lock(box, err) : r;
}

int oci_box_remove(struct oci_box *box, struct vps_err *err)
{
	static const char *const files[] = { OCI_RECORD_NAME, "config.json", LOCK_NAME };
	size_t i;

	/* Most often that is all; to list a directory takes longer. */
	for (i = 0; i < ARRAY_LEN(files); i++)
		(void)unlinkat(box->dir_fd, files[i], 0);
	if (unlinkat(box->root_fd, box->id, AT_REMOVEDIR) == 0)
		return 0;
	return tree_remove(box->root_fd, box->id, err);
}

const char *oci_box_status(const struct oci_box *box)
{
	OWN_FD cg_fd = FD_NONE;

	if (box->init_fd < 0)
		return !box->record.init_pid && box->lock_fd < 0 &&
		       lock_is_held(box->dir_fd, LOCK_NAME) ? "creating" : "stopped";
	if (faccessat(box->dir_fd, GATE_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return "created";
	cg_fd = cg_open(box->record.cgroup);
	return cg_fd >= 0 && cg_is_frozen(cg_fd) > 0 ? "paused" : "running";
}

static int read_updated(const struct oci_box *box, struct oci_config *config, struct vps_err *err)
{
	struct vps_err cause = { 0 };
	OWN_MEM char *text = NULL;
	size_t len;
	int r = file_read(box->dir_fd, OCI_RESOURCES_NAME, CONFIG_MAX, &text, &len, &cause);

	if (r == 0)
		return oci_parse_resources(text, len, config, err);
	if (r == -ENOENT)	/* nothing was */
		return 0;
	*err = cause;
	oci_free(config);
	return r;
}

int oci_box_config(const struct oci_box *box, struct oci_config *config,
		   struct syscalls_filter *ret_filter, struct vps_err *err)
{
	OWN_FD cache_fd = ret_filter ? oci_box_cache(box) : FD_NONE;
	OWN_MEM char *text = NULL;
	size_t len;
	int r = file_read(box->dir_fd, "config.json", CONFIG_MAX, &text, &len, err);

	if (r == 0)
		r = ret_filter ? oci_parse_and_recall(text, len, cache_fd, config, ret_filter, err) :
				 oci_parse(text, len, config, err);
	return r == 0 ? read_updated(box, config, err) : r;
}

void oci_box_scope(const struct oci_box *box, struct scope *scope)
{
	*scope = (struct scope){ .is_user = box->record.is_user_scope };
	if (box->record.scope)
		(void)snprintf(scope->name, sizeof(scope->name), "%s", box->record.scope);
	(void)program_find("vps-scope", scope->program);
}

int oci_box_container(struct oci_box *box, struct container *c, struct vps_err *err)
{
	*c = (struct container)CONTAINER_INIT;
	c->id = box->id;
	c->bundle = box->record.bundle;
	c->run_dir = box->run_dir;
	c->cgroup_path = box->record.cgroup;
	oci_box_scope(box, &box->scope);
	if (*box->scope.name)
		c->scope = &box->scope;
	c->init_pid = box->init_fd >= 0 ? box->record.init_pid : 0;
	return box->record.is_plain ? 0 : oci_box_config(box, &c->config, NULL, err);
}

int oci_box_cgroup(const struct oci_box *box, const char *why, struct vps_err *err)
{
	int fd;

	if (!*box->record.cgroup)
		return vps_err_say(err, -VPS_ESTATE, "container %.100s has no cgroup, %s", box->id,
				   why);
	fd = cg_open(box->record.cgroup);
	return fd < 0 ? vps_err_set(err, fd, "cannot open cgroup %s", box->record.cgroup) : fd;
}

/* ---- the gate ---- */

/* Through the descriptor: a path below a long --root does not fit into 108 bytes. */
static struct sockaddr_un gate_of(const struct oci_box *box)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" GATE_NAME,
		       box->dir_fd);
	return address;
}

int oci_box_listen(const struct oci_box *box, struct vps_err *err)
{
	OWN_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = gate_of(box);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 1) < 0)
		return vps_err_set(err, -errno, "cannot make the gate of container %.100s", box->id);
	return fd_take(&fd);
}

int oci_box_connect(const struct oci_box *box, struct vps_err *err)
{
	OWN_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = gate_of(box);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return vps_err_set(err, -errno, "cannot reach the init of container %.100s", box->id);
	return fd_take(&fd);
}

void oci_box_unlink_gate(const struct oci_box *box)
{
	(void)unlinkat(box->dir_fd, GATE_NAME, 0);
}

int oci_box_cache(const struct oci_box *box)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(box->root_fd, CACHE_NAME, flags);

	if (fd < 0 && errno == ENOENT) {	/* somebody else may be making it, too */
		(void)mkdirat(box->root_fd, CACHE_NAME, 0700);
		fd = openat(box->root_fd, CACHE_NAME, flags);
	}
	return fd < 0 ? FD_NONE : fd;
}

const char *oci_box_scratch(struct oci_box *box)
{
	const char *slash = strrchr(box->run_dir, '/');

	/* Most often there already, and to look takes no lock of all who look. */
	if (faccessat(box->root_fd, SCRATCH_NAME, F_OK, 0) < 0)
		(void)mkdirat(box->root_fd, SCRATCH_NAME, 0700);
	return arena_printf(&box->arena, "%.*s/" SCRATCH_NAME, (int)(slash - box->run_dir),
			    box->run_dir);
}
