// SPDX-License-Identifier: LGPL-2.1-or-later
/* Messages between runtime and init; called by container.c, init.c and exec.c. */
#include "sync.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/fdpass.h"
#include "base/own.h"

struct message {
	enum sync_step step;
	struct vps_err err;
};

int sync_open(int ret_fds[2], struct vps_err *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) < 0)
		return vps_err_set(err, -errno, "cannot make a socketpair");
	return 0;
}

static int send_message(int fd, const struct message *message, size_t size, int fd_to_pass)
{
	ssize_t sent = fdpass_send(fd, message, size, &fd_to_pass, fd_to_pass >= 0 ? 1 : 0);

	return sent < 0 ? (int)sent : 0;
}

int sync_send(int fd, enum sync_step step, int fd_to_pass)
{
	struct message message = { .step = step };

	return send_message(fd, &message, sizeof(message.step), fd_to_pass);
}

void sync_fail(int fd, const struct vps_err *failure)
{
	struct message message = { .step = SYNC_FAILED, .err = *failure };

	/* If nobody listens any more, nobody is left to be told. */
	(void)send_message(fd, &message, sizeof(message), FD_NONE);
}

static int receive(int fd, struct message *message, int *ret_fd)
{
	bool is_reset = false;
	ssize_t got;

	do {
		got = fdpass_receive(fd, message, sizeof(*message), ret_fd, 1);
		/* It ended without having read all of ours: said once, before what it sent is read. */
		is_reset |= got == -ECONNRESET;
	} while (got == -ECONNRESET);
	if (got == 0 && is_reset)
		return -ECONNRESET;
	if (got == 0)
		message->step = SYNC_STARTED;
	else if (got > 0 && (size_t)got < sizeof(message->step))
		return -EBADMSG;
	return got < 0 ? (int)got : 0;
}

int sync_wait(int fd, int *ret_fd, struct vps_err *err)
{
	struct message message = { 0 };
	OWN_FD passed = FD_NONE;
	int r = receive(fd, &message, &passed);

	if (r < 0)
		return vps_err_set(err, r, "cannot hear the container's init");
	if (message.step == SYNC_FAILED) {
		*err = message.err;
		err->text[sizeof(err->text) - 2] = '\0';
		return err->code < 0 ? err->code : (err->code = -EBADMSG);
	}
	if (ret_fd)
		*ret_fd = fd_take(&passed);
	return (int)message.step;
}

int sync_expect(int fd, enum sync_step step, struct vps_err *err)
{
	int got = sync_wait(fd, NULL, err);

	if (got < 0)
		return got;
	if (got == SYNC_STARTED && step != SYNC_STARTED)
		return vps_err_say(err, -EPIPE, "the other side ended before step %d", (int)step);
	if (got != (int)step)
		return vps_err_say(err, -EBADMSG, "step %d came instead of %d", got, (int)step);
	return 0;
}
