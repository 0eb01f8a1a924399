/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who was killed because memory ran out, as the kernel's log has it. */
#ifndef RUNTIME_OOM_H
#define RUNTIME_OOM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct oom_victim {
	pid_t    pid;		/* as the host sees it */
	uid_t    uid;		/* the same */
	char     name[64];	/* what it called itself; what cannot be printed is \xNN */
	uint64_t anon_bytes, file_bytes, shmem_bytes;	/* of its memory in use */
	bool     is_host;	/* the host had none left; else a limit was reached */
};

/* The kernel's log from now on. A descriptor that the caller owns, or -errno. */
int oom_open(void);

/*
 * The next one in the log. False: there is none yet.
 *
 * until_msec  of clock_msec(): wait for one until then; 0: do not wait
 */
bool oom_next(int log_fd, int64_t until_msec, struct oom_victim *ret_victim);

/* The one in a record of /dev/kmsg. False: it is about something else. */
bool oom_parse(const char *record, struct oom_victim *ret_victim);

#endif
