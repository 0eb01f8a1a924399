// SPDX-License-Identifier: LGPL-2.1-or-later
/* Looks at the pressure of a VPS and moves its elastic limits; called by the monitor. */
#include "elastic_loop.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attach.h"
#include "base/clock.h"
#include "base/own.h"
#include "elastic_room.h"
#include "isolation/cg.h"
#include "isolation/cg_watch.h"
#include "programs.h"

#define LOOK_MSEC	10000	/* between two looks while nobody waits */
#define PROGRAM		"vpsctl"
#define BY		"VPS_BY=elastic"

static const struct elastic *plan_of(const struct elastic_loop *loop)
{
	return &loop->attach->elastic;
}

/* How long some process has waited since the cgroup was made. */
static uint64_t waited_usec(const struct elastic_loop *loop, int id)
{
	uint64_t total = 0;

	(void)cg_watch_total(loop->pressure_fd[id], &total);
	return total;
}

void elastic_loop_open(struct elastic_loop *loop, const struct attach *attach, const char *run_dir,
		       int cg_fd)
{
	unsigned percent = attach->elastic.percent ? attach->elastic.percent : ELASTIC_PERCENT;
	struct vps_err ignored = { 0 };
	int id;

	elastic_loop_close(loop);
	if (!elastic_has(&attach->elastic, ELASTIC_MEMORY) &&
	    !elastic_has(&attach->elastic, ELASTIC_CPU_WEIGHT))
		return;
	loop->attach = attach;
	loop->cg_fd = fcntl(cg_fd, F_DUPFD_CLOEXEC, 0);
	loop->looked_msec = clock_msec();
	loop->elastic_fd = elastic_room_open(run_dir, &ignored);
	for (id = 0; id < ELASTICS; id++) {
		if (!elastic_has(&attach->elastic, (enum elastic_id)id))
			continue;
		loop->pressure_fd[id] = cg_watch_pressure(cg_fd, elastic_rows[id].pressure, percent);
		loop->waited_usec[id] = waited_usec(loop, id);
		loop->seen_msec[id] = loop->looked_msec;
	}
	if (elastic_has(&attach->elastic, ELASTIC_MEMORY))
		elastic_room_enter(loop->elastic_fd, attach->name, attach->cgroup);
}

void elastic_loop_close(struct elastic_loop *loop)
{
	int *fds[ELASTICS], id;

	_Static_assert(ELASTICS <= CG_WATCHES, "they are closed in one go");

	if (loop->attach)
		elastic_room_leave(loop->elastic_fd, loop->attach->name);
	for (id = 0; id < ELASTICS; id++)
		fds[id] = &loop->pressure_fd[id];
	cg_watch_close(fds, ELASTICS);
	if (loop->move_fd >= 0) {	/* what it leaves half done of a run, that takes along */
		(void)kill(loop->move_pid, SIGKILL);
		(void)waitpid(loop->move_pid, NULL, 0);
	}
	own_close(&loop->move_fd);
	own_close(&loop->lock_fd);
	own_close(&loop->cg_fd);
	own_close(&loop->elastic_fd);
	*loop = (struct elastic_loop)ELASTIC_LOOP_INIT;
}

void elastic_loop_poll(const struct elastic_loop *loop, struct pollfd fds[ELASTIC_FDS])
{
	int id;

	for (id = 0; id < ELASTICS; id++)	/* one move at a time */
		fds[id] = (struct pollfd){
			.fd = loop->move_fd < 0 ? loop->pressure_fd[id] : -1,
			.events = POLLPRI,
		};
	fds[ELASTICS] = (struct pollfd){ .fd = loop->move_fd, .events = POLLIN };
}

int elastic_loop_timeout(const struct elastic_loop *loop)
{
	int64_t left;

	if (!loop->attach || loop->move_fd >= 0)
		return -1;
	left = loop->looked_msec + LOOK_MSEC - clock_msec();
	return left < 0 ? 0 : (int)left;
}

/* ---- a move ---- */

static pid_t spawn(const struct elastic_loop *loop, const char *setting)
{
	const char *const argv[] = { PROGRAM, "--root", loop->attach->root, "--wait", "1", "set",
				     "--running-only", loop->attach->name, setting, NULL };
	const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", BY, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char path[PATH_MAX];
	sigset_t signals;
	pid_t pid = -1;
	int i;

	if (!program_find(PROGRAM, path))
		return -1;
	(void)posix_spawn_file_actions_init(&actions);
	for (i = 0; i < 3; i++)
		(void)posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0);
	(void)posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	(void)posix_spawnattr_init(&attributes);
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGPIPE);
	(void)posix_spawnattr_setsigdefault(&attributes, &signals);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (posix_spawn(&pid, path, &actions, &attributes, (char *const *)argv,
			(char *const *)env) != 0)
		pid = -1;
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static void move(struct elastic_loop *loop, enum elastic_id id, uint64_t limit)
{
	enum resource_id row = elastic_rows[id].id;
	char setting[64], value[32];

	(void)snprintf(setting, sizeof(setting), "%s=%s", resources[row].name,
		       resource_format(row, limit, value, sizeof(value)));
	loop->move_pid = spawn(loop, setting);
	if (loop->move_pid > 0)
		loop->move_fd = pidfd_open(loop->move_pid, 0);
	loop->moved = id;
	if (loop->move_fd < 0)
		own_close(&loop->lock_fd);
}

static void end_move(struct elastic_loop *loop)
{
	int status = 0;

	(void)waitpid(loop->move_pid, &status, 0);
	own_close(&loop->move_fd);
	own_close(&loop->lock_fd);
	if (status != 0)
		elastic_refused(&loop->state[loop->moved], clock_msec());
}

/* ---- a look ---- */

/* What the host has; nothing while another VPS takes its part. */
static uint64_t find_room(struct elastic_loop *loop, enum elastic_id id)
{
	if (id != ELASTIC_MEMORY)
		return UINT64_MAX;
	loop->lock_fd = elastic_room_lock(loop->elastic_fd);
	return loop->lock_fd < 0 ? 0 : elastic_room_find(loop->elastic_fd);
}

/* False: the cgroup is gone, or its limit was lifted. */
static bool look_at(struct elastic_loop *loop, enum elastic_id id, bool is_pressed,
		    struct elastic_look *look)
{
	unsigned least = (plan_of(loop)->percent ? plan_of(loop)->percent : ELASTIC_PERCENT) * 10;
	uint64_t before = loop->waited_usec[id];
	int64_t passed = look->now_msec - loop->seen_msec[id];

	loop->waited_usec[id] = waited_usec(loop, id);
	loop->seen_msec[id] = look->now_msec;
	look->permille = passed > 0 ? (unsigned)((loop->waited_usec[id] - before) /
						 (uint64_t)passed) : 0;
	if (is_pressed && look->permille < least)	/* for two seconds of more */
		look->permille = least;
	if (cg_read(loop->cg_fd, resources[elastic_rows[id].id].file, &look->limit) < 0 ||
	    look->limit == UINT64_MAX)
		return false;
	look->used = look->limit;
	if (elastic_rows[id].used)
		(void)cg_read(loop->cg_fd, elastic_rows[id].used, &look->used);
	look->room = is_pressed ? find_room(loop, id) : 0;
	return true;
}

void elastic_loop_handle(struct elastic_loop *loop, const struct pollfd fds[ELASTIC_FDS])
{
	struct elastic_look look = { .now_msec = clock_msec() };
	bool is_pressed = false;
	int id;

	if (loop->move_fd >= 0 && fds[ELASTICS].revents)
		end_move(loop);
	for (id = 0; id < ELASTICS; id++) {
		if (fds[id].revents & POLLERR)
			own_close(&loop->pressure_fd[id]);
		is_pressed |= fds[id].revents != 0;
	}
	if (loop->move_fd >= 0 || (!is_pressed && elastic_loop_timeout(loop) != 0))
		return;
	loop->looked_msec = look.now_msec;
	for (id = 0; id < ELASTICS && loop->move_fd < 0; id++) {
		uint64_t limit;

		if (loop->pressure_fd[id] < 0 ||
		    !look_at(loop, (enum elastic_id)id, fds[id].revents != 0, &look))
			continue;
		limit = elastic_decide(plan_of(loop), (enum elastic_id)id, &look, &loop->state[id]);
		if (limit != look.limit)
			move(loop, (enum elastic_id)id, limit);
		else
			own_close(&loop->lock_fd);
	}
}
