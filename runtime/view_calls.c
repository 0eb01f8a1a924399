// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Answers system calls of one VPS; called by view_server.c.
 *
 *   thread of the VPS      this file                           scribe
 *   -----------------------------------------------------------------------
 *   sysinfo(&info)
 *   waits --------------->  page->call, by NOTIF_RECV
 *                           makes an answer ----------------->  /proc/PID/mem
 *                                                              does it still wait?
 *                                                              writes it there
 *   goes on <------------------------------------------------  NOTIF_SEND
 *                           page->call is empty <-------------  done
 *
 * The kernel copies a call into the page, or, if we are killed before all of it
 * is there, keeps it for the next who asks. So what stands there is owed an
 * answer, or was answered, and then the kernel knows it no more.
 */
#include "view_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/own.h"
#include "view_answer.h"
#include "view_listeners.h"
#include "view_scribe.h"

#define SCRIBES		2	/* that are tried: the first may have ended for want of work */
#define REPLAYS_MAX	3	/* a call over which as many died is the kernel's */

struct view_calls {
	struct view           view;
	struct view_listeners listeners;
	struct view_scribe    scribe;
	int                   epoll_fd;		/* the scribe, and the listeners */
	bool                  has_begun;
	bool                  is_deaf;		/* the listeners are not watched */
};

/* ---- answers ---- */

static const struct {
	uint32_t arch;
	int      number;
	bool (*answer)(struct view *view, const struct seccomp_notif *call,
		       struct view_answer *answer);
} answers[] = {
	{ AUDIT_ARCH_X86_64, 99,  view_sysinfo	},
	{ AUDIT_ARCH_X86_64, 204, view_affinity	},
	{ AUDIT_ARCH_I386,   116, view_sysinfo	},
	{ AUDIT_ARCH_I386,   242, view_affinity	},
};

bool view_answer(struct view *view, const struct seccomp_notif *call,
		 struct view_answer *ret_answer)
{
	size_t i;

	ret_answer->id = call->id;
	ret_answer->pid = call->pid;
	ret_answer->value = 0;
	for (i = 0; i < ARRAY_LEN(answers); i++)
		if (answers[i].arch == call->data.arch && answers[i].number == call->data.nr)
			return answers[i].answer(view, call, ret_answer);
	return false;
}

/* ---- the call at hand ---- */

static struct seccomp_notif *at_hand(const struct view_calls *calls)
{
	return &calls->view.page->call.notif;
}

/* Also what the kernel wants before it writes another there. */
static void finish(struct view_calls *calls)
{
	memset(&calls->view.page->call, 0, sizeof(calls->view.page->call));
	calls->view.page->call_replays = 0;
}

static int start_scribe(struct view_calls *calls)
{
	struct epoll_event event = { .events = EPOLLIN };
	bool was_there = calls->scribe.fd >= 0;
	int r = view_scribe_start(&calls->scribe);

	if (r == 0 && !was_there &&
	    epoll_ctl(calls->epoll_fd, EPOLL_CTL_ADD, calls->scribe.fd, &event) < 0) {
		r = -errno;
		view_scribe_free(&calls->scribe);
	}
	return r;
}

static void answer(struct view_calls *calls, int listener_fd)
{
	struct view_answer answer;
	int tries = view_answer(&calls->view, at_hand(calls), &answer) ? SCRIBES : 0;

	while (tries-- > 0)
		if (start_scribe(calls) == 0 &&
		    view_scribe_give(&calls->scribe, &answer, listener_fd) == 0)
			return;
	view_listeners_pass(listener_fd, at_hand(calls)->id);
	finish(calls);
}

/* The listener that the call at hand came from, or FD_NONE: nobody waits for an answer. */
static int find_listener(const struct view_calls *calls)
{
	uint64_t id = at_hand(calls)->id;
	size_t i;

	for (i = 0; i < calls->listeners.count; i++)
		if (ioctl(calls->listeners.fds[i], SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0)
			return calls->listeners.fds[i];
	return FD_NONE;
}

static void give_up(struct view_calls *calls)
{
	int listener_fd = find_listener(calls);

	if (listener_fd >= 0)
		view_listeners_pass(listener_fd, at_hand(calls)->id);
	finish(calls);
}

/* Whoever worked at it has died; it may be what killed him. */
static void answer_again(struct view_calls *calls)
{
	int listener_fd = find_listener(calls);

	if (listener_fd >= 0 && calls->view.page->call_replays++ < REPLAYS_MAX)
		answer(calls, listener_fd);
	else
		give_up(calls);
}

/* Taken one at a time, so that what is not answered is never more than the page holds. */
static void take_next(struct view_calls *calls)
{
	int listener_fd = view_listeners_next(&calls->listeners);

	if (listener_fd < 0)
		return;
	/* ENOENT: it was killed, or a signal came. */
	if (ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_RECV, at_hand(calls)) == 0)
		answer(calls, listener_fd);
	else
		finish(calls);
}

/* While there is work, and before the beginning, what else waits must not wake us. */
static int watch(struct view_calls *calls)
{
	bool is_deaf = !calls->has_begun || view_calls_is_busy(calls);
	struct epoll_event event = { .events = is_deaf ? 0 : EPOLLIN };

	if (is_deaf == calls->is_deaf || calls->listeners.epoll_fd < 0)
		return 0;
	calls->is_deaf = is_deaf;
	return epoll_ctl(calls->epoll_fd, EPOLL_CTL_MOD, calls->listeners.epoll_fd, &event) < 0 ?
	       -errno : 0;
}

/* ---- for the server ---- */

struct view_calls *view_calls_open(const int *fds)
{
	struct view_calls *calls = calloc(1, sizeof(*calls));

	if (!calls)
		return NULL;
	calls->listeners = (struct view_listeners)VIEW_LISTENERS_INIT;
	calls->scribe = (struct view_scribe)VIEW_SCRIBE_INIT;
	calls->view.cg_fd = fcntl(fds[VIEW_FD_CGROUP], F_DUPFD_CLOEXEC, 0);
	calls->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	calls->view.page = view_map(fds[VIEW_FD_PAGE]);
	if (calls->view.cg_fd >= 0 && calls->epoll_fd >= 0 && calls->view.page)
		return calls;
	view_calls_close(calls);
	return NULL;
}

int view_calls_add(struct view_calls *calls, int listener_fd)
{
	bool is_first = calls->listeners.epoll_fd < 0;
	struct epoll_event event = { 0 };
	int r = view_listeners_add(&calls->listeners, listener_fd, EPOLLIN);

	if (r < 0 || !is_first)
		return r;
	if (epoll_ctl(calls->epoll_fd, EPOLL_CTL_ADD, calls->listeners.epoll_fd, &event) < 0)
		return -errno;
	calls->is_deaf = true;
	return watch(calls);
}

void view_calls_begin(struct view_calls *calls)
{
	if (!calls->has_begun && at_hand(calls)->pid)
		answer_again(calls);
	calls->has_begun = true;
	(void)watch(calls);
}

int view_calls_fd(const struct view_calls *calls)
{
	return calls->epoll_fd;
}

bool view_calls_is_busy(const struct view_calls *calls)
{
	return calls->scribe.late_nsec;
}

int view_calls_serve(struct view_calls *calls)
{
	switch (view_scribe_hear(&calls->scribe)) {
	case VIEW_SCRIBE_DONE:
		finish(calls);
		break;
	case VIEW_SCRIBE_DIED:
		answer_again(calls);
		break;
	case VIEW_SCRIBE_LATE:
		give_up(calls);
		break;
	case VIEW_SCRIBE_QUIET:
		break;
	}
	if (calls->has_begun && !view_calls_is_busy(calls))
		take_next(calls);
	return calls->listeners.count || view_calls_is_busy(calls) ? watch(calls) : -ENODEV;
}

int view_calls_above(const struct view_calls *calls, int listener_fd)
{
	int lowest = FD_NONE;
	size_t i;

	for (i = 0; i < calls->listeners.count; i++) {
		int fd = calls->listeners.fds[i];

		if (fd > listener_fd && (lowest < 0 || fd < lowest))
			lowest = fd;
	}
	return lowest;
}

const char *view_calls_name(const struct view_calls *calls)
{
	return calls->view.page->name;
}

void view_calls_close(struct view_calls *calls)
{
	if (!calls)
		return;
	view_scribe_free(&calls->scribe);
	view_listeners_free(&calls->listeners);
	if (calls->view.page)
		(void)munmap(calls->view.page, sizeof(*calls->view.page));
	own_close(&calls->epoll_fd);
	own_close(&calls->view.cg_fd);
	free(calls);
}
