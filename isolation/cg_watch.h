/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of a cgroup whose changes poll(2) tells of, by POLLPRI. A cgroup that
 * is removed ends its watches with POLLERR, too, and reading then fails.
 */
#ifndef ISOLATION_CG_WATCH_H
#define ISOLATION_CG_WATCH_H

#include <stddef.h>
#include <stdint.h>

#define CG_WATCHES	8	/* at most, to close side by side */

/*
 * Watch "memory.events" or another file of lines "key number". It is told of
 * what comes after the last cg_watch_read(). A descriptor that the caller owns, or -errno.
 */
int cg_watch_open(int cg_fd, const char *file);

/* Read the number behind a key anew. 0 or -errno; -ENODATA: no such key. */
int cg_watch_read(int watch_fd, const char *key, uint64_t *ret_value);

/*
 * Watch "memory.pressure" or its like, psi(7): told of whenever some process
 * waited for at least so much of the last two seconds, once in that time.
 *
 * percent  1 to 100
 * A descriptor that the caller owns, or -errno: a kernel without PSI, for example.
 */
int cg_watch_pressure(int cg_fd, const char *file, unsigned percent);

/* For how long some process has waited in all, of such a descriptor. 0 or -errno. */
int cg_watch_total(int watch_fd, uint64_t *ret_usec);

/*
 * Close watches, in threads: the kernel waits for a grace period of RCU, 10 ms and more,
 * at the end of each that is of pressure (psi_trigger_destroy()), and side by side they
 * wait for the same one.
 *
 * fds  each FD_NONE or a watch, then FD_NONE; CG_WATCHES at most
 */
void cg_watch_close(int *const fds[], size_t count);

#endif
