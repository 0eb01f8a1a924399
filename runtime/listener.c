// SPDX-License-Identifier: LGPL-2.1-or-later
/* Talks to the agent of a seccomp filter; called when init or an exec has loaded it. */
#include "listener.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fdpass.h"
#include "base/own.h"
#include "oci.h"

/* The document, one descriptor beside it: fds[0] names what that is. */
static char *compose(const char *metadata, pid_t pid, const char *state)
{
	json_t *document = json_pack("{s:s, s:[s], s:i, s:o?}", "ociVersion", OCI_SPEC_VERSION, "fds",
				     "seccompFd", "pid", (int)pid, "state",
				     json_loads(state, 0, NULL));
	char *text;

	if (document && metadata && *metadata)
		(void)json_object_set_new(document, "metadata", json_string(metadata));
	text = document ? json_dumps(document, JSON_COMPACT) : NULL;
	json_decref(document);
	return text;
}

int listener_connect(const struct syscalls_profile *profile, int *ret_fd, struct vps_err *err)
{
	const char *path = profile->listener_path;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	OWN_FD fd = FD_NONE;

	*ret_fd = FD_NONE;
	if (!syscalls_has_listener(profile))
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (strlen(path) >= sizeof(address.sun_path))
		return vps_err_set(err, -ENAMETOOLONG, "linux.seccomp.listenerPath: %.100s", path);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return vps_err_set(err, -errno, "linux.seccomp.listenerPath: cannot connect to %s",
				   path);
	*ret_fd = fd_take(&fd);
	return 0;
}

/* The descriptor goes with the first byte. */
static int send_all(int socket_fd, const char *text, int fd)
{
	size_t len = strlen(text), at = 0;

	while (at < len) {
		ssize_t sent = fdpass_send(socket_fd, text + at, len - at, &fd, at ? 0 : 1);

		if (sent < 0)
			return (int)sent;
		at += (size_t)sent;
	}
	return 0;
}

int listener_send(int socket_fd, const struct syscalls_profile *profile, pid_t pid, int fd,
		  const char *state, struct vps_err *err)
{
	OWN_MEM char *text = compose(profile->listener_metadata, pid, state);
	int r = text ? send_all(socket_fd, text, fd) : -ENOMEM;

	return r < 0 ? vps_err_set(err, r, "linux.seccomp.listenerPath: cannot send to %s",
				   profile->listener_path) : 0;
}
