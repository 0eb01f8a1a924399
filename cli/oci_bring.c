// SPDX-License-Identifier: GPL-2.0-or-later
/* Drives the engine from a bundle to a created container; called by create, run and exec. */
#include "cli/oci_bring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fdpass.h"
#include "base/fileio.h"
#include "base/phase.h"
#include "cli/oci_exe.h"
#include "cli/oci_fds.h"
#include "cli/oci_say.h"
#include "isolation/cg.h"
#include "isolation/devices.h"
#include "runtime/programs.h"
#include "runtime/state.h"

#define CONFIG_MAX	(4u << 20)

/* ---- what engines hand over ---- */

int oci_bring_pid_file(int dir_fd, const char *path, pid_t pid, struct vps_err *err)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	char dir[PATH_MAX] = ".", text[16];
	OWN_FD parent_fd = FD_NONE;
	int len;

	if (!path)
		return 0;
	if (slash)
		(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path + 1), path);
	parent_fd = openat(dir_fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent_fd < 0)
		return vps_err_set(err, -errno, "--pid-file: cannot open %s", dir);
	len = snprintf(text, sizeof(text), "%d", (int)pid);
	if (file_replace(parent_fd, slash ? slash + 1 : path, text, (size_t)len, 0644, false, err) < 0)
		return vps_err_in(err, "--pid-file");
	return 0;
}

int oci_bring_console(const char *path, struct vps_err *err)
{
	OWN_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return vps_err_set(err, -ENAMETOOLONG, "--console-socket %.100s", path);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return vps_err_set(err, -errno, "cannot connect to console socket %s", path);
	return fd_take(&fd);
}

int oci_bring_send_console(int socket_fd, int master_fd, struct vps_err *err)
{
	static const char name[] = "/dev/ptmx";
	ssize_t sent = fdpass_send(socket_fd, name, sizeof(name) - 1, &master_fd, 1);

	return sent < 0 ? vps_err_set(err, (int)sent,
				      "cannot send the terminal to the console socket") : 0;
}

/* ---- from a bundle to the engine ---- */

/* A cgroupsPath of the cgroupfs driver: below the v2 mount, without a leading slash. */
static const char *cgroup_of(const struct oci_cli *cli, struct container *c)
{
	const char *path = c->config.cgroups_path;
	char own[PATH_MAX] = "";

	if (cli->manager != OCI_CGROUPFS)
		return "";
	while (path && *path == '/')
		path++;
	if (path && *path)
		return path;
	/* Where somebody delegated cgroups to an ordinary user, it is where he is himself. */
	if (cli->is_rootless)
		(void)cg_own_path(own);
	return arena_printf(&c->config.arena, "%s%svps-oci/%s", own, *own ? "/" : "", c->id);
}

int oci_bring_device_rules(struct oci_config *config, struct vps_err *err)
{
	size_t count = config->device_rule_count;
	struct device_rule *rules =
		arena_array(&config->arena, count + devices_default_count, sizeof(*rules));

	if (!rules)
		return vps_err_set(err, -ENOMEM, "cannot keep the device rules");
	if (count)
		memcpy(rules, config->device_rules, count * sizeof(*rules));
	memcpy(rules + count, devices_default, devices_default_count * sizeof(*rules));
	config->device_rules = rules;
	config->device_rule_count = count + devices_default_count;
	return 0;
}

static int choose_scope(const struct oci_cli *cli, struct oci_bring *bring, struct vps_err *err)
{
	struct scope *scope = &bring->box.scope;

	scope->is_user = cli->is_rootless;
	(void)program_find("vps-scope", scope->program);
	bring->c.scope = scope;
	return scope_parse(bring->c.config.cgroups_path, bring->c.id, scope, err);
}

static int absolute_paths(const struct oci_cli *cli, struct oci_bring *bring, struct vps_err *err)
{
	struct oci_record *record = &bring->box.record;
	struct container *c = &bring->c;
	struct arena *arena = &c->config.arena;
	char cwd[PATH_MAX];

	/* Relative paths of the config, the sources of its mounts too, start from the bundle. */
	if (!getcwd(cwd, sizeof(cwd)))
		return vps_err_set(err, -errno, "cannot tell where the bundle is");
	if (*c->config.root_path != '/')
		c->config.root_path = arena_printf(arena, "%s/%s", cwd, c->config.root_path);
	record->bundle = c->bundle = arena_strdup(arena, cwd);
	record->rootfs = c->config.root_path;
	record->cgroup = c->cgroup_path = cgroup_of(cli, c);
	if (cli->manager == OCI_SYSTEMD && choose_scope(cli, bring, err) < 0)
		return err->code;
	if (!record->bundle || !record->rootfs || !record->cgroup)
		return vps_err_set(err, -ENOMEM, "cannot read the bundle");
	return 0;
}

static int load_bundle(const struct oci_cli *cli, struct oci_bring *bring,
		       const struct oci_bring_values *values, struct vps_err *err)
{
	const char *bundle = values->bundle ? values->bundle : ".";
	struct container *c = &bring->c;
	OWN_MEM char *text = NULL;
	struct stat st;
	size_t len;
	int r;

	if (chdir(bundle) < 0)
		return vps_err_set(err, -errno, "cannot enter bundle %s", bundle);
	/* A path of the command line starts where the command was given. */
	r = values->config ? file_read(bring->cwd_fd, values->config, CONFIG_MAX, &text, &len, err) :
			     file_read_regular(AT_FDCWD, "config.json", CONFIG_MAX, &text, &len, err);
	if (r == 0)
		r = oci_parse_and_recall(text, len, bring->cache_fd, &c->config, &c->filter, err);
	if (r < 0)
		return vps_err_in(err, "config.json");
	if (!c->config.has_process)
		return vps_err_say(err, -EINVAL, "config.json: process: is missing");
	r = absolute_paths(cli, bring, err);
	if (r == 0 && (stat(c->config.root_path, &st) < 0 || !S_ISDIR(st.st_mode)))
		r = vps_err_set(err, errno == ENOENT ? -ENOENT : -ENOTDIR, "root.path: %s",
				c->config.root_path);
	if (r == 0)
		r = oci_bring_device_rules(&c->config, err);
	if (r == 0)
		r = file_replace(bring->box.dir_fd, "config.json", text, len, 0600, false, err);
	return r;
}

/* Where a terminal goes: decided before anything is made. */
static int check_console(const struct oci_bring_values *values, struct oci_bring *bring,
			 bool is_gated, struct vps_err *err)
{
	bool has_terminal = bring->c.config.process.terminal;

	if (has_terminal && bring->socket_fd < 0 && (is_gated || values->is_detached))
		return vps_err_say(err, -EINVAL,
				   "process.terminal is set and nobody stays to serve it; use --console-socket");
	if (!has_terminal && bring->socket_fd >= 0)
		return vps_err_say(err, -EINVAL, "--console-socket is given, but process.terminal is not set");
	return 0;
}

static bool is_plain(const struct oci_config *config)
{
	int kind;

	for (kind = 0; kind < HOOK_KINDS; kind++)
		if (config->hooks[kind].count)
			return false;
	return !config->has_seccomp || !config->seccomp.listener_path;
}

static int write_record(struct oci_bring *bring, struct vps_err *err)
{
	struct oci_record *record = &bring->box.record;
	struct timespec now;

	if (!record->created_sec) {
		(void)clock_gettime(CLOCK_REALTIME, &now);
		record->created_sec = now.tv_sec;
		record->created_nsec = (uint32_t)now.tv_nsec;
		record->owner = geteuid();
	}
	record->is_plain = is_plain(&bring->c.config);
	record->cgroup = bring->c.cgroup_path;
	/* Before, the unit may be another's; if we are killed, it goes with init. */
	record->scope = bring->c.scope && bring->c.init_pid ? bring->c.scope->name : "";
	record->is_user_scope = bring->c.scope && bring->c.scope->is_user;
	record->init_pid = bring->c.init_pid;
	record->init_start = record->init_pid ? process_start_ticks(record->init_pid) : 0;
	return oci_record_write(bring->box.dir_fd, record, err);
}

/* The engine's part; before it, who would find us killed can find the cgroup. */
static int engine_up(const struct oci_bring_values *values, struct oci_bring *bring,
		     bool is_gated, struct vps_err *err)
{
	struct container *c = &bring->c;
	int r = write_record(bring, err);

	if (r == 0 && is_gated) {
		bring->gate_fd = oci_box_listen(&bring->box, err);
		r = bring->gate_fd < 0 ? bring->gate_fd : 0;
	}
	if (r < 0)
		return r;
	c->cache_fd = bring->cache_fd;
	c->scratch = oci_box_scratch(&bring->box);
	c->gate_fd = bring->gate_fd;
	c->keeps_keyring = values->no_new_keyring;
	c->preserved_fds = (unsigned)(bring->listening + values->preserved_fds);
	c->keeps_old_root = values->no_pivot;
	phase_end("record");
	r = container_up(c, err);
	if (r < 0)
		return r;
	bring->is_up = true;
	r = write_record(bring, err);
	if (r == 0)
		r = oci_bring_pid_file(bring->cwd_fd, values->pid_file, c->init_pid, err);
	if (r == 0 && bring->socket_fd >= 0 && c->console_fd >= 0) {
		r = oci_bring_send_console(bring->socket_fd, c->console_fd, err);
		own_close(&c->console_fd);
	}
	phase_end("record");
	return r;
}

/* The terminal is served here, and has the size of ours before the program can ask for it. */
static void take_window(struct oci_bring *bring, bool is_gated)
{
	struct oci_process *process = &bring->c.config.process;
	struct winsize size;

	if (!process->terminal || bring->socket_fd >= 0 || is_gated ||
	    ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
		return;
	process->rows = size.ws_row;
	process->columns = size.ws_col;
}

static void warn_of_caps(const struct oci_cli *cli, const struct oci_config *config)
{
	const char *const *name = config->process.unknown_caps;

	for (; name && *name; name++)
		oci_say_warning(cli, "process.capabilities: %s is not known here and left out", *name);
}

static void show_notes(const struct oci_cli *cli, const struct container *c)
{
	size_t i;

	for (i = 0; i < c->note_count; i++)
		oci_say_debug(cli, "%s", c->notes[i]);
}

int oci_bring_say(const struct oci_cli *cli, const struct oci_bring *bring,
		  const struct vps_err *err)
{
	int status = oci_say_error(cli, err);

	return bring->c.lacks_cgroup ? OCI_LACKING : status;
}

int oci_bring_up(const struct oci_cli *cli, const struct oci_bring_values *values, const char *id,
		 bool is_gated, struct oci_bring *bring, struct vps_err *err)
{
	int r;

	bring->listening = oci_fds_listening();
	r = oci_fds_check(bring->listening + values->preserved_fds, err);
	if (r == 0)
		r = oci_exe_check(err);
	if (r < 0)
		return r;
	bring->cwd_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (values->console_socket) {
		bring->socket_fd = oci_bring_console(values->console_socket, err);
		if (bring->socket_fd < 0)
			return bring->socket_fd;
	}
	r = oci_box_make(cli, id, &bring->box, err);
	if (r < 0)
		return r;
	phase_end("directory");
	bring->c.id = id;
	bring->c.run_dir = bring->box.run_dir;
	bring->c.is_rootless = cli->is_rootless;
	bring->cache_fd = oci_box_cache(&bring->box);
	r = load_bundle(cli, bring, values, err);
	phase_end("config");
	if (r == 0)
		r = oci_fds_announce(&bring->c.config.process, bring->listening,
				     &bring->c.config.arena, err);
	if (r == 0)
		r = check_console(values, bring, is_gated, err);
	if (r == 0) {
		warn_of_caps(cli, &bring->c.config);
		take_window(bring, is_gated);
		r = engine_up(values, bring, is_gated, err);
		show_notes(cli, &bring->c);
	}
	if (r < 0)
		oci_bring_down(bring);
	return r;
}

void oci_bring_down(struct oci_bring *bring)
{
	struct vps_err ignored = { 0 };

	if (bring->is_up)
		container_down(&bring->c);
	bring->is_up = false;
	/* Best effort: `delete` finds what is left. */
	(void)oci_box_remove(&bring->box, &ignored);
}

void oci_bring_free(struct oci_bring *bring)
{
	container_free(&bring->c);
	oci_box_close(&bring->box);
	own_close(&bring->cwd_fd);
	own_close(&bring->socket_fd);
	own_close(&bring->gate_fd);
	own_close(&bring->cache_fd);
}
