/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors: a negative errno for the program, one sentence for the person. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <limits.h>
#include <stdbool.h>

/*
 * Owned by the caller, who starts with { 0 }. It owns nothing itself, so it
 * works when malloc() has failed and between clone() and execve(), and it
 * crosses a pipe in one write().
 */
struct vps_err {
	int  code;		/* 0, or a negative errno */
	char text[500];		/* outermost context first; control characters became '?' */
};

_Static_assert(sizeof(struct vps_err) <= _POSIX_PIPE_BUF,
	       "an error must cross a pipe in one piece");

/*
 * Record the cause. A cause that was recorded earlier is kept: the first wins.
 *
 * code     negative errno
 * fmt      names the object and the value; lower case, no full stop, and not
 *          what strerror(-code) says already
 *
 * Returns the recorded code, so that a failing path is one line.
 */
int vps_err_set(struct vps_err *err, int code, const char *fmt, ...)
	__attribute__((nonnull(1, 3), format(printf, 3, 4)));

/*
 * Record a cause whose sentence is complete: nobody appends strerror() to it.
 * For what a person did wrong ("pids: 0 is below 1"). The same otherwise.
 */
int vps_err_say(struct vps_err *err, int code, const char *fmt, ...)
	__attribute__((nonnull(1, 3), format(printf, 3, 4)));

/*
 * Put "context: " before the sentence: what we were doing when it happened.
 * Context that does not fit is dropped, the cause is kept.
 *
 * Returns the recorded code.
 */
int vps_err_in(struct vps_err *err, const char *fmt, ...)
	__attribute__((nonnull, format(printf, 2, 3)));

/*
 * Whether the sentence is complete. Then whoever recorded it chose the code for
 * what it means here; else it is the kernel's, which knows nothing of VPSs.
 */
bool vps_err_is_said(const struct vps_err *err) __attribute__((nonnull));

/*
 * The whole message for a person: the sentence, with strerror() of the code
 * appended where the sentence does not stand by itself.
 *
 * buf      receives it, always terminated, cut where it does not fit
 * Returns buf.
 */
const char *vps_err_message(const struct vps_err *err, char *buf, unsigned long size)
	__attribute__((nonnull));

/*
 * Errno values with one meaning each across this project, so that cli/ can
 * choose the exit status from the code of a complete sentence (design: "The command line").
 */
#define VPS_EMISUSE	EINVAL		/* 2: a value that can never be right */
#define VPS_ENOENT	ENOENT		/* 3: no such VPS, image, … */
#define VPS_EEXIST	EEXIST		/* 4: it exists already */
#define VPS_ESTATE	EBUSY		/* 4: wrong state for this */
#define VPS_ELOCKED	EDEADLK		/* 5: another command holds the lock */
#define VPS_EHOST	EOPNOTSUPP	/* 6: this host lacks something */
#define VPS_EREFUSED	EPERM		/* 7: over a limit, or unsafe without --force */

#endif
