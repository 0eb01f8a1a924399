// SPDX-License-Identifier: LGPL-2.1-or-later
/* Makes events of what the kernel tells of a VPS's cgroup; called by the monitor. */
#include "alarms.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/own.h"
#include "events.h"
#include "isolation/cg.h"
#include "isolation/cg_watch.h"
#include "oom.h"

#define ID_COUNT	65536	/* of the range of a VPS */
#define LINE_MSEC	500	/* for the line of a kill that was counted */
#define QUIET_MSEC	1000	/* between two events of one kind: a tenant must not fill the log … */
#define QUIET_LAST_MSEC	60000	/* … and waits twice as long each time while he goes on */
#define VICTIMS_MAX	10	/* that are named in one go; further ones are counted */
#define CALM_MSEC	10000	/* without being told of pressure, it is over */
#define DISK_MSEC	5000	/* between two looks at a disk with a limit */
#define FULL_PERCENT	99	/* a file system keeps a little for itself */
#define ROOM_PERCENT	95	/* below it, it is full no more */

static const struct alarm_row {
	const char *file, *key;	/* of pressure there is no key */
	const char *resource;
	unsigned    percent;	/* of the time */
} rows[ALARMS] = {
	[ALARM_OOM]    = { "memory.events",   "oom_kill", NULL,     0 },
	[ALARM_PIDS]   = { "pids.events",     "max",      NULL,     0 },
	[ALARM_CPU]    = { "cpu.pressure",    NULL,	  "cpu",    80 },
	[ALARM_MEMORY] = { "memory.pressure", NULL,	  "memory", 10 },
	[ALARM_IO]     = { "io.pressure",     NULL,	  "io",     30 },
};

void alarms_open(struct alarms *alarms, const struct alarms_plan *plan)
{
	int id;

	alarms_close(alarms);
	alarms->root_fd = plan->root_fd;
	alarms->name = plan->name;
	alarms->first_uid = plan->first_uid;
	alarms->cg_fd = fcntl(plan->cg_fd, F_DUPFD_CLOEXEC, 0);
	disk_open(plan->vps_fd, false, &alarms->disk);
	alarms->disk_msec = alarms->disk.is_file || alarms->disk.is_counted ? clock_msec() + DISK_MSEC : 0;
	for (id = 0; id < ALARMS; id++) {
		struct alarm_state *state = &alarms->state[id];

		state->fd = rows[id].key ? cg_watch_open(plan->cg_fd, rows[id].file) :
			    cg_watch_pressure(plan->cg_fd, rows[id].file, rows[id].percent);
		if (state->fd >= 0 && rows[id].key)
			(void)cg_watch_read(state->fd, rows[id].key, &state->count);
	}
	alarms->log_fd = alarms->state[ALARM_OOM].fd < 0 ? FD_NONE : oom_open();
}

void alarms_close(struct alarms *alarms)
{
	int *fds[ALARMS], id;

	_Static_assert(ALARMS <= CG_WATCHES, "they are closed in one go");

	for (id = 0; id < ALARMS; id++)
		fds[id] = &alarms->state[id].fd;
	cg_watch_close(fds, ALARMS);
	for (id = 0; id < ALARMS; id++)
		alarms->state[id] = (struct alarm_state){ .fd = FD_NONE };
	own_close(&alarms->log_fd);
	alarms->uncounted = 0;
	own_close(&alarms->cg_fd);
	disk_close(&alarms->disk);
	alarms->disk_msec = 0;
}

void alarms_poll(const struct alarms *alarms, struct pollfd fds[ALARMS])
{
	int64_t now = clock_msec();
	int id;

	for (id = 0; id < ALARMS; id++) {
		const struct alarm_state *state = &alarms->state[id];

		fds[id] = (struct pollfd){ .fd = now < state->quiet_msec ? -1 : state->fd,
					   .events = POLLPRI };
	}
}

static int64_t sooner(int64_t a, int64_t b)
{
	return b == 0 || (a != 0 && a < b) ? a : b;
}

int alarms_timeout(const struct alarms *alarms)
{
	int64_t now = clock_msec(), next = 0;
	int id;

	for (id = 0; id < ALARMS; id++) {
		const struct alarm_state *state = &alarms->state[id];

		if (state->fd >= 0 && state->quiet_msec > now)
			next = sooner(next, state->quiet_msec);
		next = sooner(next, state->calm_msec);
	}
	next = sooner(next, alarms->disk_msec);
	return next == 0 ? -1 : next <= now ? 0 : (int)(next - now);
}

/* ---- the events ---- */

static json_t *limit_of(const struct alarms *alarms, const char *file)
{
	uint64_t value;

	if (cg_read(alarms->cg_fd, file, &value) < 0 || value > INT64_MAX)
		return json_null();
	return json_integer((json_int_t)value);
}

static void record_victim(const struct alarms *alarms, const struct oom_victim *victim)
{
	event_record(alarms->root_fd, alarms->name, "oom-kill",
		     json_pack("{ss, si, sI, sI, sI, so, sb}", "process", victim->name, "pid",
			       (int)victim->pid, "anon_bytes", (json_int_t)victim->anon_bytes,
			       "file_bytes", (json_int_t)victim->file_bytes, "shmem_bytes",
			       (json_int_t)victim->shmem_bytes, "limit_bytes",
			       limit_of(alarms, "memory.max"), "is_host", victim->is_host));
}

/*
 * The log names those of all VPSs; an id is in the range of one. The kernel counts
 * a kill first and writes its line then (__oom_kill_process()): a line may be behind
 * its count, which is waited for, and before it, when its count was not yet read.
 */
static void record_kills(struct alarms *alarms, uint64_t kills)
{
	uint64_t before = kills < alarms->uncounted ? kills : alarms->uncounted;
	int64_t until_msec = clock_msec() + LINE_MSEC;
	struct oom_victim victim;
	uint64_t unnamed = 0;
	int named = 0;

	kills -= before;
	alarms->uncounted -= before;
	while (alarms->log_fd >= 0 &&
	       oom_next(alarms->log_fd, kills > 0 ? until_msec : 0, &victim)) {
		if (victim.uid - alarms->first_uid >= ID_COUNT)
			continue;
		if (named++ < VICTIMS_MAX)
			record_victim(alarms, &victim);
		else
			unnamed++;
		if (kills > 0)
			kills--;
		else
			alarms->uncounted++;
	}
	unnamed += kills;	/* of a log that was full, or may not be read */
	if (unnamed > 0)
		event_record(alarms->root_fd, alarms->name, "oom-kill",
			     json_pack("{sn, sn, so, sI}", "process", "pid", "limit_bytes",
				       limit_of(alarms, "memory.max"), "kills",
				       (json_int_t)unnamed));
}

static void record_refused(const struct alarms *alarms, uint64_t refused)
{
	event_record(alarms->root_fd, alarms->name, "pids-limit",
		     json_pack("{so, sI}", "limit", limit_of(alarms, "pids.max"), "refused",
			       (json_int_t)refused));
}

static void handle_count(struct alarms *alarms, enum alarm_id id)
{
	struct alarm_state *state = &alarms->state[id];
	uint64_t count, before = state->count;

	if (cg_watch_read(state->fd, rows[id].key, &count) < 0) {
		own_close(&state->fd);	/* the cgroup is gone */
		return;
	}
	state->count = count;
	if (count <= before)
		return;
	if (id == ALARM_OOM)
		record_kills(alarms, count - before);
	else
		record_refused(alarms, count - before);
	/* Has it gone on ever since the last event could be followed by another? */
	if (clock_msec() - state->quiet_msec > state->pause_msec)
		state->pause_msec = QUIET_MSEC;
	else if (state->pause_msec < QUIET_LAST_MSEC)
		state->pause_msec *= 2;
	state->quiet_msec = clock_msec() + state->pause_msec;
}

static void record_pressure(const struct alarms *alarms, enum alarm_id id, bool is_high)
{
	event_record(alarms->root_fd, alarms->name, "pressure",
		     json_pack("{ss, si, sb}", "resource", rows[id].resource, "percent",
			       (int)rows[id].percent, "is_high", is_high));
}

static void handle_pressure(struct alarms *alarms, enum alarm_id id)
{
	struct alarm_state *state = &alarms->state[id];

	if (!state->calm_msec)
		record_pressure(alarms, id, true);
	state->quiet_msec = clock_msec() + QUIET_MSEC;
	state->calm_msec = clock_msec() + CALM_MSEC;
}

static void calm_down(struct alarms *alarms, enum alarm_id id)
{
	struct alarm_state *state = &alarms->state[id];

	if (!state->calm_msec || clock_msec() < state->calm_msec)
		return;
	state->calm_msec = 0;
	record_pressure(alarms, id, false);
}

static void look_at_disk(struct alarms *alarms, int at)
{
	static const struct {
		enum resource_id id;
		const char      *name;
	} disks[ALARM_DISKS] = {
		[ALARM_BYTES]  = { RES_DISK, "disk" },
		[ALARM_INODES] = { RES_INODES, "inodes" },
	};
	uint64_t limit = 0, used = 0;
	bool was_full = alarms->is_full[at], is_full = false;

	if (disk_read(&alarms->disk, disks[at].id, &limit) == 0 && limit != QUOTA_NO_LIMIT &&
	    disk_used(&alarms->disk, disks[at].id, &used) == 0)
		is_full = used >= limit - limit / 100 * (100 - (was_full ? ROOM_PERCENT : FULL_PERCENT));
	alarms->is_full[at] = is_full;
	if (is_full != was_full)
		event_record(alarms->root_fd, alarms->name, "disk-limit",
			     json_pack("{ss, sI, sI, sb}", "limit", disks[at].name, "used",
				       (json_int_t)used, "allowed", (json_int_t)limit, "is_reached",
				       is_full));
}

static void handle_disk(struct alarms *alarms)
{
	int at;

	if (!alarms->disk_msec || clock_msec() < alarms->disk_msec)
		return;
	for (at = 0; at < ALARM_DISKS; at++)
		look_at_disk(alarms, at);
	alarms->disk_msec = clock_msec() + DISK_MSEC;
}

void alarms_handle(struct alarms *alarms, const struct pollfd *fds)
{
	int id;

	for (id = 0; id < ALARMS; id++) {
		struct alarm_state *state = &alarms->state[id];

		if (rows[id].key && state->fd >= 0 && (!fds || fds[id].revents))
			handle_count(alarms, (enum alarm_id)id);
		else if (!rows[id].key && fds && fds[id].revents & POLLERR)
			own_close(&state->fd);	/* the cgroup is gone */
		else if (!rows[id].key && fds && fds[id].revents)
			handle_pressure(alarms, (enum alarm_id)id);
		if (fds)
			calm_down(alarms, (enum alarm_id)id);
	}
	handle_disk(alarms);
}
