// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keeps the notify descriptors of one VPS; called by the view's server and by the monitor. */
#include "view_listeners.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#define PASSED_MAX	64	/* of a listener at a time: a process may ask without end */

int view_listeners_add(struct view_listeners *set, int fd, uint32_t events)
{
	OWN_FD owned = fd;
	struct epoll_event event = { .events = events, .data.fd = fd };
	int *longer = reallocarray(set->fds, set->count + 1, sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	set->fds = longer;
	if (set->epoll_fd < 0)
		set->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (set->epoll_fd < 0 || epoll_ctl(set->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	set->fds[set->count++] = fd_take(&owned);
	return 0;
}

int view_listeners_next(struct view_listeners *set)
{
	struct epoll_event event;

	while (set->epoll_fd >= 0 && epoll_wait(set->epoll_fd, &event, 1, 0) > 0) {
		if (event.events & EPOLLIN)
			return event.data.fd;
		view_listeners_remove(set, event.data.fd);
	}
	return FD_NONE;
}

void view_listeners_remove(struct view_listeners *set, int fd)
{
	size_t i;

	for (i = 0; i < set->count && set->fds[i] != fd; i++)
		;
	if (i == set->count)
		return;
	set->fds[i] = set->fds[--set->count];
	/* Others hold it too, so that closing does not end the watch. */
	(void)epoll_ctl(set->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	own_close(&fd);
}

void view_listeners_free(struct view_listeners *set)
{
	own_close(&set->epoll_fd);
	while (set->count > 0)
		own_close(&set->fds[--set->count]);
	free(set->fds);
	set->fds = NULL;
}

void view_listeners_pass(int listener_fd, uint64_t id)
{
	const struct seccomp_notif_resp reply = {
		.id = id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	(void)ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

void view_listeners_pass_all(const struct view_listeners *set, uint64_t owed)
{
	size_t i;
	int passed;

	for (i = 0; i < set->count; i++) {
		struct pollfd pfd = { .fd = set->fds[i], .events = POLLIN };

		view_listeners_pass(pfd.fd, owed);
		for (passed = 0; passed < PASSED_MAX && poll(&pfd, 1, 0) > 0; passed++) {
			struct seccomp_notif call = { 0 };

			/* Before Linux 6.6 receiving would wait for ever where nobody can call. */
			if (!(pfd.revents & POLLIN))
				break;
			if (ioctl(pfd.fd, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
				break;
			view_listeners_pass(pfd.fd, call.id);
		}
	}
}
