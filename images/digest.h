/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 of what streams by. */
#ifndef IMAGES_DIGEST_H
#define IMAGES_DIGEST_H

#include <stddef.h>

#include "images/image.h"

struct digest;

/* A digest of nothing yet, or NULL without memory; digest_free() it. */
struct digest *digest_new(void);

/* NULL is fine. */
void digest_free(struct digest *digest);

/* More bytes. A failure is kept, and digest_finish() tells of it. */
void digest_add(struct digest *digest, const void *data, size_t len) __attribute__((nonnull));

/*
 * The digest of all that was added, which ends it.
 *
 * ret_hex  64 hex digits and a NUL
 *
 * Returns 0, or -EIO when libcrypto failed at any point.
 */
int digest_finish(struct digest *digest, char ret_hex[DIGEST_HEX_LEN + 1])
	__attribute__((nonnull));

/* All at once: "sha256:<hex>" of a buffer. 0 or -errno. */
int digest_of(const void *data, size_t len, char ret_digest[DIGEST_SIZE])
	__attribute__((nonnull));

static inline void own_digest(struct digest **digest)
{
	digest_free(*digest);
	*digest = NULL;
}

#define OWN_DIGEST __attribute__((cleanup(own_digest))) struct digest

#endif
