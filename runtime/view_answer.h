/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers to system calls that ask about processors and memory; view_scribe.h gives them. */
#ifndef RUNTIME_VIEW_ANSWER_H
#define RUNTIME_VIEW_ANSWER_H

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/view_text.h"

#define VIEW_ANSWER_BYTES	1024	/* a set of 8192 processors: no Linux is built for more */

struct view_answer {
	uint64_t      id;	/* of the call */
	uint32_t      pid;	/* of the thread that waits, on the host */
	uint32_t      len;
	uint64_t      address;	/* in its memory, for that many of the bytes */
	int64_t       value;	/* that the call returns */
	unsigned char bytes[VIEW_ANSWER_BYTES];
};

/* Bytes of an answer that matter. */
static inline size_t view_answer_size(const struct view_answer *answer)
{
	return offsetof(struct view_answer, bytes) + answer->len;
}

/* Whether a 64-bit program asks. */
static inline bool view_is_64(const struct seccomp_notif *call)
{
	return call->data.arch & __AUDIT_ARCH_64BIT;
}

/*
 * Answer a call for a VPS. Nothing that the caller controls is looked at but
 * the arguments, which the kernel has copied.
 *
 * False: what the kernel itself answers is right, or what is asked for is wrong.
 */
bool view_answer(struct view *view, const struct seccomp_notif *call,
		 struct view_answer *ret_answer);

/* One function a call: they set address, value, bytes and len. */
bool view_affinity(struct view *view, const struct seccomp_notif *call, struct view_answer *answer);
bool view_sysinfo(struct view *view, const struct seccomp_notif *call, struct view_answer *answer);

#endif
