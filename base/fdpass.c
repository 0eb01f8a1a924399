// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sends descriptors; called wherever one process hands an open file to another. */
#include "fdpass.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

ssize_t fdpass_send(int socket_fd, const void *data, size_t len, const int *fds, size_t count)
{
	union {
		struct cmsghdr head;
		char           room[CMSG_SPACE(sizeof(int) * FDPASS_MAX)];
	} control = { 0 };
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
