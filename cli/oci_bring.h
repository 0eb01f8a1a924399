/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bringing a container up from a bundle: what `create` and `run` share. */
#ifndef CLI_OCI_BRING_H
#define CLI_OCI_BRING_H

#include "cli/oci_box.h"
#include "cli/oci_command.h"

struct oci_bring_values {
	const char *bundle, *config, *console_socket, *pid_file;
	bool        no_pivot, no_new_keyring, no_subreaper, is_detached, is_kept;
	size_t      preserved_fds;
};

/* Rows of the options that both commands have, for the head of their tables. */
#define OCI_BRING(member)	offsetof(struct oci_bring_values, member)
#define OCI_BRING_ROWS										\
	{ 'b', "bundle", "DIR", OPTION_TEXT, OCI_BRING(bundle),					\
	  "directory with config.json (.)" },							\
	{ 'f', "config", "FILE", OPTION_TEXT, OCI_BRING(config),				\
	  "read this instead of its config.json" },						\
	{ 0, "console-socket", "SOCKET", OPTION_TEXT, OCI_BRING(console_socket),		\
	  "where to send the terminal" },							\
	{ 0, "pid-file", "FILE", OPTION_TEXT, OCI_BRING(pid_file), "write the pid of init here" },\
	{ 0, "no-pivot", NULL, OPTION_SWITCH, OCI_BRING(no_pivot),				\
	  "chroot instead of pivot_root: for a root in the initramfs" },			\
	{ 0, "no-new-keyring", NULL, OPTION_SWITCH, OCI_BRING(no_new_keyring),			\
	  "keep the caller's session keyring" },						\
	{ 0, "no-subreaper", NULL, OPTION_SWITCH, OCI_BRING(no_subreaper),			\
	  "accepted: vps-oci never is one" },							\
	{ 0, "preserve-fds", "N", OPTION_COUNT, OCI_BRING(preserved_fds),			\
	  "pass so many descriptors on, from 3 up" }

/* Everything that is held until the container was started or taken over. */
struct oci_bring {
	struct oci_box   box;
	struct container c;
	int              cwd_fd, socket_fd, gate_fd, cache_fd;
	size_t           listening;	/* descriptors of sd_listen_fds(3), before the preserved ones */
	bool             is_up;
};

#define OCI_BRING_INIT {									\
	.box = OCI_BOX_INIT, .c = CONTAINER_INIT, .cwd_fd = FD_NONE, .socket_fd = FD_NONE,	\
	.gate_fd = FD_NONE, .cache_fd = FD_NONE,						\
}

/*
 * Bring a container up to "created"; its console, if it has one, has gone to
 * the console socket, or is in c.console_fd without one.
 *
 * is_gated    another process will start it
 * bring       OCI_BRING_INIT; oci_bring_free() it
 * Returns 0, or -errno with err set and nothing left of the container.
 */
int oci_bring_up(const struct oci_cli *cli, const struct oci_bring_values *values, const char *id,
		 bool is_gated, struct oci_bring *bring, struct vps_err *err);

/* Say why it could not be brought up. Returns the exit status. */
int oci_bring_say(const struct oci_cli *cli, const struct oci_bring *bring,
		  const struct vps_err *err);

/* Take it down and remove it: after a failure, or when its init has ended. */
void oci_bring_down(struct oci_bring *bring);

void oci_bring_free(struct oci_bring *bring);

/* Write a pid where an engine wants it, relative to dir_fd. 0 or -errno with err set. */
int oci_bring_pid_file(int dir_fd, const char *path, pid_t pid, struct vps_err *err);

/* Put what every container may open behind the device rules of a config. 0 or -errno with err set. */
int oci_bring_device_rules(struct oci_config *config, struct vps_err *err);

/* Connect to a console socket / send a terminal there. Descriptor or 0, or -errno with err set. */
int oci_bring_console(const char *path, struct vps_err *err);
int oci_bring_send_console(int socket_fd, int master_fd, struct vps_err *err);

#endif
