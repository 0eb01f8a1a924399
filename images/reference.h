/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How people name images: "debian:12", "registry.example:5000/team/app", digests. */
#ifndef IMAGES_REFERENCE_H
#define IMAGES_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define REFERENCE_SIZE	384	/* 255 of name, 127 of tag, the colon, the NUL */

/*
 * Check NAME[:TAG] and write it out in full.
 *
 * text  NAME is lower-case letters and digits in parts joined by '.', '_',
 *       "__", '-', ':' (a registry's port, before the first slash) and '/';
 *       TAG up to 127 of [A-Za-z0-9_.-], "latest" when missing
 * buf   receives NAME:TAG
 *
 * Returns 0, or -VPS_EMISUSE with err saying what is wrong and buf untouched.
 */
int reference_parse(const char *text, char buf[REFERENCE_SIZE], struct vps_err *err)
	__attribute__((nonnull));

/*
 * Whether text can be (the beginning of) a digest: "sha256:" optional, then 8
 * to 64 lower-case hex digits. *ret_hex is where the digits begin.
 */
bool reference_is_digest(const char *text, const char **ret_hex) __attribute__((nonnull));

/* Whether text is exactly 64 lower-case hex digits. */
bool reference_is_hex(const char *text) __attribute__((nonnull));

#endif
