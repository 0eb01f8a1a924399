// SPDX-License-Identifier: GPL-2.0-or-later
/* The corpus is accepted or refused with its sentence; what is accepted survives printing. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fileio.h"
#include "base/own.h"
#include "fail_nth.h"
#include "runtime/spec.h"

static const char whole[] =
	"{\"version\": 1, \"name\": \"web1\", \"image\": \"debian:12\", \"hostname\": \"web1.example\","
	" \"init\": [\"/sbin/init\", \"--x\"], \"env\": {\"LANG\": \"C.UTF-8\", \"A\": \"b\"},"
	" \"limits\": \"best-effort\", \"resources\": {\"cpus\": 1.5, \"cpu.set\": \"0-1\","
	" \"memory\": \"512M\", \"memory.high\": \"400M\", \"swap\": \"0\", \"pids\": 512},"
	" \"elastic\": {\"memory.floor\": \"400M\", \"memory.ceiling\": \"4G\", \"pressure\": 10},"
	" \"view\": \"kernel\","
	" \"network\": {\"bridge\": \"br0\", \"address\": \"10.88.0.5\", \"mac\": \"02:00:5E:10:00:01\","
	" \"mtu\": 1400, \"dns\": [\"9.9.9.9\"]}, \"security\": {\"capabilities\": {\"add\":"
	" [\"CAP_SYS_TIME\"], \"drop\": [\"CAP_NET_RAW\"]}, \"seccomp\": \"/etc/vps/s.json\","
	" \"no_new_privileges\": true, \"readonly_root\": true}, \"mounts\": [{\"source\": \"/srv/data\","
	" \"target\": \"/data\", \"options\": [\"nosuid\"], \"readonly\": true}], \"devices\": [{\"path\":"
	" \"/dev/fuse\", \"access\": \"rw\"}], \"labels\": {\"k\": \"v\"}, \"onboot\": true,"
	" \"restart\": {\"policy\": \"on-failure\", \"max\": 5}}";

static int parse(const char *text, struct spec *spec, struct vps_err *err)
{
	return spec_parse(text, strlen(text), spec, err);
}

static json_t *load_corpus(void)
{
	json_t *corpus = json_load_file(VPS_TEST_DATA "/specs.json", 0, NULL);

	assert_non_null(corpus);
	return corpus;
}

static void the_corpus_is_accepted_or_refused_with_its_sentence(void **state)
{
	json_t *corpus = load_corpus(), *item;
	size_t i;

	(void)state;
	json_array_foreach(corpus, i, item) {
		const char *wanted = json_string_value(json_object_get(item, "error"));
		OWN_MEM char *text = json_dumps(json_object_get(item, "document"), 0);
		struct vps_err err = { 0 };
		struct spec spec = { 0 };
		int r = parse(text, &spec, &err);

		if (wanted && (r != -EINVAL || !strstr(err.text, wanted)))
			fail_msg("[%zu] wanted \"%s\", got %d \"%s\"", i, wanted, r, err.text);
		if (!wanted && r != 0)
			fail_msg("[%zu] refused: %s", i, err.text);
		if (wanted)
			assert_null(spec.arena.blocks);
		spec_free(&spec);
	}
	json_decref(corpus);
}

static void what_is_accepted_survives_printing(void **state)
{
	json_t *corpus = load_corpus(), *item;
	size_t i;

	(void)state;
	json_array_foreach(corpus, i, item) {
		OWN_MEM char *text = json_dumps(json_object_get(item, "document"), 0);
		OWN_MEM char *once = NULL, *twice = NULL;
		struct spec spec = { 0 }, again = { 0 };
		struct vps_err err = { 0 };

		if (json_object_get(item, "error"))
			continue;
		assert_int_equal(parse(text, &spec, &err), 0);
		assert_int_equal(spec_print(&spec, &once, &err), 0);
		assert_int_equal(parse(once, &again, &err), 0);
		assert_int_equal(spec_print(&again, &twice, &err), 0);
		assert_string_equal(once, twice);
		assert_memory_equal(spec.limits.value, again.limits.value, sizeof(spec.limits.value));
		spec_free(&spec);
		spec_free(&again);
	}
	json_decref(corpus);
}

static void every_key_reaches_the_struct(void **state)
{
	struct vps_err err = { 0 };
	struct spec spec = { 0 };

	(void)state;
	assert_int_equal(parse(whole, &spec, &err), 0);
	assert_string_equal(spec.name, "web1");
	assert_string_equal(spec.image, "debian:12");
	assert_string_equal(spec.hostname, "web1.example");
	assert_string_equal(spec.init[1], "--x");
	assert_null(spec.init[2]);
	assert_string_equal(spec.env[0], "LANG=C.UTF-8");
	assert_true(spec.is_best_effort);
	assert_true(spec.has_kernel_view);
	assert_int_equal(spec.limits.value[RES_CPUS], 1500);
	assert_string_equal(spec.limits.text[RES_CPU_SET], "0-1");
	assert_int_equal(spec.limits.value[RES_MEMORY], 512 << 20);
	assert_true(spec.limits.is_set[RES_SWAP]);
	assert_false(spec.limits.is_set[RES_IO_WEIGHT]);
	assert_string_equal(spec.network.bridge, "br0");
	assert_string_equal(spec.network.address, "10.88.0.5");
	assert_string_equal(spec.network.mac, "02:00:5e:10:00:01");
	assert_int_equal(spec.network.mtu, 1400);
	assert_string_equal(spec.network.dns[0], "9.9.9.9");
	assert_string_equal(spec.security.caps_add[0], "CAP_SYS_TIME");
	assert_string_equal(spec.security.caps_drop[0], "CAP_NET_RAW");
	assert_string_equal(spec.security.seccomp_file, "/etc/vps/s.json");
	assert_true(spec.security.no_new_privileges && spec.security.is_readonly_root);
	assert_int_equal(spec.mount_count, 1);
	assert_string_equal(spec.mounts[0].type, "bind");
	assert_string_equal(spec.mounts[0].options[0], "nosuid");
	assert_true(spec.mounts[0].is_readonly);
	assert_string_equal(spec.devices[0].target, "/dev/fuse");
	assert_string_equal(spec.devices[0].access, "rw");
	assert_string_equal(spec.labels[0].value, "v");
	assert_true(spec.is_onboot);
	assert_int_equal(spec.restart, RESTART_ON_FAILURE);
	assert_int_equal(spec.restart_max, 5);
	spec_free(&spec);
}

static void what_is_not_json_is_refused_with_its_line(void **state)
{
	static const struct { const char *text, *error; } rows[] = {
		{ "", "line 1, column 0: not JSON" },
		{ "{\n\"version\": 1\n", "line 3" },
		{ "{\"version\": 1} x", "not JSON: end of file expected" },
		{ "{\"version\": 1, \"version\": 1}", "duplicate object key" },
		{ "{'version': 1}", "not JSON" },
		{ "{\"version\": 01}", "not JSON" },
		{ "{\"version\": 1, \"name\": \"a\\u0000b\"}", "not JSON" },
		{ "{\"version\": 1, \"name\": \"\xff\"}", "not JSON" },
		{ "{\"version\": 1e999}", "not JSON" },
		{ "[1]", "expected an object, got an array" },
		{ "{\"version\": 99999999999999999999}", "version: 99999999999999999999" },
		{ "{\"version\": 1, \"resources\": {\"io.weight\": 99999999999999999999}}",
		  "resources.io.weight: 99999999999999999999" },
		{ "{\"version\": 1, \"resources\": {\"memory\": -99999999999999999999}}",
		  "resources.memory: " },
		{ "{\"version\": 18446744073709551615}", "version: only version 1" },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "deeper than 32" },
		{ "{\"a\\u001b\\n\": 1, \"version\": 1}", "a??: unknown key" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct vps_err err = { 0 };
		struct spec spec = { 0 };

		assert_int_equal(parse(rows[i].text, &spec, &err), -EINVAL);
		if (!strstr(err.text, rows[i].error))
			fail_msg("[%zu] wanted \"%s\", got \"%s\"", i, rows[i].error, err.text);
		assert_null(strpbrk(err.text, "\n\033"));
	}
}

static void a_document_above_its_bound_is_refused(void **state)
{
	OWN_MEM char *text = malloc(SPEC_SIZE_MAX + 2);
	struct vps_err err = { 0 };
	struct spec spec = { 0 };

	(void)state;
	memset(text, ' ', SPEC_SIZE_MAX + 1);
	assert_int_equal(spec_parse(text, SPEC_SIZE_MAX + 1, &spec, &err), -EINVAL);
	assert_non_null(strstr(err.text, "more than 1048576"));
}

static void single_keys_are_set_by_the_rules_of_the_parser(void **state)
{
	static const struct { const char *key, *value, *error; } rows[] = {
		{ "hostname", "web2", NULL },
		{ "hostname", "true", NULL },
		{ "memory", "1G", NULL },
		{ "resources.memory", "2G", NULL },
		{ "cpu.weight", "200", NULL },
		{ "network.mtu", "1500", NULL },
		{ "network.dns", "[\"1.1.1.1\", \"9.9.9.9\"]", NULL },
		{ "security.capabilities.add", "[\"CAP_CHOWN\"]", NULL },
		{ "onboot", "false", NULL },
		{ "restart", "always", NULL },
		{ "restart.max", "3", NULL },
		{ "restart", "{\"policy\": \"on-failure\", \"max\": 2}", NULL },
		{ "env.LANG", "de_DE.UTF-8", NULL },
		{ "env.NEW", "x=y", NULL },
		{ "labels.a.b", "c", NULL },
		{ "mounts", "[]", NULL },
		{ "elastic.memory.ceiling", "3G", NULL },
		{ "elastic.pressure", "20", NULL },
		{ "elastic.pressure", "200", "elastic.pressure: 200 is not within" },
		{ "hostname", "a_b", "hostname: \"a_b\" is no host name" },
		{ "memory", "lots", "resources.memory: \"lots\" is not a size" },
		{ "network.mtu", "1", "network.mtu: 1 is not within" },
		{ "network.mtu", "x", "network.mtu: expected a whole number, got a string" },
		{ "network.adress", "10.0.0.1", "network.adress: unknown key; allowed are mode" },
		{ "netwrok.mtu", "1500", "netwrok.mtu: unknown key; allowed are version" },
		{ "onboot", "yes", "onboot: expected true or false, got a string" },
		{ "init", "/sbin/init", "init: expected an array, got a string" },
		{ "mounts", "[{\"target\": 1}]", "mounts[0].target: expected a string" },
		{ "mounts", "[", "mounts: expected an array, got a string" },
		{ "restart.policy", "sometimes", "restart.policy: \"sometimes\" is not known" },
		{ "hostname", "\xff", "is not UTF-8" },
		{ "", "x", "unknown key" },
	};
	struct vps_err none = { 0 };
	struct spec spec = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(parse(whole, &spec, &none), 0);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		OWN_MEM char *before = NULL, *after = NULL;
		struct vps_err err = { 0 };
		int r;

		assert_int_equal(spec_print(&spec, &before, &none), 0);
		r = spec_set(&spec, rows[i].key, rows[i].value, &err);
		assert_int_equal(spec_print(&spec, &after, &none), 0);
		if (!rows[i].error && r != 0)
			fail_msg("[%zu] %s", i, err.text);
		if (rows[i].error && (r != -EINVAL || !strstr(err.text, rows[i].error)))
			fail_msg("[%zu] wanted \"%s\", got %d \"%s\"", i, rows[i].error, r, err.text);
		assert_int_equal(strcmp(before, after) == 0, r != 0);
	}
	assert_string_equal(spec.hostname, "true");
	assert_int_equal(spec.limits.value[RES_MEMORY], UINT64_C(2) << 30);
	assert_string_equal(spec.env[0], "LANG=de_DE.UTF-8");
	assert_int_equal(spec.label_count, 2);
	assert_int_equal(spec.mount_count, 0);
	spec_free(&spec);
}

static void single_keys_are_taken_out(void **state)
{
	static const char *const keys[] = { "hostname", "memory", "resources.pids", "env.LANG",
					    "labels.none", "network.dns", "restart", "mounts",
					    "security.capabilities.add", "onboot" };
	static const char *const unknown[] = { "", "colour", "network.colour", "resources.colour",
					       "\xff" };
	struct vps_err err = { 0 };
	struct spec spec = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(parse(whole, &spec, &err), 0);
	for (i = 0; i < ARRAY_LEN(keys); i++) {
		assert_int_equal(spec_unset(&spec, keys[i], &err), 0);
		assert_int_equal(spec_unset(&spec, keys[i], &err), 0);	/* it is not there any more */
	}
	assert_null(spec.hostname);
	assert_false(spec.limits.is_set[RES_MEMORY] || spec.limits.is_set[RES_PIDS]);
	assert_int_equal(spec.mount_count, 0);
	assert_int_equal(spec.restart, RESTART_NO);
	for (i = 0; i < ARRAY_LEN(unknown); i++) {
		memset(&err, 0, sizeof(err));
		assert_int_equal(spec_unset(&spec, unknown[i], &err), -EINVAL);
		assert_non_null(strstr(err.text, "unknown key"));
	}
	spec_free(&spec);
}

/* "memory.high" may be set before the "memory" that it needs. */
static void combinations_are_checked_when_all_keys_are_set(void **state)
{
	struct vps_err err = { 0 };
	struct spec spec = { 0 };

	(void)state;
	assert_int_equal(parse(whole, &spec, &err), 0);
	assert_int_equal(spec_unset(&spec, "elastic.memory.floor", &err), 0);
	assert_int_equal(spec_unset(&spec, "elastic.memory.ceiling", &err), 0);
	assert_int_equal(spec_set(&spec, "memory.high", "1G", &err), 0);
	assert_int_equal(spec_check(&spec, &err), -EINVAL);
	memset(&err, 0, sizeof(err));
	assert_int_equal(spec_set(&spec, "memory", "2G", &err), 0);
	assert_int_equal(spec_check(&spec, &err), 0);
	spec_free(&spec);
}

static void every_key_has_its_paragraph_in_the_man_page(void **state)
{
	json_t *schema = json_load_file(VPS_SCHEMA, 0, NULL), *keys, *value;
	struct vps_err err = { 0 };
	OWN_MEM char *page = NULL;
	const char *key;
	char item[64];
	int id;

	(void)state;
	assert_int_equal(file_read(AT_FDCWD, VPS_MAN_PAGE, 1 << 20, &page, NULL, &err), 0);
	keys = json_object_get(schema, "properties");
	assert_non_null(keys);
	json_object_foreach(keys, key, value) {
		(void)snprintf(item, sizeof(item), "\n.It Cm %s\n", key);
		if (!strstr(page, item))
			fail_msg("vps.json.5 has nothing on %s", key);
	}
	for (id = 0; id < RESOURCES; id++) {
		(void)snprintf(item, sizeof(item), "\n.It Cm %s\n", resources[id].name);
		if (!strstr(page, item) ||
		    (resources[id].controller && !strstr(page, resources[id].file)))
			fail_msg("vps.json.5 has nothing on %s", resources[id].name);
	}
	json_decref(schema);
}

static void the_examples_of_the_man_page_are_accepted(void **state)
{
	static const char begin[] = "\n.Bd -literal -offset indent\n{", end[] = "\n.Ed";
	struct vps_err err = { 0 };
	OWN_MEM char *page = NULL;
	unsigned count = 0;
	char *at;

	(void)state;
	assert_int_equal(file_read(AT_FDCWD, VPS_MAN_PAGE, 1 << 20, &page, NULL, &err), 0);
	for (at = page; (at = strstr(at, begin)); count++) {
		struct spec spec = { 0 };
		const char *text = at + sizeof(begin) - 2;

		at = strstr(at + 1, end);
		assert_non_null(at);
		if (spec_parse(text, (size_t)(at - text), &spec, &err) < 0)
			fail_msg("%s", err.text);
		spec_free(&spec);
	}
	assert_in_range(count, 3, 20);
}

static int attempt_parse(void *arg)
{
	struct vps_err err = { 0 };
	struct spec spec = { 0 };
	int r = parse(arg, &spec, &err);

	if (r < 0) {
		assert_null(spec.arena.blocks);
		assert_true(*err.text);
	}
	spec_free(&spec);
	return r;
}

static int attempt_print(void *arg)
{
	struct vps_err err = { 0 };
	OWN_MEM char *text = NULL;

	return spec_print(arg, &text, &err);
}

static int attempt_set(void *arg)
{
	struct vps_err err = { 0 };

	return spec_set(arg, "mounts", "[{\"source\": \"/a\", \"target\": \"/b\"}]", &err);
}

static int attempt_unset(void *arg)
{
	struct vps_err err = { 0 };

	return spec_unset(arg, "mounts", &err);
}

static void every_allocation_may_fail(void **state)
{
	struct vps_err err = { 0 };
	struct spec spec = { 0 };
	char big[sizeof(whole) + 40];

	(void)state;
	assert_in_range(fail_every(attempt_parse, (char *)whole), 2, 10000);
	(void)snprintf(big, sizeof(big), "{\"x\": 18446744073709551615, %s", whole + 1);
	assert_int_equal(parse(big, &spec, &err), -EINVAL);	/* unknown key: but read */
	assert_int_equal(parse(whole, &spec, &(struct vps_err){ 0 }), 0);
	assert_in_range(fail_every(attempt_print, &spec), 50, 10000);
	assert_in_range(fail_every(attempt_set, &spec), 50, 10000);
	assert_string_equal(spec.mounts[0].target, "/b");
	assert_in_range(fail_every(attempt_unset, &spec), 50, 10000);
	assert_int_equal(spec.mount_count, 0);
	spec_free(&spec);
}

static void a_name_is_a_dns_label(void **state)
{
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(spec_check_name("web-1", &err), 0);
	assert_int_equal(spec_check_name("a/b", &err), -EINVAL);
	assert_non_null(strstr(err.text, "\"a/b\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_corpus_is_accepted_or_refused_with_its_sentence),
		cmocka_unit_test(what_is_accepted_survives_printing),
		cmocka_unit_test(every_key_reaches_the_struct),
		cmocka_unit_test(what_is_not_json_is_refused_with_its_line),
		cmocka_unit_test(a_document_above_its_bound_is_refused),
		cmocka_unit_test(single_keys_are_set_by_the_rules_of_the_parser),
		cmocka_unit_test(single_keys_are_taken_out),
		cmocka_unit_test(combinations_are_checked_when_all_keys_are_set),
		cmocka_unit_test(a_name_is_a_dns_label),
		cmocka_unit_test(every_key_has_its_paragraph_in_the_man_page),
		cmocka_unit_test(the_examples_of_the_man_page_are_accepted),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
