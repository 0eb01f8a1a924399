// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sends and receives descriptors; called wherever one process hands an open file to another. */
#include "fdpass.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "own.h"

union control {
	struct cmsghdr head;
	char           room[CMSG_SPACE(sizeof(int) * FDPASS_MAX)];
};

ssize_t fdpass_send(int socket_fd, const void *data, size_t len, const int *fds, size_t count)
{
	union control control = { 0 };
	struct iovec part = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t sent;

	assert(count <= FDPASS_MAX);
	if (count) {
		control.head.cmsg_len = CMSG_LEN(sizeof(int) * count);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.head), fds, sizeof(int) * count);
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
	}
	do
		sent = sendmsg(socket_fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

ssize_t fdpass_receive(int socket_fd, void *data, size_t len, int *ret_fds, size_t count)
{
	union control control = { 0 };
	struct iovec iov = { .iov_base = data, .iov_len = len };
	/* Not CMSG_SPACE(): the kernel would fill what that adds with a descriptor more. */
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = count ? CMSG_LEN(sizeof(int) * count) : 0 };
	const struct cmsghdr *part;
	ssize_t got;
	size_t i;

	assert(count <= FDPASS_MAX);
	for (i = 0; i < count; i++)
		ret_fds[i] = FD_NONE;
	do
		got = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	part = CMSG_FIRSTHDR(&message);
	if (part && part->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fds, CMSG_DATA(part), part->cmsg_len - CMSG_LEN(0));
	return got;
}
