// SPDX-License-Identifier: GPL-2.0-or-later
/* Names and digests of images; called for what a person typed and what a file says. */
#include "reference.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "images/image.h"

#define NAME_MAX_LEN	255
#define TAG_MAX_LEN	127
#define LOWER		"abcdefghijklmnopqrstuvwxyz"
#define UPPER		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS		"0123456789"

/* One part of a name: alphanumeric runs joined by single '.', '_', "__" or dashes. */
static bool is_part(const char *at, size_t len)
{
	const char *end = at + len;

	for (;;) {
		size_t run = strspn(at, LOWER DIGITS), joint;

		if (run == 0 || at + run > end)
			return false;
		at += run;
		if (at == end)
			return true;
		joint = strspn(at, "-");
		if (joint == 0)
			joint = strncmp(at, "__", 2) == 0 ? 2 : strspn(at, "._") ? 1 : 0;
		if (joint == 0)
			return false;
		at += joint;
	}
}

/* The first part may be a registry: HOST[:PORT]. */
static size_t host_len(const char *at, size_t len)
{
	const char *colon = memchr(at, ':', len);
	size_t port;

	if (!colon)
		return len;
	port = strspn(colon + 1, DIGITS);
	return port >= 1 && port <= 5 && colon + 1 + port == at + len ? (size_t)(colon - at) : 0;
}

static bool is_name(const char *name, size_t len)
{
	const char *at = name, *end = name + len;

	if (len == 0 || len > NAME_MAX_LEN)
		return false;
	for (;;) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		size_t part = slash ? (size_t)(slash - at) : (size_t)(end - at);

		if (!is_part(at, at == name && slash ? host_len(at, part) : part))
			return false;
		if (!slash)
			return true;
		at = slash + 1;
	}
}

static bool is_tag(const char *tag)
{
	size_t len = strlen(tag);

	return len >= 1 && len <= TAG_MAX_LEN && *tag != '.' && *tag != '-' &&
	       strspn(tag, LOWER UPPER DIGITS "_.-") == len;
}

int reference_parse(const char *text, char buf[REFERENCE_SIZE], struct vps_err *err)
{
	const char *slash = strrchr(text, '/');
	const char *colon = strrchr(slash ? slash : text, ':');
	size_t name_len = colon ? (size_t)(colon - text) : strlen(text);
	const char *tag = colon ? colon + 1 : "latest";

	if (!is_name(text, name_len))
		return vps_err_say(err, -VPS_EMISUSE,
				   "\"%s\" is not an image name: lower-case letters and digits, joined by . _ - or /, then perhaps :TAG",
				   text);
	if (!is_tag(tag))
		return vps_err_say(err, -VPS_EMISUSE,
				   "\"%s\" is not an image tag: up to 127 letters, digits, _ . or -, and neither . nor - first",
				   tag);
	(void)snprintf(buf, REFERENCE_SIZE, "%.*s:%s", (int)name_len, text, tag);
	return 0;
}

bool reference_is_digest(const char *text, const char **ret_hex)
{
	size_t prefix = strlen(DIGEST_PREFIX);
	const char *hex = strncmp(text, DIGEST_PREFIX, prefix) == 0 ? text + prefix : text;
	size_t len = strspn(hex, DIGITS "abcdef");

	if (len < 8 || len > DIGEST_HEX_LEN || hex[len])
		return false;
	*ret_hex = hex;
	return true;
}

bool reference_is_hex(const char *text)
{
	return strspn(text, DIGITS "abcdef") == DIGEST_HEX_LEN && !text[DIGEST_HEX_LEN];
}
