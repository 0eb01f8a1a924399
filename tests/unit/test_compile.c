// SPDX-License-Identifier: GPL-2.0-or-later
/* Every spec compiles to a config.json that the engine's parser takes, with what a VPS needs in it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "fail_nth.h"
#include "isolation/cg.h"
#include "runtime/compile.h"
#include "runtime/oci.h"

static const char *const entrypoint[] = { "/entry", NULL };
static const char *const cmd[] = { "arg", NULL };
static const char *const image_env[] = { "LANG=C", "HOME=/home", "broken", NULL };

static const struct compile_input input = {
	.root_path = "rootfs",
	.cgroups_path = "vps/web1",
	.id_start = 3000000000u,
	.image_entrypoint = entrypoint,
	.image_cmd = cmd,
	.image_env = image_env,
	.image_working_dir = "/srv",
	.stop_signal = "SIGRTMIN+3",
};

static int compile_text(const char *text, const struct compile_input *in,
			struct oci_config *config, struct vps_err *err)
{
	OWN_MEM char *document = NULL;
	struct spec spec = { 0 };
	int r = spec_parse(text, strlen(text), &spec, err);

	if (r == 0)
		r = compile_oci(&spec, in, &document, err);
	spec_free(&spec);
	if (r == 0)
		r = oci_parse(document, strlen(document), config, err);
	return r;
}

static void compile(const char *text, struct oci_config *config)
{
	struct vps_err err = { 0 };

	memset(config, 0, sizeof(*config));
	if (compile_text(text, &input, config, &err) < 0)
		fail_msg("%s", err.text);
}

static const char *cg_value(const struct oci_config *config, const char *file)
{
	size_t i;

	for (i = 0; i < config->cg_value_count; i++)
		if (strcmp(config->cg_values[i].file, file) == 0)
			return config->cg_values[i].value;
	return NULL;
}

static const struct mount_entry *mount_at(const struct oci_config *config, const char *path)
{
	const struct mount_entry *found = NULL;
	size_t i;

	for (i = 0; i < config->mount_count; i++)
		if (strcmp(config->mounts[i].destination, path) == 0)
			found = &config->mounts[i];
	return found;
}

static bool has(const char *const *list, const char *text)
{
	for (; list && *list; list++)
		if (strcmp(*list, text) == 0)
			return true;
	return false;
}

static void a_vps_has_everything_of_its_own(void **state)
{
	struct oci_config config;
	int kind;

	(void)state;
	compile("{\"version\": 1, \"name\": \"web1\"}", &config);
	for (kind = 0; kind < NS_KINDS; kind++)
		assert_true(config.namespaces[kind].is_listed && !config.namespaces[kind].path);
	assert_int_equal(config.idmap.uids[0].inside, 0);
	assert_int_equal(config.idmap.uids[0].outside, 3000000000u);
	assert_int_equal(config.idmap.gids[0].count, 65536);
	assert_string_equal(config.hostname, "web1");
	assert_string_equal(config.cgroups_path, "vps/web1");
	assert_true(config.process.terminal);
	assert_int_equal(config.process.caps.bounding, caps_system_container);
	assert_int_equal(config.process.caps.inheritable | config.process.caps.ambient, 0);
	assert_true(config.has_seccomp && config.seccomp.rule_count > 0);
	assert_true(config.device_rule_count > 1 && !config.device_rules[0].is_allowed);
	assert_true(has(config.masked_paths, "/proc/kcore"));
	assert_false(has(config.readonly_paths, "/proc/sys"));
	assert_string_equal(oci_annotation(&config, "vps.uptime"), "zero");
	assert_string_equal(oci_annotation(&config, "org.opencontainers.image.stopSignal"),
			    "SIGRTMIN+3");
	assert_true(mount_at(&config, "/sys")->attr_set & 1);
	assert_false(mount_at(&config, "/sys/fs/cgroup")->attr_set & 1);
	assert_true(has(mount_at(&config, "/run")->data, "size=20%"));
	oci_free(&config);
}

static void image_and_spec_override_in_this_order(void **state)
{
	struct oci_config config;

	(void)state;
	compile("{\"version\": 1, \"name\": \"a\"}", &config);
	assert_string_equal(config.process.args[0], "/entry");
	assert_string_equal(config.process.args[1], "arg");
	assert_string_equal(config.process.cwd, "/srv");
	assert_true(has(config.process.env, "container=vps"));
	assert_true(has(config.process.env, "HOME=/home"));
	assert_false(has(config.process.env, "HOME=/root"));
	oci_free(&config);

	compile("{\"version\": 1, \"name\": \"a\", \"hostname\": \"h\", \"init\": [\"/x\"],"
		" \"env\": {\"HOME\": \"/h\"}}", &config);
	assert_string_equal(config.process.args[0], "/x");
	assert_null(config.process.args[1]);
	assert_true(has(config.process.env, "HOME=/h"));
	assert_false(has(config.process.env, "HOME=/home"));
	assert_string_equal(config.hostname, "h");
	oci_free(&config);
}

static void what_the_spec_asks_for_arrives(void **state)
{
	struct oci_config config;

	(void)state;
	compile("{\"version\": 1, \"name\": \"a\", \"resources\": {\"cpus\": 1.5, \"memory\": \"512M\","
		" \"swap\": 0, \"pids\": 64}, \"security\": {\"capabilities\": {\"add\":"
		" [\"CAP_SYSLOG\"], \"drop\": [\"CAP_MKNOD\"]}, \"seccomp\": \"unconfined\","
		" \"no_new_privileges\": true, \"readonly_root\": true}, \"devices\": [{\"path\":"
		" \"/dev/null\", \"target\": \"/dev/zilch\", \"access\": \"r\"}], \"mounts\":"
		" [{\"source\": \"/srv\", \"target\": \"/data\", \"readonly\": true},"
		" {\"source\": \"/srv\", \"target\": \"/flat\", \"options\": [\"bind\"]},"
		" {\"target\": \"/t\", \"type\": \"tmpfs\", \"options\": [\"size=1m\"]}]}", &config);
	assert_string_equal(cg_value(&config, "cpu.max"), "150000 100000");
	assert_string_equal(cg_value(&config, "memory.max"), "536870912");
	assert_string_equal(cg_value(&config, "memory.swap.max"), "0");
	assert_string_equal(cg_value(&config, "pids.max"), "64");
	assert_true(config.process.caps.effective & UINT64_C(1) << caps_parse("CAP_SYSLOG"));
	assert_false(config.process.caps.bounding & UINT64_C(1) << caps_parse("CAP_MKNOD"));
	assert_false(config.has_seccomp);
	assert_true(config.process.no_new_privileges && config.root_readonly);
	assert_string_equal(config.devices[0].path, "/dev/zilch");
	assert_int_equal(config.devices[0].minor, 3);
	assert_int_equal(config.device_rules[config.device_rule_count - 1].access, DEVICE_READ);
	assert_true(mount_at(&config, "/data")->is_recursive);
	assert_int_equal(mount_at(&config, "/data")->rec_set & 1, 1);
	assert_false(mount_at(&config, "/flat")->is_recursive);
	assert_string_equal(mount_at(&config, "/t")->data[0], "size=1m");
	assert_true(has(mount_at(&config, "/run")->data, "size=104857k"));
	oci_free(&config);
}

/* Forks are bounded where the host can do it, without the spec having to say so. */
static void pids_have_a_limit_by_default(void **state)
{
	struct oci_config config;

	(void)state;
	compile("{\"version\": 1, \"name\": \"a\"}", &config);
	if (cg_has_controller("pids"))
		assert_string_equal(cg_value(&config, "pids.max"), "8192");
	else
		assert_null(cg_value(&config, "pids.max"));
	oci_free(&config);
}

static void best_effort_leaves_out_what_this_host_cannot_limit(void **state)
{
	struct oci_config config;

	(void)state;
	compile("{\"version\": 1, \"name\": \"a\", \"limits\": \"best-effort\","
		" \"resources\": {\"memory\": \"512M\", \"cpus\": 1}}", &config);
	assert_int_equal(!!cg_value(&config, "memory.max"), cg_has_controller("memory"));
	assert_int_equal(!!cg_value(&config, "cpu.max"), cg_has_controller("cpu"));
	oci_free(&config);
}

static void what_cannot_be_compiled_is_refused(void **state)
{
	static const struct { const char *text, *error; int code; } rows[] = {
		{ "{\"version\": 1}", "name: missing", -EINVAL },
		{ "{\"version\": 1, \"name\": \"a\"}", "init: missing", -EINVAL },
		{ "{\"version\": 1, \"name\": \"a\", \"init\": [\"/x\"], \"devices\":"
		  " [{\"path\": \"/dev/none\"}]}", "devices[0].path: /dev/none", -ENOENT },
		{ "{\"version\": 1, \"name\": \"a\", \"init\": [\"/x\"], \"devices\":"
		  " [{\"path\": \"/dev/shm\"}]}", "devices[0].path: /dev/shm is not a device", -EINVAL },
		{ "{\"version\": 1, \"name\": \"a\", \"init\": [\"/x\"], \"security\":"
		  " {\"seccomp\": \"/none.json\"}}", "security.seccomp: /none.json", -ENOENT },
		{ "{\"version\": 1, \"name\": \"a\", \"init\": [\"/x\"], \"security\":"
		  " {\"seccomp\": \"" VPS_TEST_DATA "/oci-full.json\"}}",
		  "is not as linux.seccomp of the OCI runtime specification", -EINVAL },
	};
	const struct compile_input bare = { .root_path = "rootfs", .cgroups_path = "x" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct oci_config config = { 0 };
		struct vps_err err = { 0 };

		assert_int_equal(compile_text(rows[i].text, &bare, &config, &err), rows[i].code);
		if (!strstr(err.text, rows[i].error))
			fail_msg("wanted \"%s\", got \"%s\"", rows[i].error, err.text);
	}
}

static void a_profile_of_the_owners_is_taken(void **state)
{
	struct oci_config config;

	(void)state;
	compile("{\"version\": 1, \"name\": \"a\", \"security\": {\"seccomp\": \"" VPS_TEST_DATA
		"/seccomp.json\"}}", &config);
	assert_string_equal(config.seccomp.default_action, "SCMP_ACT_ALLOW");
	assert_int_equal(config.seccomp.rule_count, 1);
	oci_free(&config);
}

static int attempt(void *arg)
{
	OWN_MEM char *text = NULL;
	struct vps_err err = { 0 };

	return compile_oci(arg, &input, &text, &err);
}

static void every_allocation_may_fail(void **state)
{
	static const char text[] = "{\"version\": 1, \"name\": \"a\", \"resources\": {\"pids\": 5},"
				   " \"devices\": [{\"path\": \"/dev/null\"}], \"mounts\": [{\"source\":"
				   " \"/srv\", \"target\": \"/data\"}]}";
	struct vps_err err = { 0 };
	struct spec spec = { 0 };

	(void)state;
	(void)cg_has_controller("pids");	/* what it remembers is remembered */
	assert_int_equal(spec_parse(text, strlen(text), &spec, &err), 0);
	assert_in_range(fail_every(attempt, &spec), 100, 100000);
	spec_free(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vps_has_everything_of_its_own),
		cmocka_unit_test(image_and_spec_override_in_this_order),
		cmocka_unit_test(what_the_spec_asks_for_arrives),
		cmocka_unit_test(pids_have_a_limit_by_default),
		cmocka_unit_test(best_effort_leaves_out_what_this_host_cannot_limit),
		cmocka_unit_test(what_cannot_be_compiled_is_refused),
		cmocka_unit_test(a_profile_of_the_owners_is_taken),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
