/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of a VPS between two commands: state.json of the present run
 * (below /run, gone with the host) and last.json of the one before it (beside
 * the spec). Both only report; spec.json alone says what shall be.
 */
#ifndef RUNTIME_STATE_H
#define RUNTIME_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "runtime/vps.h"

struct run_state {
	enum vps_status status;
	pid_t           init_pid;
	uint64_t        init_start;	/* ticks since boot, /proc/PID/stat: tells a reused pid */
	int64_t         started_sec;
	unsigned        restarts;
	bool            is_watched;	/* its view answers system calls, view_watch() */
};

struct last_run {
	int64_t started_sec, ended_sec;
	int     exit_status;		/* 0..255, or -1: unknown */
	char    reason[64];
	unsigned restarts;		/* by policy, before it */
};

/* Replace state.json / last.json in a directory (borrowed). 0 or -errno with err set. */
int state_write(int run_fd, const struct run_state *state, struct vps_err *err);
int last_run_write(int vps_fd, const struct last_run *last, struct vps_err *err);

/* Read them; missing gives a stopped VPS that never ran. 0 or -errno with err set. */
int state_read(int run_fd, struct run_state *ret_state, struct vps_err *err);
int last_run_read(int vps_fd, struct last_run *ret_last, struct vps_err *err);

/* Ticks since boot at which a process started, or 0 when there is none. */
uint64_t process_start_ticks(pid_t pid);

/* A pidfd of the init of that state, or FD_NONE when it lives no more. */
int state_open_init(const struct run_state *state);

#endif
