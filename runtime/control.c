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

#include "base/fdpass.h"
#include "base/own.h"

#define CONTROL_NAME "control"
#define ANSWER_SEC	5	/* that a monitor which lives may take */

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

ssize_t control_receive(int fd, enum control_kind *ret_kind, void *data, size_t size,
			int *ret_passed)
{
	unsigned char packet[CONTROL_PACKET];
	size_t room = size < sizeof(packet) - 1 ? size + 1 : sizeof(packet);
	ssize_t got = fdpass_receive(fd, packet, room, ret_passed, ret_passed ? 1 : 0);

	if (got < 0)
		return got;
	if (got == 0)
		return -ECONNRESET;
	*ret_kind = (enum control_kind)packet[0];
	memcpy(data, packet + 1, (size_t)got - 1);
	return got - 1;
}

int control_listen_calls(int run_fd, int listener_fd)
{
	OWN_FD fd = control_connect(run_fd);
	const struct timeval patience = { .tv_sec = ANSWER_SEC };
	const char word = CONTROL_LISTEN;
	enum control_kind kind;
	ssize_t r;

	if (fd < 0)
		return fd;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	r = fdpass_send(fd, &word, 1, &listener_fd, 1);
	if (r > 0)
		r = control_receive(fd, &kind, &(char){ 0 }, 1, NULL);
	return r < 0 ? (int)r : kind == CONTROL_DONE ? 0 : -EBADMSG;
}
