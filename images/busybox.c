// SPDX-License-Identifier: GPL-2.0-or-later
/* The embedded busybox image; called by vps-image. */
#include "busybox.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"

#define BUSYBOX		"/bin/busybox"
#define BUSYBOX_MAX	(32 << 20)
#define LIST_MAX	(64 << 10)

static void own_archive(struct archive **archive)
{
	(void)archive_write_free(*archive);	/* what matters was said by archive_write_close() */
	*archive = NULL;
}

#define OWN_ARCHIVE __attribute__((cleanup(own_archive))) struct archive

static const struct {
	const char *path;
	mode_t mode;
} dirs[] = {
	{ "./",			0755 },
	{ "./bin/",		0755 },
	{ "./dev/",		0755 },
	{ "./etc/",		0755 },
	{ "./etc/init.d/",	0755 },
	{ "./home/",		0755 },
	{ "./mnt/",		0755 },
	{ "./opt/",		0755 },
	{ "./proc/",		0555 },
	{ "./root/",		0700 },
	{ "./run/",		0755 },
	{ "./sbin/",		0755 },
	{ "./srv/",		0755 },
	{ "./sys/",		0555 },
	{ "./tmp/",		01777 },
	{ "./usr/",		0755 },
	{ "./usr/bin/",		0755 },
	{ "./usr/sbin/",	0755 },
	{ "./var/",		0755 },
	{ "./var/log/",		0755 },
	{ "./var/spool/",	0755 },
	{ "./var/tmp/",		01777 },
};

/*
 * busybox init halts on SIGUSR1, powers off on SIGUSR2, reboots on SIGTERM; the
 * last is also what Ctrl-Alt-Del does. It opens /dev/console for "console".
 */
static const char inittab[] =
	"::sysinit:/etc/init.d/rcS\n"
	"console::askfirst:-/bin/sh\n"
	"::ctrlaltdel:/sbin/reboot\n"
	"::shutdown:/etc/init.d/rcK\n";

static const struct {
	const char *path;
	mode_t mode;
	const char *text;
} files[] = {
	{ "./etc/fstab",	0644, "" },
	{ "./etc/group",	0644,
	  "root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\n"
	  "users:x:100:\nnogroup:x:65534:\n" },
	{ "./etc/hostname",	0644, "" },
	{ "./etc/hosts",	0644, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n" },
	{ "./etc/init.d/rcK",	0755,
	  "#!/bin/sh\n"
	  "# Before init ends everything: what rc.local started may end in order.\n"
	  "[ ! -x /etc/rc.shutdown ] || /etc/rc.shutdown\n" },
	{ "./etc/init.d/rcS",	0755,
	  "#!/bin/sh\n"
	  "# The first thing that init runs. Addresses, routes and mounts are there already.\n"
	  "mkdir -p /run/lock /var/run\n"
	  "[ ! -x /etc/rc.local ] || /etc/rc.local\n" },
	{ "./etc/inittab",	0644, inittab },
	{ "./etc/motd",		0644,
	  "This VPS runs from the small busybox image.\n"
	  "Your own services: make /etc/rc.local executable.\n" },
	{ "./etc/nsswitch.conf", 0644, "passwd: files\ngroup: files\nhosts: files dns\n" },
	{ "./etc/os-release",	0644,
	  "NAME=\"VPS busybox\"\nID=vps-busybox\nPRETTY_NAME=\"VPS busybox\"\n" },
	{ "./etc/passwd",	0644,
	  "root:x:0:0:root:/root:/bin/sh\n"
	  "daemon:x:1:1:daemon:/usr/sbin:/bin/false\n"
	  "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n" },
	{ "./etc/profile",	0644,
	  "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
	  "export PS1='\\u@\\h:\\w\\$ '\n"
	  "[ ! -t 1 ] || cat /etc/motd\n" },
	{ "./etc/resolv.conf",	0644, "" },
	{ "./etc/shadow",	0600,
	  "root:!:0:0:99999:7:::\ndaemon:*:0:0:99999:7:::\nnobody:*:0:0:99999:7:::\n" },
	{ "./etc/shells",	0644, "/bin/sh\n/bin/ash\n" },
};

const struct image_config *busybox_config(void)
{
	static char *entrypoint[] = { (char *)"/sbin/init", NULL };
	static char *none[] = { NULL };
	static char *env[] = {
		(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL
	};
	static const struct image_config config = {
		.entrypoint = entrypoint,
		.cmd = none,
		.env = env,
		.user = "",
		.working_dir = "",
		.stop_signal = "SIGUSR2",
	};

	return &config;
}

/* A program interpreter means shared libraries, which the image has not. */
static bool is_static(const char *elf, size_t len)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)elf;
	size_t i;

	if (len < sizeof(*head) || memcmp(elf, ELFMAG, SELFMAG) != 0 ||
	    elf[EI_CLASS] != ELFCLASS64 || head->e_phentsize != sizeof(Elf64_Phdr) ||
	    head->e_phoff % sizeof(Elf64_Xword) != 0 || head->e_phoff > len ||
	    head->e_phnum > (len - head->e_phoff) / sizeof(Elf64_Phdr))
		return false;
	for (i = 0; i < head->e_phnum; i++)
		if (((const Elf64_Phdr *)(elf + head->e_phoff))[i].p_type == PT_INTERP)
			return false;
	return true;
}

/* Run `busybox --list-full`: one path an applet, such as "usr/bin/wget". */
static int list_applets(char **ret_list, struct vps_err *err)
{
	char *argv[] = { (char *)BUSYBOX, (char *)"--list-full", NULL }, *env[] = { NULL };
	OWN_FD out = memfd_create("applets", MFD_CLOEXEC);
	posix_spawn_file_actions_t actions;
	int r, status;
	pid_t pid;

	if (out < 0 || posix_spawn_file_actions_init(&actions) != 0)
		return vps_err_set(err, -ENOMEM, "cannot list the applets of busybox");
	r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn(&pid, BUSYBOX, &actions, NULL, argv, env);
	(void)posix_spawn_file_actions_destroy(&actions);	/* always 0 in glibc */
	if (r != 0)
		return vps_err_set(err, -r, "cannot run " BUSYBOX);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return vps_err_set(err, -errno, "cannot wait for " BUSYBOX);
	if (status != 0 || lseek(out, 0, SEEK_SET) < 0)
		return vps_err_say(err, -VPS_EHOST, BUSYBOX " --list-full failed");
	return file_read_fd(out, "the list of applets", LIST_MAX, ret_list, NULL, err);
}

static int put(struct archive *tar, const char *path, mode_t mode, const char *target,
	       const void *data, size_t len)
{
	struct archive_entry *entry = archive_entry_new();
	int r = -ENOMEM;

	if (entry) {
		archive_entry_set_pathname(entry, path);
		archive_entry_set_mode(entry, mode);
		archive_entry_set_size(entry, (la_int64_t)len);
		archive_entry_set_mtime(entry, 0, 0);
		if (target)
			archive_entry_set_symlink(entry, target);
		r = archive_write_header(tar, entry) == ARCHIVE_OK &&
		    (len == 0 || archive_write_data(tar, data, len) == (la_ssize_t)len) ? 0 : -EIO;
	}
	archive_entry_free(entry);
	return r;
}

static int put_skeleton(struct archive *tar)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < ARRAY_LEN(dirs); i++)
		r = put(tar, dirs[i].path, S_IFDIR | dirs[i].mode, NULL, NULL, 0);
	for (i = 0; r == 0 && i < ARRAY_LEN(files); i++)
		r = put(tar, files[i].path, S_IFREG | files[i].mode, NULL, files[i].text,
			strlen(files[i].text));
	return r;
}

/* Only names below the four directories of programs; the binary itself is there already. */
static bool is_applet(const char *path)
{
	return (strncmp(path, "bin/", 4) == 0 || strncmp(path, "sbin/", 5) == 0 ||
		strncmp(path, "usr/bin/", 8) == 0 || strncmp(path, "usr/sbin/", 9) == 0) &&
	       strcmp(path, "bin/busybox") != 0 && !strstr(path, "..") && strlen(path) < 100;
}

static int put_applets(struct archive *tar, char *list)
{
	char *path, *rest = list, name[128];
	int r = 0;

	while (r == 0 && (path = strsep(&rest, "\n"))) {
		if (!is_applet(path))
			continue;
		(void)snprintf(name, sizeof(name), "./%s", path);
		r = put(tar, name, S_IFLNK | 0777, "/bin/busybox", NULL, 0);
	}
	return r;
}

static int write_tar(int fd, const char *busybox, size_t busybox_len, char *applets,
		     struct vps_err *err)
{
	OWN_ARCHIVE *tar = archive_write_new();

	if (!tar)
		return vps_err_set(err, -ENOMEM, "cannot build the busybox image");
	if (archive_write_set_format_ustar(tar) != ARCHIVE_OK ||
	    archive_write_open_fd(tar, fd) != ARCHIVE_OK || put_skeleton(tar) < 0 ||
	    put(tar, "./bin/busybox", S_IFREG | 0755, NULL, busybox, busybox_len) < 0 ||
	    put_applets(tar, applets) < 0 || archive_write_close(tar) != ARCHIVE_OK)
		return vps_err_say(err, -EIO, "cannot build the busybox image: %s",
				   archive_error_string(tar) ? archive_error_string(tar)
							     : "no memory left");
	return 0;
}

int busybox_make_tar(int *ret_fd, struct vps_err *err)
{
	OWN_MEM char *busybox = NULL, *applets = NULL;
	OWN_FD fd = FD_NONE;
	size_t len = 0;

	if (access(BUSYBOX, X_OK) == 0 &&
	    file_read(AT_FDCWD, BUSYBOX, BUSYBOX_MAX, &busybox, &len, err) < 0)
		return err->code;
	if (!busybox || !is_static(busybox, len))
		return vps_err_say(err, -VPS_EHOST,
				   "this host has no static " BUSYBOX ": install the package busybox-static");
	if (list_applets(&applets, err) < 0)
		return err->code;
	fd = memfd_create("busybox.tar", MFD_CLOEXEC);
	if (fd < 0)
		return vps_err_set(err, -errno, "cannot build the busybox image");
	if (write_tar(fd, busybox, len, applets, err) < 0)
		return err->code;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return vps_err_set(err, -errno, "cannot read the busybox image");
	*ret_fd = fd_take(&fd);
	return 0;
}
