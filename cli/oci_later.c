// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci checkpoint and restore: their words are known, what they do is not there yet. */
#include <errno.h>

#include "cli/oci_say.h"

/* Read and dropped: a wrong option is still named before anything else is said. */
struct later_values {
	const char *text;
	bool        is_set;
};

#define LATER_TEXT(NAME, VALUE, SUMMARY) \
	{ 0, NAME, VALUE, OPTION_TEXT, offsetof(struct later_values, text), SUMMARY }
#define LATER_SWITCH(NAME, SUMMARY) \
	{ 0, NAME, NULL, OPTION_SWITCH, offsetof(struct later_values, is_set), SUMMARY }

#define BOTH_ROWS										\
	LATER_TEXT("image-path", "DIR", "where the images are"),				\
	LATER_TEXT("work-path", "DIR", "where CRIU works and logs"),				\
	LATER_SWITCH("tcp-established", "with open TCP connections"),				\
	LATER_SWITCH("ext-unix-sk", "with Unix sockets to the outside"),			\
	LATER_SWITCH("shell-job", "with a terminal of the outside"),				\
	LATER_SWITCH("lazy-pages", "memory follows when it is used"),				\
	LATER_SWITCH("file-locks", "with file locks"),						\
	LATER_SWITCH("link-remap", "with open files that were unlinked"),			\
	LATER_TEXT("manage-cgroups-mode", "soft|full|strict|ignore", "how cgroups are treated"),\
	LATER_TEXT("empty-ns", "NAMESPACE", "leave out what this namespace holds"),		\
	LATER_SWITCH("auto-dedup", "drop pages that a later image has")

static const struct option_row checkpoint_options[] = {
	BOTH_ROWS,
	LATER_TEXT("parent-path", "DIR", "images of the dump before"),
	LATER_SWITCH("leave-running", "let it go on"),
	LATER_SWITCH("tcp-skip-in-flight", "without connections that are not open yet"),
	LATER_TEXT("status-fd", "N", "say here when lazy pages are ready"),
	LATER_TEXT("page-server", "ADDRESS:PORT", "send pages there"),
	LATER_SWITCH("pre-dump", "only the memory, and let it go on"),
	{ 0 },
};

static const struct option_row restore_options[] = {
	BOTH_ROWS,
	{ 'b', "bundle", "DIR", OPTION_TEXT, offsetof(struct later_values, text), "directory with config.json" },
	{ 'd', "detach", NULL, OPTION_SWITCH, offsetof(struct later_values, is_set), "do not wait for it" },
	LATER_TEXT("console-socket", "SOCKET", "where to send the terminal"),
	LATER_TEXT("pid-file", "FILE", "write the pid of init here"),
	LATER_SWITCH("no-subreaper", "accepted"),
	LATER_SWITCH("no-pivot", "chroot instead of pivot_root"),
	LATER_TEXT("lsm-profile", "TYPE:NAME", "under this profile or label"),
	LATER_TEXT("lsm-mount-context", "LABEL", "mounts with this label"),
	{ 0 },
};

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	struct vps_err err = { 0 };

	(void)values;
	(void)count;
	(void)args;
	(void)vps_err_say(&err, -VPS_EHOST, "%s is not there yet in this version", cli->command->name);
	(void)oci_say_error(cli, &err);
	return OCI_LACKING;
}

const struct oci_command oci_checkpoint = {
	.name = "checkpoint",
	.args = "ID",
	.summary = "not there yet: write a container to disk",
	.min_args = 1,
	.max_args = 1,
	.options = checkpoint_options,
	.values_size = sizeof(struct later_values),
	.run = run,
};

const struct oci_command oci_restore = {
	.name = "restore",
	.args = "ID",
	.summary = "not there yet: bring a container back from disk",
	.min_args = 1,
	.max_args = 1,
	.options = restore_options,
	.values_size = sizeof(struct later_values),
	.run = run,
};
