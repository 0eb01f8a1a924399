// SPDX-License-Identifier: GPL-2.0-or-later
/* mmdebstrap as a child that writes a tar into a pipe; called by vps-image. */
#include "bootstrap.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"

#define LOG_MAX (4 << 20)

static const struct {
	const char *distribution;
	const char *suite;
} known[] = {
	{ "debian:11", "bullseye" },
	{ "debian:12", "bookworm" },
	{ "debian:13", "trixie" },
};

/*
 * What somebody who gets a server expects to find, and nothing that apt could
 * not bring in a moment. udev and ifupdown are left out on purpose: a VPS has
 * no hardware, and its addresses are there before its init is.
 */
static const char packages[] =
	"--include=systemd-sysv,dbus,libpam-systemd,openssh-server,ca-certificates,"
	"iproute2,iputils-ping,netbase,procps,less,nano";

/*
 * Run by mmdebstrap with the new root as $1 when all packages are in. Nothing
 * of this host stays, and what must be each VPS's own is made at its first boot.
 */
static const char customize[] =
	"--customize-hook="
	"set -e\n"
	"umask 022\n"
	"cd \"$1\"\n"
	"rm -f etc/hostname etc/resolv.conf etc/ssh/ssh_host_* var/lib/dbus/machine-id var/log/apt/*\n"
	": > etc/resolv.conf\n"
	": > etc/machine-id\n"
	"echo LANG=C.UTF-8 > etc/default/locale\n"
	"cat > etc/systemd/system/ssh-host-keys.service <<'END'\n"
	"[Unit]\n"
	"Description=SSH host keys of this machine, made at its first boot\n"
	"ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key\n"
	"Before=ssh.service ssh.socket\n"
	"\n"
	"[Service]\n"
	"Type=oneshot\n"
	"RemainAfterExit=yes\n"
	"ExecStart=/usr/bin/ssh-keygen -A\n"
	"\n"
	"[Install]\n"
	"WantedBy=multi-user.target\n"
	"END\n"
	"cd etc/systemd/system\n"
	"mkdir -p multi-user.target.wants getty.target.wants\n"
	"ln -sf ../ssh-host-keys.service multi-user.target.wants/\n"
	/* A VPS has one terminal, its console: there a login, and none on tty1. */
	"ln -sf /lib/systemd/system/console-getty.service getty.target.wants/\n"
	"rm -f getty.target.wants/getty@tty1.service\n";

const struct image_config *bootstrap_config(void)
{
	static char *entrypoint[] = { (char *)"/sbin/init", NULL };
	static char *none[] = { NULL };
	static char *env[] = {
		(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)"LANG=C.UTF-8",
		NULL
	};
	static const struct image_config config = {
		.entrypoint = entrypoint,
		.cmd = none,
		.env = env,
		.user = "",
		.working_dir = "",
		.stop_signal = "SIGRTMIN+3",	/* systemd(1): poweroff */
	};

	return &config;
}

static const char *find_suite(const char *distribution, struct vps_err *err)
{
	char list[100] = "";
	size_t i;

	for (i = 0; i < ARRAY_LEN(known); i++) {
		size_t len = strlen(list);

		if (strcmp(distribution, known[i].distribution) == 0)
			return known[i].suite;
		(void)snprintf(list + len, sizeof(list) - len, "%s%s", i > 0 ? ", " : "",
			       known[i].distribution);
	}
	(void)vps_err_say(err, -VPS_EMISUSE, "\"%s\" is not one of %s", distribution, list);
	return NULL;
}

/* stdout into the pipe; stderr to the terminal, or where it is kept for the error's sake. */
static int spawn(char *const *argv, int out_fd, int log_fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	if (r == 0 && log_fd >= 0)
		r = posix_spawn_file_actions_adddup2(&actions, log_fd, STDERR_FILENO);
	if (r == 0)
		r = posix_spawnp(ret_pid, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);	/* always 0 in glibc */
	return -r;
}

int bootstrap_start(const char *distribution, const char *mirror,
		    struct bootstrap *ret_bootstrap, struct vps_err *err)
{
	const char *suite = find_suite(distribution, err);
	char *argv[] = {
		(char *)"mmdebstrap", (char *)"--variant=minbase", (char *)"--format=tar",
		(char *)packages, (char *)customize, (char *)suite, (char *)"-", (char *)mirror,
		NULL,
	};
	OWN_FD log_fd = FD_NONE;
	OWN_FD read_fd = FD_NONE, write_fd = FD_NONE;
	int pipe_fds[2], r;
	pid_t pid;

	if (!suite)
		return err->code;
	if (!isatty(STDERR_FILENO)) {
		log_fd = memfd_create("mmdebstrap.log", MFD_CLOEXEC);
		if (log_fd < 0)
			return vps_err_set(err, -errno, "cannot keep the log of mmdebstrap");
	}
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return vps_err_set(err, -errno, "cannot make a pipe");
	read_fd = pipe_fds[0];
	write_fd = pipe_fds[1];
	r = spawn(argv, write_fd, log_fd, &pid);
	if (r == -ENOENT)
		return vps_err_say(err, -VPS_EHOST,
				   "this host has no mmdebstrap: install the package mmdebstrap");
	if (r < 0)
		return vps_err_set(err, r, "cannot start mmdebstrap");
	*ret_bootstrap = (struct bootstrap){ pid, fd_take(&read_fd), fd_take(&log_fd) };
	return 0;
}

/* The first complaint ("E: …") in the log: the others follow from it; else its last line. */
static const char *find_complaint(char *log)
{
	char *line, *rest = log;
	const char *last = "it said nothing", *complaint = NULL;

	while ((line = strsep(&rest, "\n"))) {
		if (!complaint && strncmp(line, "E: ", 3) == 0)
			complaint = line + 3;
		if (*line)
			last = line;
	}
	return complaint ? complaint : last;
}

static int explain(const struct bootstrap *bootstrap, struct vps_err *err)
{
	OWN_MEM char *log = NULL;

	if (bootstrap->log_fd < 0)
		return vps_err_say(err, -EIO, "mmdebstrap failed; it said above why");
	if (lseek(bootstrap->log_fd, 0, SEEK_SET) < 0 ||
	    file_read_fd(bootstrap->log_fd, "the log", LOG_MAX, &log, NULL, err) < 0)
		return vps_err_set(err, -EIO, "mmdebstrap failed");
	return vps_err_say(err, -EIO, "mmdebstrap failed: %.300s", find_complaint(log));
}

static int reap(struct bootstrap *bootstrap)
{
	int status = -1;

	own_close(&bootstrap->tar_fd);
	while (bootstrap->pid > 0 && waitpid(bootstrap->pid, &status, 0) < 0 && errno == EINTR)
		;
	bootstrap->pid = 0;
	return status;
}

int bootstrap_finish(struct bootstrap *bootstrap, struct vps_err *err)
{
	return reap(bootstrap) == 0 ? 0 : explain(bootstrap, err);
}

void bootstrap_abandon(struct bootstrap *bootstrap)
{
	(void)reap(bootstrap);		/* why we leave is more interesting than its end */
	own_close(&bootstrap->log_fd);
}
