// SPDX-License-Identifier: GPL-2.0-or-later
/* SHA-256 by libcrypto; called by whatever moves blobs and layers. */
#include "digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct digest {
	EVP_MD_CTX *ctx;
	bool has_failed;
};

struct digest *digest_new(void)
{
	struct digest *digest = calloc(1, sizeof(*digest));

	if (!digest)
		return NULL;
	digest->ctx = EVP_MD_CTX_new();
	if (!digest->ctx || EVP_DigestInit_ex(digest->ctx, EVP_sha256(), NULL) != 1) {
		digest_free(digest);
		return NULL;
	}
	return digest;
}

void digest_free(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->ctx);
	free(digest);
}

void digest_add(struct digest *digest, const void *data, size_t len)
{
	if (EVP_DigestUpdate(digest->ctx, data, len) != 1)
		digest->has_failed = true;
}

int digest_finish(struct digest *digest, char ret_hex[DIGEST_HEX_LEN + 1])
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int i, len = 0;

	if (EVP_DigestFinal_ex(digest->ctx, raw, &len) != 1 || len * 2 != DIGEST_HEX_LEN)
		digest->has_failed = true;
	if (digest->has_failed)
		return -EIO;
	for (i = 0; i < len; i++)
		(void)snprintf(ret_hex + i * 2, 3, "%02x", raw[i]);
	return 0;
}

int digest_of(const void *data, size_t len, char ret_digest[DIGEST_SIZE])
{
	OWN_DIGEST *digest = digest_new();
	char hex[DIGEST_HEX_LEN + 1];
	int r;

	if (!digest)
		return -ENOMEM;
	digest_add(digest, data, len);
	r = digest_finish(digest, hex);
	if (r == 0)
		(void)snprintf(ret_digest, DIGEST_SIZE, DIGEST_PREFIX "%s", hex);
	return r;
}
