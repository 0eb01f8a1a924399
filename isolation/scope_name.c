// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads "slice:prefix:name", as engines name a scope; called by vps-oci. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "scope.h"

#define SYSTEM_SLICE	"system.slice"
#define USER_SLICE	"user.slice"
#define PREFIX		"vps-oci"

/* What a unit's name may consist of, systemd.unit(5). */
static bool is_plain(char c)
{
	return isalnum((unsigned char)c) || strchr(":-_.", c);
}

/* Append text, with \xNN for what a name may not contain. False: it does not fit. */
static bool put_escaped(char name[SCOPE_NAME_SIZE], const char *text, size_t len)
{
	size_t at = strlen(name), i;

	for (i = 0; i < len; i++) {
		int n = is_plain(text[i]) ?
			snprintf(name + at, SCOPE_NAME_SIZE - at, "%c", text[i]) :
			snprintf(name + at, SCOPE_NAME_SIZE - at, "\\x%02x", (unsigned char)text[i]);

		if (n < 0 || (size_t)n >= SCOPE_NAME_SIZE - at)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool put(char name[SCOPE_NAME_SIZE], const char *text)
{
	if (strlen(name) + strlen(text) >= SCOPE_NAME_SIZE)
		return false;
	(void)strcat(name, text);
	return true;
}

static bool has_slice_form(const char *slice)
{
	size_t len = strlen(slice);
	const char *at;

	if (strcmp(slice, "-.slice") == 0)
		return true;
	if (len <= 6 || strcmp(slice + len - 6, ".slice") != 0 || *slice == '-' || slice[len - 7] == '-')
		return false;
	for (at = slice; *at; at++)
		if ((!is_plain(*at) && *at != '\\') || *at == ':')
			return false;
	return !strstr(slice, "--");	/* each dash is a level */
}

static int set_slice(const char *text, size_t len, struct scope *scope, struct vps_err *err)
{
	if (len == 0) {
		(void)strcpy(scope->slice, scope->is_user ? USER_SLICE : SYSTEM_SLICE);
		return 0;
	}
	if (len < SCOPE_NAME_SIZE) {
		memcpy(scope->slice, text, len);
		scope->slice[len] = '\0';
	}
	if (len >= SCOPE_NAME_SIZE || !has_slice_form(scope->slice))
		return vps_err_say(err, -EINVAL,
				   "linux.cgroupsPath: \"%.*s\" is not a slice such as \"machine.slice\"",
				   (int)(len < 100 ? len : 100), text);
	return 0;
}

int scope_parse(const char *path, const char *id, struct scope *scope, struct vps_err *err)
{
	const char *prefix = PREFIX, *name = id, *first = path, *second;
	size_t prefix_len = strlen(PREFIX), slice_len = 0;

	if (path) {
		first = strchr(path, ':');
		second = first ? strchr(first + 1, ':') : NULL;
		if (!second || !second[1] || strchr(path, '/') || strchr(second + 1, ':'))
			return vps_err_say(err, -EINVAL,
					   "linux.cgroupsPath: \"%.100s\" is not of the form \"slice:prefix:name\" that the systemd driver takes",
					   path);
		slice_len = (size_t)(first - path);
		prefix = first + 1;
		prefix_len = (size_t)(second - prefix);
		name = second + 1;
	}
	*scope->name = '\0';
	if (set_slice(path, slice_len, scope, err) < 0)
		return err->code;
	if (!put_escaped(scope->name, prefix, prefix_len) ||
	    (prefix_len && !put(scope->name, "-")) ||
	    !put_escaped(scope->name, name, strlen(name)) || !put(scope->name, ".scope"))
		return vps_err_say(err, -ENAMETOOLONG,
				   "\"%.60s\" is too long for the name of a unit of systemd", name);
	return 0;
}
