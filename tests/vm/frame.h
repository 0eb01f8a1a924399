/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the test machine (init.c) tells the host (console.c): a stream of frames
 * over one virtio-serial port, each a header and `length` bytes after it.
 */
#ifndef VM_FRAME_H
#define VM_FRAME_H

#include <stdint.h>

enum frame_kind {
	FRAME_STDOUT = 'o',
	FRAME_STDERR = 'e',
	FRAME_STATUS = 'x', /* one byte: the job's exit status; the last frame */
};

#define FRAME_MAX 16384 /* below the 32 KiB that the guest's driver takes in one write */

/* Both ends are x86-64: native byte order. */
struct frame_header {
	uint16_t kind;
	uint16_t length;
};

_Static_assert(FRAME_MAX <= UINT16_MAX, "a frame's length must fit its header");

#endif
