// SPDX-License-Identifier: LGPL-2.1-or-later
/* Takes connections from monitors and serves their VPSs in turn; the body of vps-view. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "base/own.h"
#include "view.h"
#include "view_fuse.h"

#define EVENTS		32
#define LINGER_MSEC	2000	/* without VPSs: then the next start brings another */
#define OLD_ENDS_MSEC	2000	/* a killed server may still hold the lock for a moment */

struct server;

/* One descriptor that epoll watches, and what it is for. */
struct watched {
	int  (*serve)(struct server *server, struct watched *watched);	/* not 0: close it */
	int               fd;		/* of a monitor, or of the socket */
	struct view_link *link;		/* or NULL */
	struct watched   *next;
};

struct server {
	int             epoll_fd;
	struct watched *all;
};

static void unwatch(struct server *server, struct watched *watched)
{
	struct watched **at = &server->all;

	while (*at != watched)
		at = &(*at)->next;
	*at = watched->next;
	(void)epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL,
			watched->link ? view_link_fds(watched->link)[VIEW_FD_FUSE] : watched->fd,
			NULL);
	view_link_close(watched->link);
	own_close(&watched->fd);
	free(watched);
}

/* fd (or the link's) is taken, also on failure. */
static int watch(struct server *server, int fd, struct view_link *link,
		 int (*serve)(struct server *, struct watched *))
{
	struct watched *watched = calloc(1, sizeof(*watched));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = watched };
	int fuse_fd = link ? view_link_fds(link)[VIEW_FD_FUSE] : fd;

	if (!watched || epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fuse_fd, &event) < 0) {
		view_link_close(link);
		own_close(&fd);
		free(watched);
		return -ENOMEM;
	}
	watched->serve = serve;
	watched->fd = fd;
	watched->link = link;
	watched->next = server->all;
	server->all = watched;
	return 0;
}

static int serve_link(struct server *server, struct watched *watched)
{
	(void)server;
	return view_link_serve(watched->link);
}

static struct watched *find_link(struct server *server, const char *name)
{
	struct watched *at;

	for (at = server->all; at; at = at->next)
		if (at->link && strcmp(view_link_name(at->link), name) == 0)
			break;
	return at;
}

static int take_link(struct server *server, int *fds)
{
	struct view_link *link = view_link_open(fds);

	return link ? watch(server, FD_NONE, link, serve_link) : -errno;
}

static int serve_monitor(struct server *server, struct watched *watched)
{
	struct view_message message;
	const struct watched *found;
	int fds[VIEW_FDS];
	int r = view_receive(watched->fd, &message, fds, VIEW_FDS);

	if (r < 0)
		return r;
	message.name[sizeof(message.name) - 1] = '\0';
	if (message.word == VIEW_SERVE)
		return view_send(watched->fd, take_link(server, fds) < 0 ? VIEW_REFUSED : VIEW_DONE,
				 NULL, NULL, 0);
	found = message.word == VIEW_RETURN ? find_link(server, message.name) : NULL;
	if (!found)
		return view_send(watched->fd, VIEW_REFUSED, NULL, NULL, 0);
	return view_send(watched->fd, VIEW_DONE, NULL, view_link_fds(found->link), VIEW_FDS);
}

static int serve_socket(struct server *server, struct watched *watched)
{
	int fd = accept4(watched->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		(void)watch(server, fd, NULL, serve_monitor);
	return 0;
}

/* Whether the socket is all there is. */
static bool is_idle(const struct server *server)
{
	return server->all && !server->all->next;
}

static int loop(struct server *server)
{
	struct epoll_event events[EVENTS];
	int i, n;

	for (;;) {
		n = epoll_wait(server->epoll_fd, events, EVENTS,
			       is_idle(server) ? LINGER_MSEC : -1);
		if (n == 0 && is_idle(server))
			return 0;
		/* One request of each VPS in turn: who asks much waits behind who asks little. */
		for (i = 0; i < n; i++) {
			struct watched *watched = events[i].data.ptr;

			if (watched->serve(server, watched) < 0)
				unwatch(server, watched);
		}
	}
}

static int listen_at(const char *dir)
{
	OWN_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = VIEW_SOCKET };

	/* Below the working directory: the path of a long --root does not fit. */
	if (fd < 0 || chdir(dir) < 0)
		return -errno;
	(void)unlink(VIEW_SOCKET);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1024) < 0)
		return -errno;
	return chdir("/") < 0 ? -errno : fd_take(&fd);
}

/* Whoever started us goes on when we can be connected to. */
static void detach(void)
{
	if (fork() != 0)
		_exit(0);
	(void)setsid();
}

/* On a busy host tenants must not wait for us; and we are small, so that killing us frees nothing. */
static void hurry(void)
{
	struct vps_err ignored = { 0 };

	(void)setpriority(PRIO_PROCESS, 0, -10);
	(void)file_write(AT_FDCWD, "/proc/self/oom_score_adj", "-900", &ignored);
}

int view_serve(const char *dir, int mntns_fd)
{
	struct server server = { .epoll_fd = FD_NONE };
	struct vps_err err = { 0 };
	OWN_FD dir_fd = FD_NONE, lock_fd = FD_NONE;
	int fd;

	/* The host's: we must not keep alive that of the monitor which happened to start us. */
	if (setns(mntns_fd, CLONE_NEWNS) < 0)
		return 1;
	own_close(&mntns_fd);
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return 1;
	lock_fd = lock_take(dir_fd, VIEW_LOCK, OLD_ENDS_MSEC, &err);
	if (lock_fd < 0)
		return 1;
	(void)signal(SIGPIPE, SIG_IGN);
	server.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	fd = listen_at(dir);
	if (server.epoll_fd < 0 || fd < 0 || watch(&server, fd, NULL, serve_socket) < 0)
		return 1;
	detach();
	hurry();
	return loop(&server);
}
