/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a VPS runs into while it runs: the OOM killer, its limits of pids and
 * disk, pressure. The monitor waits for all of it in its one poll(2), and each
 * becomes an event (events.h).
 */
#ifndef RUNTIME_ALARMS_H
#define RUNTIME_ALARMS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/disk.h"

enum alarm_id {
	ALARM_OOM,
	ALARM_PIDS,
	ALARM_CPU,
	ALARM_MEMORY,
	ALARM_IO,
	ALARMS
};

enum { ALARM_BYTES, ALARM_INODES, ALARM_DISKS };

struct alarm_state {
	int      fd;		/* FD_NONE: this host or VPS has it not */
	uint64_t count;		/* of what is counted, when it was read last */
	int64_t  quiet_msec;	/* until then it is not listened to, … */
	int64_t  pause_msec;	/* … which was so long after its last event */
	int64_t  calm_msec;	/* then the pressure is over, unless it is told of again; 0: there is none */
};

struct alarms {
	int         root_fd;	/* ROOT, borrowed */
	const char *name;	/* of the VPS, borrowed */
	int         cg_fd;
	uid_t       first_uid;	/* of its range */
	int         log_fd;	/* the kernel's; FD_NONE: it may not be read */
	uint64_t    uncounted;	/* victims of whom the log told before ALARM_OOM's count did */
	struct alarm_state state[ALARMS];
	struct disk disk;	/* of what it writes; no file system tells of itself, so it is looked at */
	int64_t     disk_msec;	/* when next; 0: it has no limit */
	bool        is_full[ALARM_DISKS];
};

/* Start with this; alarms_close() it. */
#define ALARMS_INIT {								\
	.cg_fd = -1, .log_fd = -1, .disk = DISK_NONE,				\
	.state = { [0 ... ALARMS - 1] = { .fd = -1 } },				\
}

/* The VPS that is listened to; all borrowed. */
struct alarms_plan {
	int         root_fd;	/* ROOT, as long as it is open */
	const char *name;	/* as long as it is open */
	int         vps_fd;	/* ROOT/vps/NAME */
	int         cg_fd;
	uid_t       first_uid;	/* the host's id of its root, in no other VPS's range */
};

/* Listen to a VPS whose init runs. What this host has not is left out. */
void alarms_open(struct alarms *alarms, const struct alarms_plan *plan);
void alarms_close(struct alarms *alarms);

/* What to wait for: ALARMS entries, some of them of no descriptor. */
void alarms_poll(const struct alarms *alarms, struct pollfd fds[ALARMS]);

/* How long until alarms_handle() has work by itself; -1: it has none. */
int alarms_timeout(const struct alarms *alarms);

/* Record what happened. fds: as poll(2) left them; NULL: look at everything, it is the end. */
void alarms_handle(struct alarms *alarms, const struct pollfd *fds);

#endif
