// SPDX-License-Identifier: LGPL-2.1-or-later
/* Packets between commands and monitor; called by both. */
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/own.h"

#define CONTROL_NAME "control"

/* Through the descriptor: a path below a long --root does not fit into 108 bytes. */
static struct sockaddr_un address_of(int run_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" CONTROL_NAME,
		       run_fd);
	return address;
}

int control_listen(int run_fd, struct vps_err *err)
{
	OWN_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = address_of(run_fd);

	if (fd < 0)
		return vps_err_set(err, -errno, "cannot make the control socket");
	(void)unlinkat(run_fd, CONTROL_NAME, 0);	/* of a monitor that was killed */
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0)
		return vps_err_set(err, -errno, "cannot listen on the control socket");
	return fd_take(&fd);
}

int control_connect(int run_fd)
{
	OWN_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = address_of(run_fd);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return fd_take(&fd);
}

int control_send(int fd, enum control_kind kind, const void *data, size_t len)
{
	unsigned char byte = (unsigned char)kind;
	struct iovec parts[] = {
		{ .iov_base = &byte, .iov_len = 1 },
		{ .iov_base = (void *)data, .iov_len = len },
	};
	struct msghdr head = { .msg_iov = parts, .msg_iovlen = data ? 2 : 1 };
	ssize_t sent;

	do
		sent = sendmsg(fd, &head, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

ssize_t control_receive(int fd, enum control_kind *ret_kind, void *data, size_t size)
{
	unsigned char byte = 0;
	struct iovec parts[] = {
		{ .iov_base = &byte, .iov_len = 1 },
		{ .iov_base = data, .iov_len = size },
	};
	struct msghdr head = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t got;

	do
		got = recvmsg(fd, &head, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	if (got == 0)
		return -ECONNRESET;
	*ret_kind = (enum control_kind)byte;
	return got - 1;
}
