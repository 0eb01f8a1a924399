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
static int send_all(int socket_fd, char *text, int fd)
{
	union {
		struct cmsghdr head;
		char           room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { .iov_base = text, .iov_len = strlen(text) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	while (part.iov_len > 0) {
		ssize_t sent = sendmsg(socket_fd, &message, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		part.iov_base = (char *)part.iov_base + sent;
		part.iov_len -= (size_t)sent;
		message.msg_control = NULL;
		message.msg_controllen = 0;
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
