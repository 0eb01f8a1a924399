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
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "base/own.h"
#include "inherited.h"
#include "view.h"
#include "view_calls.h"
#include "view_fuse.h"

#define EVENTS		32
#define LINGER_MSEC	2000	/* without VPSs: then the next start brings another */
#define BUSY_MSEC	100	/* between looks at VPSs whose calls take long */
#define OLD_ENDS_MSEC	2000	/* a killed server may still hold the lock for a moment */
#define SHARE		10	/* of our time, one part at most is for the files of one VPS, and one for its calls … */
#define CREDIT_NSEC	100000000	/* … but for what it did not use up before */
#define DEBT_NSEC	50000000	/* what is owed at most: whoever reads waits for half a second, not more */
#define PAUSE_MSEC	10	/* between looks at VPSs that have used up theirs */

struct server;

/* One descriptor that epoll watches, and what it is for. */
struct watched {
	/* Returns not 0: close it. NULL: that was done. */
	int (*serve)(struct server *server, struct watched *watched);
	int                fd;		/* watched; the link's or the calls' where there are such */
	struct view_link  *link;	/* or NULL */
	struct view_calls *calls;	/* or NULL */
	bool               has_begun;	/* of a link: its calls may be answered */
	int                fetched;	/* of a monitor: the listener that it was given last */
	int64_t            credit_nsec;	/* of a link and of calls: processor time that it may take, … */
	int64_t            credited_nsec;	/* … as of then */
	bool               is_paused;	/* until it has some again */
	struct watched    *next;
};

struct server {
	int             epoll_fd;
	struct watched *all;
	struct watched *closed;		/* what may still stand among the events at hand */
};

static void unwatch(struct server *server, struct watched *watched)
{
	struct watched **at = &server->all;

	while (*at != watched)
		at = &(*at)->next;
	*at = watched->next;
	(void)epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, watched->fd, NULL);
	if (watched->link)
		view_link_close(watched->link);
	else if (watched->calls)
		view_calls_close(watched->calls);
	else
		own_close(&watched->fd);
	watched->serve = NULL;
	watched->next = server->closed;
	server->closed = watched;
}

static int64_t now_nsec(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* fd is taken unless NULL is returned. */
static struct watched *watch(struct server *server, int fd,
			     int (*serve)(struct server *, struct watched *))
{
	struct watched *watched = calloc(1, sizeof(*watched));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = watched };

	if (!watched || epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		free(watched);
		return NULL;
	}
	watched->serve = serve;
	watched->fd = fd;
	watched->fetched = FD_NONE;
	watched->credit_nsec = CREDIT_NSEC;
	watched->credited_nsec = now_nsec(CLOCK_MONOTONIC);
	watched->next = server->all;
	server->all = watched;
	return watched;
}

static int serve_link(struct server *server, struct watched *watched)
{
	(void)server;
	return view_link_serve(watched->link);
}

static int serve_calls(struct server *server, struct watched *watched)
{
	(void)server;
	return view_calls_serve(watched->calls);
}

static const char *name_of(const struct watched *watched)
{
	return watched->link ? view_link_name(watched->link) : view_calls_name(watched->calls);
}

/* What of a VPS is served so, serve_link or serve_calls; or NULL. */
static struct watched *find(const struct server *server, const char *name,
			    int (*serve)(struct server *, struct watched *))
{
	struct watched *at = server->all;

	while (at && (at->serve != serve || strcmp(name_of(at), name) != 0))
		at = at->next;
	return at;
}

/* What we have of that name is of a run that is over, or comes anew. */
static int take_link(struct server *server, int *fds)
{
	struct view_link *link = view_link_open(fds);
	struct watched *watched, *old;

	if (!link)
		return -errno;
	watched = watch(server, view_link_fds(link)[VIEW_FD_FUSE], serve_link);
	if (!watched) {
		view_link_close(link);
		return -ENOMEM;
	}
	watched->link = link;
	old = find(server, view_link_name(link), serve_calls);
	if (old)
		unwatch(server, old);
	return 0;
}

static struct watched *make_calls(struct server *server, const struct watched *of)
{
	struct view_calls *calls = view_calls_open(view_link_fds(of->link));
	struct watched *watched = calls ? watch(server, view_calls_fd(calls), serve_calls) : NULL;

	if (watched)
		watched->calls = calls;
	else
		view_calls_close(calls);
	return watched;
}

static int take_listener(struct server *server, const char *name, int listener_fd)
{
	OWN_FD owned = listener_fd;
	struct watched *of = find(server, name, serve_link), *to = find(server, name, serve_calls);

	if (!of || owned < 0)
		return -ENOENT;
	if (!to)
		to = make_calls(server, of);
	if (!to)
		return -ENOMEM;
	if (of->has_begun)
		view_calls_begin(to->calls);
	return view_calls_add(to->calls, fd_take(&owned));
}

static int begin_calls(struct server *server, const char *name)
{
	struct watched *of = find(server, name, serve_link), *to = find(server, name, serve_calls);

	if (!of)
		return -ENOENT;
	of->has_begun = true;
	if (to)
		view_calls_begin(to->calls);
	return 0;
}

/* For a monitor that takes over a VPS: its listeners one by one. How many came, or -ENOENT. */
static int fetch_listener(struct server *server, const char *name, struct watched *monitor)
{
	const struct watched *from = find(server, name, serve_calls);

	monitor->fetched = from ? view_calls_above(from->calls, monitor->fetched) : FD_NONE;
	return monitor->fetched < 0 ? -ENOENT : 1;
}

/* Returns how many descriptors go with the answer, or -errno. */
static int do_word(struct server *server, struct watched *monitor, enum view_word word,
		   const char *name, int *fds, const int **ret_given)
{
	const struct watched *link;

	switch (word) {
	case VIEW_SERVE:
		return take_link(server, fds);
	case VIEW_LISTEN:
		return take_listener(server, name, fd_take(&fds[0]));
	case VIEW_BEGIN:
		return begin_calls(server, name);
	case VIEW_RETURN:
		link = find(server, name, serve_link);
		*ret_given = link ? view_link_fds(link->link) : NULL;
		return link ? VIEW_FDS : -ENOENT;
	case VIEW_FETCH:
		*ret_given = &monitor->fetched;
		return fetch_listener(server, name, monitor);
	default:
		return -EBADMSG;
	}
}

static int serve_monitor(struct server *server, struct watched *watched)
{
	struct view_message message;
	const int *given = NULL;
	int fds[VIEW_FDS], count;
	int r = view_receive(watched->fd, &message, fds, VIEW_FDS);
	size_t i;

	if (r < 0)
		return r;
	message.name[sizeof(message.name) - 1] = '\0';
	count = do_word(server, watched, message.word, message.name, fds, &given);
	for (i = 0; i < VIEW_FDS; i++)
		own_close(&fds[i]);
	return view_send(watched->fd, count < 0 ? VIEW_REFUSED : VIEW_DONE, NULL, given,
			 count < 0 ? 0 : (size_t)count);
}

static int serve_socket(struct server *server, struct watched *watched)
{
	int fd = accept4(watched->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && !watch(server, fd, serve_monitor))
		own_close(&fd);
	return 0;
}

/* Whether the socket is all there is. */
static bool is_idle(const struct server *server)
{
	return server->all && !server->all->next;
}

static void set_paused(const struct server *server, struct watched *watched, bool is_paused)
{
	struct epoll_event event = { .events = is_paused ? 0 : EPOLLIN, .data.ptr = watched };

	if (is_paused != watched->is_paused &&
	    epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, watched->fd, &event) == 0)
		watched->is_paused = is_paused;
}

/* What a VPS makes us do is counted to nobody, by the kernel: so we hold each to a share. */
static void settle(const struct server *server, struct watched *watched, int64_t used_nsec)
{
	int64_t now = now_nsec(CLOCK_MONOTONIC);

	watched->credit_nsec += (now - watched->credited_nsec) / SHARE;
	if (watched->credit_nsec > CREDIT_NSEC)
		watched->credit_nsec = CREDIT_NSEC;
	watched->credit_nsec -= used_nsec;
	if (watched->credit_nsec < -DEBT_NSEC)
		watched->credit_nsec = -DEBT_NSEC;
	watched->credited_nsec = now;
	set_paused(server, watched, watched->credit_nsec < 0);
}

static void serve_one(struct server *server, struct watched *watched)
{
	int64_t before = now_nsec(CLOCK_THREAD_CPUTIME_ID);

	if (!watched->serve)
		return;
	if (watched->serve(server, watched) < 0)
		unwatch(server, watched);
	else if (watched->link || watched->calls)
		settle(server, watched, now_nsec(CLOCK_THREAD_CPUTIME_ID) - before);
}

/* Whether there are any that have to wait. */
static bool serve_paused(const struct server *server)
{
	struct watched *at;
	bool has_paused = false;

	for (at = server->all; at; at = at->next) {
		if (at->is_paused)
			settle(server, at, 0);
		has_paused |= at->is_paused;
	}
	return has_paused;
}

/* Look after calls that take long, since what they wait for says nothing. Whether there are any. */
static bool serve_busy(struct server *server)
{
	struct watched *at, *next;
	bool has_busy = false;

	for (at = server->all; at; at = next) {
		next = at->next;
		if (!at->calls || !view_calls_is_busy(at->calls))
			continue;
		has_busy = true;
		serve_one(server, at);
	}
	return has_busy;
}

static void free_closed(struct server *server)
{
	while (server->closed) {
		struct watched *next = server->closed->next;

		free(server->closed);
		server->closed = next;
	}
}

static int loop(struct server *server)
{
	struct epoll_event events[EVENTS];
	int i, n;

	for (;;) {
		int timeout = serve_busy(server) ? BUSY_MSEC : is_idle(server) ? LINGER_MSEC : -1;

		if (serve_paused(server))
			timeout = PAUSE_MSEC;
		free_closed(server);
		n = epoll_wait(server->epoll_fd, events, EVENTS, timeout);
		if (n == 0 && is_idle(server))
			return 0;
		/* One request of each VPS in turn: who asks much waits behind who asks little. */
		for (i = 0; i < n; i++)
			serve_one(server, events[i].data.ptr);
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
	struct rlimit files;

	/* A VPS takes some, and each process that was put into it one. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	inherited_leave_cgroup();	/* of whoever started the first VPS */
	(void)setpriority(PRIO_PROCESS, 0, -10);
	(void)file_write(AT_FDCWD, "/proc/self/oom_score_adj", "-900", &ignored);
}

int view_serve(const char *dir, int mntns_fd)
{
	struct server server = { .epoll_fd = FD_NONE };
	struct vps_err err = { 0 };
	OWN_FD dir_fd = FD_NONE, lock_fd = FD_NONE;
	int fd, r;

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
	(void)signal(SIGCHLD, SIG_IGN);		/* a scribe is not waited for: it has a pidfd */
	server.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	fd = listen_at(dir);
	if (server.epoll_fd < 0 || fd < 0 || !watch(&server, fd, serve_socket))
		return 1;
	detach();
	hurry();
	r = loop(&server);
	own_close(&fd);		/* before the lock: nobody is to wait for one that has ended */
	return r;
}
