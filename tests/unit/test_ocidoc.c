// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "images/ocidoc.h"

#define HEX	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BLOB	"{\"mediaType\":\"x\",\"digest\":\"sha256:" HEX "\",\"size\":7}"
#define ROOTFS	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:" HEX "\"]}"
#define BASICS	"\"architecture\":\"amd64\",\"os\":\"linux\"," ROOTFS

struct bad {
	const char *text;
	const char *says;
};

static void refuse(const struct bad *bad, int r, const struct vps_err *err)
{
	if (r != -EBADMSG || !strstr(err->text, bad->says))
		fail_msg("%s: %d \"%s\" instead of \"%s\"", bad->text, r, err->text, bad->says);
}

static void a_wrong_manifest_is_refused_and_the_fault_named(void **state)
{
	static const struct bad rows[] = {
		{ "", "manifest: line" },
		{ "[]", "an object" },
		{ "{} x", "line 1" },
		{ "{}", "schemaVersion is missing" },
		{ "{\"schemaVersion\":1}", "schemaVersion is not 2" },
		{ "{\"schemaVersion\":\"2\"}", "schemaVersion is not a whole number" },
		{ "{\"schemaVersion\":2,\"schemaVersion\":2}", "duplicate" },
		{ "{\"schemaVersion\":2}", "config is missing" },
		{ "{\"schemaVersion\":2,\"config\":" BLOB "}", "layers is missing" },
		{ "{\"schemaVersion\":2,\"config\":[],\"layers\":[]}", "config is not an object" },
		{ "{\"schemaVersion\":2,\"config\":{},\"layers\":[]}", "mediaType is missing" },
		{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":[]}", "1 to 499" },
		{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":[1]}", "a descriptor is not" },
		{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":[{\"mediaType\":\"x\","
		  "\"digest\":\"sha256:../../x\",\"size\":1}]}", "digest is not sha256" },
		{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":[{\"mediaType\":\"x\","
		  "\"digest\":\"md5:" HEX "\",\"size\":1}]}", "digest is not sha256" },
		{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":[{\"mediaType\":\"x\","
		  "\"digest\":\"sha256:" HEX "\",\"size\":-1}]}", "size is not a size" },
		{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":[{\"mediaType\":\"x\\u0000\","
		  "\"digest\":\"sha256:" HEX "\",\"size\":1}]}", "\\u0000" },
		{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":[{\"mediaType\":\"\xff\","
		  "\"digest\":\"sha256:" HEX "\",\"size\":1}]}", "unable to decode" },
	};
	struct manifest manifest;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct vps_err err = { 0 };

		refuse(&rows[i], ocidoc_parse_manifest(rows[i].text, strlen(rows[i].text),
						       &manifest, &err), &err);
	}
}

static void a_wrong_configuration_is_refused_and_the_fault_named(void **state)
{
	static const struct bad rows[] = {
		{ "{}", "architecture is missing" },
		{ "{\"architecture\":\"amd64\",\"os\":\"linux\"}", "rootfs is missing" },
		{ "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"tree\","
		  "\"diff_ids\":[]}}", "rootfs.type" },
		{ "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\","
		  "\"diff_ids\":[]}}", "1 to 499" },
		{ "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\","
		  "\"diff_ids\":[\"sha256:../..\"]}}", "diff_ids" },
		{ "{" BASICS ",\"config\":1}", "config is not an object" },
		{ "{" BASICS ",\"config\":{\"Cmd\":\"sh\"}}", "Cmd is not an array" },
		{ "{" BASICS ",\"config\":{\"Cmd\":[1]}}", "Cmd is not an array of strings" },
		{ "{" BASICS ",\"config\":{\"Env\":[\"x\"]}}", "Env is not an array of NAME=value" },
		{ "{" BASICS ",\"config\":{\"Env\":[\"=x\"]}}", "Env is not an array of NAME=value" },
		{ "{" BASICS ",\"config\":{\"Labels\":{\"a\":1}}}", "Labels is not an object of" },
		{ "{" BASICS ",\"config\":{\"User\":0}}", "User is not a string" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct image *image = calloc(1, sizeof(*image));
		struct vps_err err = { 0 };

		refuse(&rows[i], ocidoc_parse_config(rows[i].text, strlen(rows[i].text), image,
						     &err), &err);
		image_free(image);
	}
}

static void null_and_missing_are_the_same_and_unknown_keys_are_ignored(void **state)
{
	static const char text[] =
		"{" BASICS ",\"created\":null,\"history\":[1],\"config\":{\"Cmd\":null,"
		"\"Env\":null,\"Labels\":null,\"Volumes\":{\"/x\":{}}}}";
	struct image *image = calloc(1, sizeof(*image));
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(ocidoc_parse_config(text, strlen(text), image, &err), 0);
	assert_string_equal(image->created, "");
	assert_null(image->config.cmd[0]);
	assert_null(image->config.env[0]);
	assert_int_equal(image->config.labels_len, 0);
	assert_int_equal(image->diff_ids_len, 1);
	assert_string_equal(image->diff_ids[0], HEX);
	image_free(image);
}

static void a_configuration_comes_back_as_it_was_written(void **state)
{
	char *entrypoint[] = { (char *)"/sbin/init", NULL };
	char *cmd[] = { (char *)"--\"quoted\"", (char *)"", NULL };
	char *env[] = { (char *)"A=1", (char *)"B=", NULL };
	char *diff_ids[] = { (char *)HEX, NULL };
	struct image_label labels[] = { { "k", "v" } };
	const struct image image = {
		.created = "2024-01-02T03:04:05Z", .architecture = "amd64", .os = "linux",
		.diff_ids = diff_ids, .diff_ids_len = 1,
		.config = { entrypoint, cmd, env, "1000:1000", "/srv", "SIGRTMIN+3", labels, 1 },
	};
	OWN_IMAGE *back = calloc(1, sizeof(*back));
	OWN_MEM char *text = ocidoc_format_config(&image);
	OWN_MEM char *again = NULL;
	struct vps_err err = { 0 };

	(void)state;
	assert_non_null(text);
	assert_int_equal(ocidoc_parse_config(text, strlen(text), back, &err), 0);
	assert_string_equal(back->config.cmd[0], "--\"quoted\"");
	assert_string_equal(back->config.labels[0].value, "v");
	again = ocidoc_format_config(back);
	assert_string_equal(text, again);
}

static void an_index_keeps_what_others_wrote_in_it(void **state)
{
	static const char text[] =
		"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"x\",\"digest\":\"sha256:" HEX
		"\",\"size\":7,\"platform\":{\"os\":\"linux\"},\"annotations\":{\"theirs\":\"1\","
		"\"org.opencontainers.image.ref.name\":\"a:b\"}}]}";
	OWN_MEM char *named = NULL, *nameless = NULL;
	struct vps_err err = { 0 };
	struct index index;

	(void)state;
	assert_int_equal(ocidoc_parse_index(text, strlen(text), &index, &err), 0);
	assert_int_equal(index.len, 1);
	assert_string_equal(index.entries[0].name, "a:b");
	index.entries[0].name = "c:d";
	named = ocidoc_format_index(&index);
	index.entries[0].name = NULL;
	nameless = ocidoc_format_index(&index);
	arena_free(&index.arena);
	assert_non_null(strstr(named, "\"platform\":{\"os\":\"linux\"}"));
	assert_non_null(strstr(named, "ref.name\":\"c:d\""));
	assert_non_null(strstr(nameless, "\"theirs\":\"1\""));
	assert_null(strstr(nameless, "ref.name"));
}

static void arguments_are_arrays_of_strings(void **state)
{
	static const char *const wrong[] = { "", "sh", "{}", "[1]", "[\"a\"", "[\"a\"] x", "null" };
	struct arena arena = { 0 };
	struct vps_err err = { 0 };
	char **list;
	size_t i;

	(void)state;
	assert_int_equal(ocidoc_parse_strings("[\"a\",\"b c\"]", "--cmd", &arena, &list, &err), 0);
	assert_string_equal(list[1], "b c");
	assert_null(list[2]);
	for (i = 0; i < ARRAY_LEN(wrong); i++) {
		struct vps_err bad = { 0 };

		assert_int_equal(ocidoc_parse_strings(wrong[i], "--cmd", &arena, &list, &bad),
				 -VPS_EMISUSE);
		assert_int_equal(strncmp(bad.text, "--cmd: ", 7), 0);
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_manifest_is_refused_and_the_fault_named),
		cmocka_unit_test(a_wrong_configuration_is_refused_and_the_fault_named),
		cmocka_unit_test(null_and_missing_are_the_same_and_unknown_keys_are_ignored),
		cmocka_unit_test(a_configuration_comes_back_as_it_was_written),
		cmocka_unit_test(an_index_keeps_what_others_wrote_in_it),
		cmocka_unit_test(arguments_are_arrays_of_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
