/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors that a caller hands on to the container: those of sd_listen_fds(3), --preserve-fds. */
#ifndef CLI_OCI_FDS_H
#define CLI_OCI_FDS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "runtime/oci.h"

/* How many sockets the environment hands to this very process (LISTEN_PID), from 3 up. */
size_t oci_fds_listening(void);

/* Tell the process about that many of them. 0 or -errno with err set. */
int oci_fds_announce(struct oci_process *process, size_t count, struct arena *arena,
		     struct vps_err *err);

/* Whether the descriptors 3 .. 3 + count - 1 all came from the caller. 0 or -errno with err set. */
int oci_fds_check(size_t count, struct vps_err *err);

#endif
