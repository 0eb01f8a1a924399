/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pipes in place of a person's terminal and files, for a process that is not given them.
 *
 * Who holds a terminal can read what is typed there and write what is shown,
 * also when the command that gave it to him has ended; and who holds a file of
 * the host's that it was to write to can empty it, and fill the disk. So what
 * runs inside gets pipes for those of our standard streams, and we copy.
 */
#ifndef RUNTIME_STREAMS_H
#define RUNTIME_STREAMS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/own.h"

struct streams {
	int inside[3];	/* for descriptors 0 to 2 of the process; FD_NONE: it gets ours */
	int ours[3];	/* the other ends */
	bool has_terminal;
};

#define STREAMS_INIT	{ { FD_NONE, FD_NONE, FD_NONE }, { FD_NONE, FD_NONE, FD_NONE }, false }

/*
 * Make a pipe for each that is a terminal, and for those of output that are files or disks; one for
 * both where they are the same. 0, or -errno with err set; streams_close() it.
 *
 * keeps_files  only for terminals
 */
int streams_open(struct streams *streams, bool keeps_files, struct vps_err *err);

/*
 * The process has its ends: copy, and pass on what signal_fd delivers, until it
 * has ended (pid_fd) and what it wrote is shown. What it left behind may then
 * write to nobody.
 *
 * group  that it leads, and that hears what the keys of a terminal mean; 0: it alone does
 */
void streams_relay(struct streams *streams, pid_t group, int pid_fd, int signal_fd);

/* Close what is open of it. */
void streams_close(struct streams *streams);

#define OWN_STREAMS __attribute__((cleanup(streams_close))) struct streams

#endif
