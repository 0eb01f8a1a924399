/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much memory a host can still give to those whose limits move. */
#ifndef RUNTIME_ELASTIC_ROOM_H
#define RUNTIME_ELASTIC_ROOM_H

#include <stdint.h>

#include "base/err.h"

/*
 * RUN/.elastic, made where it is missing. A descriptor that the caller owns,
 * or -errno with err set.
 */
int elastic_room_open(const char *run_dir, struct vps_err *err);

/* A VPS with elastic memory begins to run, or ends. */
void elastic_room_enter(int elastic_fd, const char *name, const char *cgroup);
void elastic_room_leave(int elastic_fd, const char *name);

/*
 * So that two do not grow into the same room: held until what was found is
 * given. A descriptor that the caller owns, or -errno: somebody else has it.
 */
int elastic_room_lock(int elastic_fd);

/*
 * Bytes that the host has beside what it keeps in reserve and what was given
 * already and is not in use yet.
 */
uint64_t elastic_room_find(int elastic_fd);

#endif
