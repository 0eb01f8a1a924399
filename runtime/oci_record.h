/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What vps-oci knows of a container between two commands: state.json of its directory. */
#ifndef RUNTIME_OCI_RECORD_H
#define RUNTIME_OCI_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

#define OCI_RECORD_NAME	"state.json"	/* in the directory of a container */

struct oci_record {
	const char *bundle, *rootfs;	/* absolute; "" in a record that does not exist */
	const char *cgroup;		/* below the v2 mount; "": none, or not known yet */
	const char *scope;		/* unit of systemd that the cgroup is; "": none */
	bool        is_user_scope;	/* of the user's systemd */
	pid_t       init_pid;		/* 0: it has not come that far */
	uint64_t    init_start;		/* ticks since boot: tells a reused pid */
	int64_t     created_sec;
	uint32_t    created_nsec;
	uid_t       owner;
	bool        is_plain;		/* no hooks and no listener: start and delete need not read its config */
};

/* Replace the record in a directory (borrowed). 0 or -errno with err set. */
int oci_record_write(int dir_fd, const struct oci_record *record, struct vps_err *err);

/*
 * Read it. Missing (whoever made the container was killed early): all empty.
 *
 * arena   owns the strings
 * Returns 0, or -errno with err set and ret_record untouched.
 */
int oci_record_read(int dir_fd, struct arena *arena, struct oci_record *ret_record,
		    struct vps_err *err);

/* A pidfd of its init, or FD_NONE when that has ended. */
int oci_record_open_init(const struct oci_record *record);

#endif
