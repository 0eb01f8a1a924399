// SPDX-License-Identifier: LGPL-2.1-or-later
/* scope_parse(): what engines name and what systemd takes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "isolation/scope.h"

static void names_and_slices(void **state)
{
	static const struct {
		const char *path, *id, *slice, *name;
		bool        is_user;
	} cases[] = {
		{ NULL, "c1", "system.slice", "vps-oci-c1.scope", false },
		{ NULL, "c1", "user.slice", "vps-oci-c1.scope", true },
		{ "machine.slice:libpod:0123", "c1", "machine.slice", "libpod-0123.scope", false },
		{ "a-b_c.slice:x:y", "c1", "a-b_c.slice", "x-y.scope", false },
		{ "::name", "c1", "system.slice", "name.scope", false },
		{ ":p:name", "c1", "system.slice", "p-name.scope", false },
		{ "-.slice::name", "c1", "-.slice", "name.scope", false },
		{ NULL, "a+b", "system.slice", "vps-oci-a\\x2bb.scope", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct scope scope = { .is_user = cases[i].is_user };
		struct vps_err err = { 0 };

		assert_int_equal(scope_parse(cases[i].path, cases[i].id, &scope, &err), 0);
		assert_string_equal(scope.slice, cases[i].slice);
		assert_string_equal(scope.name, cases[i].name);
	}
}

static void refusals(void **state)
{
	static const char *const paths[] = {
		"/a/b", "a", "a.slice:b", "a.slice:b:", "a.slice:b:c:d", "a:b:c", ".slice:b:c",
		"-a.slice:b:c", "a-.slice:b:c", "a--b.slice:b:c", "a b.slice:b:c", "a/b.slice:b:c",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(paths); i++) {
		struct scope scope = { 0 };
		struct vps_err err = { 0 };

		assert_int_equal(scope_parse(paths[i], "c1", &scope, &err), -EINVAL);
		assert_non_null(strstr(err.text, "linux.cgroupsPath: "));
	}
}

static void length(void **state)
{
	struct scope scope = { 0 };
	struct vps_err err = { 0 };
	char id[300];

	(void)state;
	memset(id, 'a', sizeof(id));
	id[sizeof(id) - 1] = '\0';
	assert_int_equal(scope_parse(NULL, id, &scope, &err), -ENAMETOOLONG);
	id[SCOPE_NAME_SIZE - 1 - strlen("vps-oci-.scope")] = '\0';
	assert_int_equal(scope_parse(NULL, id, &scope, &err), 0);
	assert_int_equal(strlen(scope.name), SCOPE_NAME_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_slices),
		cmocka_unit_test(refusals),
		cmocka_unit_test(length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
