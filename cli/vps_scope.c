// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-scope: tells systemd what isolation/scope.h wants of it; started by vps-oci alone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/scope_unit.h"

#define REQUEST_MAX	(4u << 20)	/* bytes; a config may have as many limits */

struct request {
	struct scope        scope;
	const char         *verb;
	pid_t               pid;
	struct cg_value    *values;
	size_t              value_count;
	struct device_rule *rules;
	size_t              rule_count;
};

/* The next string between *at and end, or NULL. */
static const char *next(const char **at, const char *end)
{
	const char *word = *at;
	const char *nul = word < end ? memchr(word, '\0', (size_t)(end - word)) : NULL;

	if (!nul)
		return NULL;
	*at = nul + 1;
	return word;
}

static bool read_rule(const char *text, struct device_rule *rule)
{
	int is_allowed;
	long long major, minor;

	if (!text || sscanf(text, "%d %c %lld %lld %u", &is_allowed, &rule->type, &major, &minor,
			    &rule->access) != 5)
		return false;
	rule->is_allowed = is_allowed;
	rule->major = major;
	rule->minor = minor;
	return true;
}

static bool read_rest(const char *at, const char *end, struct request *request)
{
	const char *kind;

	while ((kind = next(&at, end))) {
		if (!strcmp(kind, "v")) {
			struct cg_value *value = &request->values[request->value_count++];

			value->file = next(&at, end);
			value->value = next(&at, end);
			if (!value->file || !value->value)
				return false;
		} else if (strcmp(kind, "d") != 0 ||
			   !read_rule(next(&at, end), &request->rules[request->rule_count++])) {
			return false;
		}
	}
	return at == end;
}

static bool read_request(const char *text, size_t len, struct request *request)
{
	const char *at = text, *end = text + len;
	const char *whose, *name, *slice, *pid;

	request->verb = next(&at, end);
	whose = next(&at, end);
	name = next(&at, end);
	slice = next(&at, end);
	pid = next(&at, end);
	/* Each limit and each rule takes at least two bytes. */
	request->values = calloc(len / 2 + 1, sizeof(*request->values));
	request->rules = calloc(len / 2 + 1, sizeof(*request->rules));
	if (!pid || !request->values || !request->rules)
		return false;
	request->scope.is_user = !strcmp(whose, "user");
	request->pid = (pid_t)atoi(pid);
	return snprintf(request->scope.name, SCOPE_NAME_SIZE, "%s", name) < SCOPE_NAME_SIZE &&
	       snprintf(request->scope.slice, SCOPE_NAME_SIZE, "%s", slice) < SCOPE_NAME_SIZE &&
	       read_rest(at, end, request);
}

static void serve(const struct request *r, char path[PATH_MAX], struct vps_err *err)
{
	if (!strcmp(r->verb, "start"))
		(void)scope_unit_start(&r->scope, r->pid, r->values, r->value_count, r->rules,
				       r->rule_count, path, err);
	else if (!strcmp(r->verb, "set"))
		(void)scope_unit_set(&r->scope, r->values, r->value_count,
				     r->rule_count ? r->rules : NULL, r->rule_count, err);
	else if (!strcmp(r->verb, "stop"))
		scope_unit_stop(&r->scope);
	else
		(void)vps_err_say(err, -EINVAL, "vps-scope does not know \"%.60s\"", r->verb);
}

int main(void)
{
	struct request request = { 0 };
	struct vps_err err = { 0 };
	OWN_MEM char *text = NULL;
	char path[PATH_MAX] = "";
	size_t len;
	int r;

	if (isatty(STDIN_FILENO)) {
		(void)fputs("vps-scope: it is started by vps-oci, and does nothing by itself\n", stderr);
		return 2;
	}
	r = file_read_fd(STDIN_FILENO, "the request", REQUEST_MAX, &text, &len, &err);
	if (r == 0 && !read_request(text, len, &request))
		(void)vps_err_say(&err, -EINVAL, "vps-scope cannot read what it is asked");
	if (!err.code)
		serve(&request, path, &err);
	free(request.values);
	free(request.rules);
	return fd_write_all(STDOUT_FILENO, &err, sizeof(err)) < 0 ||
	       fd_write_all(STDOUT_FILENO, path, strlen(path) + 1) < 0;
}
