// SPDX-License-Identifier: LGPL-2.1-or-later
/* Whole config.json documents of data/oci-examples.json: the good are parsed, the bad refused by path. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/own.h"
#include "runtime/oci.h"

static json_t *examples;

static int load(void **state)
{
	json_error_t error;

	(void)state;
	examples = json_load_file(VPS_TEST_DATA "/oci-examples.json", JSON_REJECT_DUPLICATES, &error);
	if (!examples)
		print_error("line %d: %s\n", error.line, error.text);
	return examples ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	json_decref(examples);
	return 0;
}

static int parse(const json_t *document, struct vps_err *err)
{
	OWN_MEM char *text = json_dumps(document, 0);
	struct oci_config config = { 0 };
	int r;

	assert_non_null(text);
	r = oci_parse(text, strlen(text), &config, err);
	oci_free(&config);
	return r;
}

static void the_good_are_parsed(void **state)
{
	const char *name;
	json_t *document;

	(void)state;
	json_object_foreach(json_object_get(examples, "good"), name, document) {
		struct vps_err err = { 0 };

		if (parse(document, &err) < 0)
			fail_msg("%s: %s", name, err.text);
	}
}

static void the_bad_are_refused_with_the_path_of_what_is_wrong(void **state)
{
	const char *name;
	json_t *example;

	(void)state;
	json_object_foreach(json_object_get(examples, "bad"), name, example) {
		const char *wanted = json_string_value(json_object_get(example, "error"));
		struct vps_err err = { 0 };

		if (parse(json_object_get(example, "config"), &err) != -EINVAL ||
		    strncmp(err.text, wanted, strlen(wanted)) != 0)
			fail_msg("%s: wanted \"%s\", got %d \"%s\"", name, wanted, err.code, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_good_are_parsed),
		cmocka_unit_test(the_bad_are_refused_with_the_path_of_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
