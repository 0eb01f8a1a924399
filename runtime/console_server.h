/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The monitor's side of a console: pty master to log and clients, clients to pty. */
#ifndef RUNTIME_CONSOLE_SERVER_H
#define RUNTIME_CONSOLE_SERVER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CONSOLE_CLIENTS	8
#define CONSOLE_LOG	"console.log"	/* in the VPS's directory; ".1" is the one before */
#define CONSOLE_LOG_MAX	(1u << 20)	/* bytes at which it is rotated */

struct console_server {
	int    master_fd, slave_fd;	/* the slave stays open, so that the master never hangs up */
	int    log_dir_fd;		/* borrowed */
	int    log_fd;
	size_t log_bytes;
	int    clients[CONSOLE_CLIENTS];
	char   input[4096];		/* typed, but not yet taken by the pty */
	size_t input_len;
	int64_t since_msec;		/* CLOCK_MONOTONIC */
	size_t read_bytes;		/* from the pty since then */
};

/* An idle server without a console. log_dir_fd is borrowed for its life. */
void console_server_init(struct console_server *s, int log_dir_fd);

/* Serve this pty from now on, instead of any other; master_fd is taken. */
void console_server_open(struct console_server *s, int master_fd);

/* The pty is gone; clients stay, a restart gives them the next one. */
void console_server_close_pty(struct console_server *s);

/* A connected control socket (taken) becomes a client, and is told so, or that there are too many. */
void console_server_add(struct console_server *s, int client_fd);

/*
 * Fill in what to poll for: at most CONSOLE_CLIENTS + 1 entries. Returns how many.
 *
 * timeout_msec  of the poll; made shorter while a pty that is written to without
 *               end is left unread: its writer waits, and costs the host little
 */
size_t console_server_poll(const struct console_server *s, struct pollfd *fds, int *timeout_msec);

/* Handle what poll() found in the same entries. */
void console_server_handle(struct console_server *s, const struct pollfd *fds, size_t count);

/* Close everything. */
void console_server_free(struct console_server *s);

#endif
