// SPDX-License-Identifier: GPL-2.0-or-later
/* A config.json is read whole, converted to cgroup v2, or refused with the path of the culprit. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/fileio.h"
#include "base/own.h"
#include "fail_nth.h"
#include "runtime/oci.h"

static const char minimal[] =
	"{\"ociVersion\": \"1.2.0\", \"root\": {\"path\": \"rootfs\"},"
	" \"process\": {\"cwd\": \"/\", \"args\": [\"/bin/true\"], \"user\": {\"uid\": 0, \"gid\": 0}},"
	" \"linux\": {\"namespaces\": [{\"type\": \"mount\"}, {\"type\": \"uts\"}, {\"type\": \"ipc\"},"
	" {\"type\": \"network\"}, {\"type\": \"pid\"}, {\"type\": \"time\"}]}}";

/* "@MAX" and "@OVER" become numbers that jansson cannot carry, being above INT64_MAX. */
static char *with_big_numbers(char *from)
{
	char *text = calloc(8, strlen(from) + 1), *to = text, *at = from;

	while (*at) {
		if (strncmp(at, "\"@MAX\"", 6) == 0)
			to += sprintf(to, "18446744073709551615");
		else if (strncmp(at, "\"@OVER\"", 7) == 0)
			to += sprintf(to, "18446744073709551616");
		else
			*to++ = *at;
		at += strncmp(at, "\"@MAX\"", 6) == 0 ? 6 : strncmp(at, "\"@OVER\"", 7) == 0 ? 7 : 1;
	}
	free(from);
	return text;
}

/* The minimal document with more of it; to be freed. */
static char *with(const char *more)
{
	json_t *root = json_loads(minimal, 0, NULL), *part = json_loads(more, 0, NULL);
	char *text;

	if (!part)
		fail_msg("the test's own JSON is wrong: %s", more);
	assert_int_equal(json_object_update_recursive(root, part), 0);
	text = json_dumps(root, 0);
	json_decref(root);
	json_decref(part);
	return with_big_numbers(text);
}

static void parse_with(const char *more, struct oci_config *config)
{
	OWN_MEM char *text = with(more);
	struct vps_err err = { 0 };

	memset(config, 0, sizeof(*config));
	if (oci_parse(text, strlen(text), config, &err) < 0)
		fail_msg("%s: %s", more, err.text);
}

static void a_minimal_document_is_enough(void **state)
{
	struct oci_config config;

	(void)state;
	parse_with("{}", &config);
	assert_string_equal(config.root_path, "rootfs");
	assert_string_equal(config.process.args[0], "/bin/true");
	assert_null(config.process.env[0]);
	assert_true(config.namespaces[NS_MOUNT].is_listed);
	assert_false(config.namespaces[NS_USER].is_listed);
	assert_false(config.has_seccomp || config.has_personality || config.process.has_caps);
	oci_free(&config);
}

static void unknown_properties_and_null_are_ignored(void **state)
{
	struct oci_config config;

	(void)state;
	parse_with("{\"vm\": {}, \"process\": {\"x\": 1, \"env\": null, \"capabilities\": null},"
		   " \"mounts\": null, \"hooks\": null, \"linux\": {\"seccomp\": null, \"y\": []}}",
		   &config);
	assert_int_equal(config.mount_count, 0);
	oci_free(&config);
}

static void the_process_is_read(void **state)
{
	struct oci_config config;
	const struct oci_process *p = &config.process;

	(void)state;
	parse_with("{\"process\": {\"terminal\": true, \"consoleSize\": {\"height\": 25, \"width\": 80},"
		   " \"env\": [\"A=b\", \"C=\"], \"user\": {\"uid\": 5, \"gid\": 6, \"umask\": 18,"
		   " \"additionalGids\": [7, 8]}, \"capabilities\": {\"bounding\": [\"CAP_KILL\","
		   " \"CAP_FUTURE\"], \"ambient\": [\"CAP_FUTURE\", \"CAP_CHOWN\"]},"
		   " \"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"soft\": 10, \"hard\": 20},"
		   " {\"type\": \"RLIMIT_CORE\", \"soft\": \"@MAX\","
		   " \"hard\": \"@MAX\"}], \"noNewPrivileges\": true,"
		   " \"oomScoreAdj\": -5, \"apparmorProfile\": \"\", \"selinuxLabel\": \"l\","
		   " \"scheduler\": {\"policy\": \"SCHED_BATCH\", \"nice\": -3, \"flags\":"
		   " [\"SCHED_FLAG_RESET_ON_FORK\", \"SCHED_FLAG_RECLAIM\"]},"
		   " \"ioPriority\": {\"class\": \"IOPRIO_CLASS_BE\", \"priority\": 4},"
		   " \"execCPUAffinity\": {\"initial\": \"0-1\", \"final\": \"1\"}}}", &config);
	assert_true(p->terminal);
	assert_int_equal(p->rows, 25);
	assert_int_equal(p->columns, 80);
	assert_string_equal(p->env[1], "C=");
	assert_int_equal(p->uid, 5);
	assert_int_equal(p->gid, 6);
	assert_true(p->has_umask);
	assert_int_equal(p->umask, 022);
	assert_int_equal(p->group_count, 2);
	assert_int_equal(p->groups[1], 8);
	assert_true(p->has_caps);
	assert_int_equal(p->caps.bounding, 1 << 5);
	assert_int_equal(p->caps.ambient, 1);
	assert_string_equal(p->unknown_caps[0], "CAP_FUTURE");
	assert_null(p->unknown_caps[1]);
	assert_int_equal(p->rlimit_count, 2);
	assert_int_equal(p->rlimits[0].resource, RLIMIT_NOFILE);
	assert_int_equal(p->rlimits[1].hard, UINT64_MAX);
	assert_true(p->no_new_privileges);
	assert_true(p->has_oom_score_adj);
	assert_int_equal(p->oom_score_adj, -5);
	assert_null(p->apparmor_profile);
	assert_string_equal(p->selinux_label, "l");
	assert_string_equal(p->scheduler_policy, "SCHED_BATCH");
	assert_int_equal(p->scheduler_nice, -3);
	assert_int_equal(p->scheduler_flags, 3);
	assert_string_equal(p->io_class, "IOPRIO_CLASS_BE");
	assert_int_equal(p->io_priority, 4);
	assert_string_equal(p->cpus_initial, "0-1");
	oci_free(&config);
}

static void a_process_document_alone_is_read(void **state)
{
	static const char text[] = "{\"cwd\": \"/\", \"args\": [\"id\"], \"terminal\": false,"
				   " \"consoleSize\": {\"height\": 1, \"width\": 2}}";
	struct oci_process process = { 0 };
	struct arena arena = { 0 };
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(oci_parse_process(text, strlen(text), &arena, &process, &err), 0);
	assert_string_equal(process.args[0], "id");
	assert_int_equal(process.rows, 0);	/* "MUST ignore consoleSize" */
	assert_int_equal(oci_parse_process("{}", 2, &arena, &process, &err), -EINVAL);
	assert_string_equal(err.text, "cwd: missing; it is required");
	assert_string_equal(process.args[0], "id");
	arena_free(&arena);
}

static void mounts_are_sorted_into_fields(void **state)
{
	struct oci_config config;
	const struct mount_entry *m;

	(void)state;
	parse_with("{\"mounts\": [{\"destination\": \"proc\", \"type\": \"proc\", \"source\": \"proc\"},"
		   " {\"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\", \"options\":"
		   " [\"nosuid\", \"mode=755\", \"size=1k\", \"tmpcopyup\"]},"
		   " {\"destination\": \"/d\", \"source\": \"/s\", \"options\": [\"rbind\", \"rro\","
		   " \"rslave\", \"sync\", \"nofail\"], \"type\": \"none\"},"
		   " {\"destination\": \"/i\", \"source\": \"/s\", \"type\": \"bind\","
		   " \"uidMappings\": [{\"containerID\": 0, \"hostID\": 1000, \"size\": 10}],"
		   " \"gidMappings\": [{\"containerID\": 0, \"hostID\": 2000, \"size\": 10}]}]}",
		   &config);
	m = config.mounts;
	assert_int_equal(config.mount_count, 4);
	assert_string_equal(m[0].destination, "/proc");
	assert_string_equal(m[1].type, "tmpfs");
	assert_int_equal(m[1].data_count, 2);
	assert_string_equal(m[1].data[1], "size=1k");
	assert_true(m[1].attr_set & MOUNT_ATTR_NOSUID);
	assert_true(m[1].is_copied_up);
	assert_true(m[2].is_bind && m[2].is_recursive && m[2].is_optional);
	assert_int_equal(m[2].rec_set, MOUNT_ATTR_RDONLY);
	assert_int_equal(m[2].propagation, MS_SLAVE | MS_REC);
	assert_int_equal(m[2].data_count, 0);
	assert_true(m[3].is_bind && m[3].is_idmapped && !m[3].is_recursive);
	assert_int_equal(m[3].idmap.gids[0].outside, 2000);
	oci_free(&config);
}

static void the_rest_of_linux_is_read(void **state)
{
	struct oci_config config;

	(void)state;
	parse_with("{\"hostname\": \"h\", \"domainname\": \"d\", \"annotations\": {\"a\": \"b\"},"
		   " \"root\": {\"readonly\": true}, \"hooks\": {\"poststop\": [{\"path\": \"/h\","
		   " \"args\": [\"h\"], \"env\": [\"A=b\"], \"timeout\": 3}]}, \"linux\": {"
		   "\"namespaces\": [{\"type\": \"mount\"}, {\"type\": \"uts\"}, {\"type\": \"user\"},"
		   " {\"type\": \"time\"}, {\"type\": \"network\", \"path\": \"/run/n\"}],"
		   " \"uidMappings\": [{\"containerID\": 0, \"hostID\": 100000, \"size\": 65536}],"
		   " \"gidMappings\": [{\"containerID\": 0, \"hostID\": 200000, \"size\": 65536}],"
		   " \"timeOffsets\": {\"boottime\": {\"secs\": -5, \"nanosecs\": 9}},"
		   " \"devices\": [{\"path\": \"/dev/fuse\", \"type\": \"c\", \"major\": 10,"
		   " \"minor\": 229, \"fileMode\": 438, \"uid\": 1, \"gid\": 2}],"
		   " \"netDevices\": {\"eth0\": {\"name\": \"ct0\"}, \"eth1\": {}},"
		   " \"cgroupsPath\": \"a:b:c\", \"rootfsPropagation\": \"rshared\","
		   " \"maskedPaths\": [\"/proc/kcore\"], \"readonlyPaths\": [\"/proc/bus\", \"/a\"],"
		   " \"mountLabel\": \"m\", \"personality\": {\"domain\": \"LINUX32\"},"
		   " \"sysctl\": {\"net.ipv4.ip_forward\": \"1\", \"net/ipv4/conf/e.1/x\": \"a\\tb\","
		   " \"net.ipv4.conf.e/1.x\": \"0\", \"kernel.domainname\": \"x\"}}}", &config);
	assert_string_equal(config.hostname, "h");
	assert_string_equal(config.domainname, "d");
	assert_true(config.root_readonly);
	assert_string_equal(oci_annotation(&config, "a"), "b");
	assert_null(oci_annotation(&config, "b"));
	assert_int_equal(config.hooks[HOOK_POSTSTOP].count, 1);
	assert_int_equal(config.hooks[HOOK_POSTSTOP].hooks[0].timeout_sec, 3);
	assert_string_equal(config.namespaces[NS_NET].path, "/run/n");
	assert_int_equal(config.idmap.uids[0].outside, 100000);
	assert_true(config.has_time_offsets);
	assert_int_equal(config.boottime.sec, -5);
	assert_int_equal(config.boottime.nsec, 9);
	assert_int_equal(config.devices[0].minor, 229);
	assert_int_equal(config.devices[0].mode, 0666);
	assert_int_equal(config.net_device_count, 2);
	assert_string_equal(config.net_devices[0].name, "ct0");
	assert_string_equal(config.net_devices[1].name, "eth1");
	assert_string_equal(config.cgroups_path, "a:b:c");
	assert_int_equal(config.rootfs_propagation, MS_SHARED | MS_REC);
	assert_int_equal(config.masked_count, 1);
	assert_string_equal(config.readonly_paths[1], "/a");
	assert_string_equal(config.mount_label, "m");
	assert_int_equal(config.personality, PER_LINUX32);
	assert_string_equal(config.sysctls[0].key, "net/ipv4/ip_forward");
	assert_string_equal(config.sysctls[1].key, "net/ipv4/conf/e.1/x");
	assert_string_equal(config.sysctls[2].key, "net/ipv4/conf/e.1/x");
	assert_string_equal(config.sysctls[3].key, "kernel/domainname");
	oci_free(&config);
}

static void seccomp_is_read(void **state)
{
	struct oci_config config;
	const struct syscalls_profile *s = &config.seccomp;

	(void)state;
	parse_with("{\"linux\": {\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ERRNO\","
		   " \"defaultErrnoRet\": 38, \"architectures\": [\"SCMP_ARCH_X86_64\"],"
		   " \"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"], \"syscalls\": [{\"names\": [\"read\","
		   " \"write\"], \"action\": \"SCMP_ACT_ALLOW\"}, {\"names\": [\"clone\"],"
		   " \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 1, \"args\": [{\"index\": 0,"
		   " \"value\": \"@MAX\", \"valueTwo\": 1, \"op\":"
		   " \"SCMP_CMP_MASKED_EQ\"}]}]}}}", &config);
	assert_true(config.has_seccomp && s->has_default_errno);
	assert_int_equal(s->default_errno, 38);
	assert_int_equal(s->arch_count, 1);
	assert_int_equal(s->flag_count, 1);
	assert_int_equal(s->rule_count, 2);
	assert_int_equal(s->rules[0].name_count, 2);
	assert_false(s->rules[0].has_errno);
	assert_true(s->rules[1].has_errno);
	assert_int_equal(s->rules[1].args[0].value, UINT64_MAX);
	assert_int_equal(s->rules[1].args[0].value_two, 1);
	oci_free(&config);
}

/* Recalled is what was compiled before; of a text that is not the same, every mistake is found. */
static void a_known_filter_is_not_read_again(void **state)
{
	OWN_MEM char *text = with("{\"hostname\": \"a\", \"linux\": {\"seccomp\": {\"defaultAction\":"
				  " \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"mkdir\"],"
				  " \"action\": \"SCMP_ACT_KILL\"}]}, \"cgroupsPath\": \"/a\"}}");
	const size_t len = strlen(text);
	struct syscalls_filter first = { 0 }, second = { 0 };
	struct oci_config config = { 0 };
	struct vps_err err = { 0 };
	OWN_FD fd = FD_NONE;

	(void)state;
	assert_int_equal(tree_remove(AT_FDCWD, "test.oci.cache", &err), 0);
	fd = dir_make(AT_FDCWD, "test.oci.cache", 0700, &err);
	assert_true(fd >= 0);
	assert_int_equal(oci_parse_and_recall(text, len, fd, &config, &first, &err), 0);
	assert_true(config.has_seccomp && !first.program && config.seccomp.rule_count == 1);
	assert_int_equal(syscalls_compile(&config.seccomp, fd, &first, &err), 0);
	oci_free(&config);

	assert_int_equal(oci_parse_and_recall(text, len, fd, &config, &second, &err), 0);
	assert_true(config.has_seccomp && config.seccomp.rule_count == 0);
	assert_string_equal(config.hostname, "a");
	assert_string_equal(config.cgroups_path, "/a");
	assert_int_equal(second.length, first.length);
	assert_memory_equal(second.program, first.program, first.length * 8);
	syscalls_free(&second);
	oci_free(&config);

	*strstr(text, "mkdir") = 'r';
	assert_int_equal(oci_parse_and_recall(text, len, fd, &config, &second, &err), 0);
	assert_true(!second.program && config.seccomp.rule_count == 1);
	oci_free(&config);
	*strstr(text, "rkdir") = 'm';
	*strstr(text, "/a") = '\n';
	assert_int_equal(oci_parse_and_recall(text, len, fd, &config, &second, &err), -EINVAL);
	assert_true(!second.program && !config.arena.blocks);
	assert_non_null(strstr(err.text, "line 1, column"));
	syscalls_free(&first);
	assert_int_equal(tree_remove(AT_FDCWD, "test.oci.cache", &err), 0);
}

static void resources_become_files_of_cgroup_v2(void **state)
{
	static const struct { const char *resources, *values; } rows[] = {
		{ "{}", "" },
		{ "{\"memory\": {\"limit\": 1000, \"swap\": 3000, \"reservation\": 500}}",
		  "memory.max=1000 memory.swap.max=2000 memory.low=500 " },
		{ "{\"memory\": {\"limit\": 1000, \"swap\": 1000}}",
		  "memory.max=1000 memory.swap.max=0 " },
		{ "{\"memory\": {\"limit\": 1000, \"swap\": -1}}",
		  "memory.max=1000 memory.swap.max=max " },
		{ "{\"memory\": {\"limit\": -1}}", "memory.max=max memory.swap.max=max " },
		{ "{\"memory\": {\"limit\": 0, \"swap\": 0, \"swappiness\": \"@MAX\","
		  " \"disableOOMKiller\": false, \"kernel\": -1, \"useHierarchy\": true}}", "" },
		{ "{\"cpu\": {\"shares\": 1024, \"quota\": 50000, \"period\": 100000,"
		  " \"burst\": 1000}}", "cpu.weight=100 cpu.max=50000 100000 cpu.max.burst=1000 " },
		{ "{\"cpu\": {\"shares\": 0, \"quota\": -1}}", "cpu.max=max 100000 " },
		{ "{\"cpu\": {\"period\": 50000}}", "cpu.max=max 50000 " },
		{ "{\"cpu\": {\"quota\": 2000}}", "cpu.max=2000 100000 " },
		{ "{\"cpu\": {\"cpus\": \"0-1\", \"mems\": \"0\"}}",
		  "cpuset.mems=0 cpuset.cpus=0-1 " },
		{ "{\"cpu\": {\"shares\": 2, \"idle\": 1}}", "cpu.idle=1 " },
		{ "{\"cpu\": {\"shares\": 262144, \"idle\": 0}}", "cpu.idle=0 cpu.weight=10000 " },
		{ "{\"pids\": {\"limit\": 0}}", "" },
		{ "{\"pids\": {\"limit\": 32}}", "pids.max=32 " },
		{ "{\"pids\": {\"limit\": -1}}", "pids.max=max " },
		{ "{\"blockIO\": {\"weight\": 10, \"weightDevice\": [{\"major\": 8, \"minor\": 0,"
		  " \"weight\": 1000}], \"throttleReadBpsDevice\": [{\"major\": 8, \"minor\": 0,"
		  " \"rate\": 600}], \"throttleWriteIOPSDevice\": [{\"major\": 8, \"minor\": 16,"
		  " \"rate\": 0}]}}",
		  "io.max=8:0 rbps=600 io.max=8:16 wiops=max io.weight=default 1 io.weight=8:0 10000 " },
		{ "{\"hugepageLimits\": [{\"pageSize\": \"2MB\", \"limit\": 9223372036854772000}]}",
		  "hugetlb.2MB.max=9223372036854772000 hugetlb.2MB.rsvd.max=9223372036854772000 " },
		{ "{\"rdma\": {\"mlx5_1\": {\"hcaHandles\": 3, \"hcaObjects\": 10000},"
		  " \"mlx4_0\": {\"hcaObjects\": 0}}}",
		  "rdma.max=mlx5_1 hca_handle=3 hca_object=10000 rdma.max=mlx4_0 hca_object=0 " },
		{ "{\"unified\": {\"memory.high\": \"5\", \"cgroup.max.depth\": \"2\"},"
		  " \"pids\": {\"limit\": 1}}", "pids.max=1 memory.high=5 cgroup.max.depth=2 " },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct oci_config config;
		char more[1000], values[1000] = "";

		(void)snprintf(more, sizeof(more), "{\"linux\": {\"resources\": %s}}",
			       rows[i].resources);
		parse_with(more, &config);
		for (j = 0; j < config.cg_value_count; j++) {
			size_t len = strlen(values);

			(void)snprintf(values + len, sizeof(values) - len, "%s=%s ",
				       config.cg_values[j].file, config.cg_values[j].value);
		}
		assert_string_equal(values, rows[i].values);
		oci_free(&config);
	}
}

static void a_resources_document_alone_is_read(void **state)
{
	static const char text[] = "{\"memory\": {\"limit\": 5, \"checkBeforeUpdate\": true},"
				   " \"devices\": [{\"allow\": true, \"type\": \"c\", \"major\": 1,"
				   " \"access\": \"rw\"}, {\"allow\": false}]}";
	struct oci_config config = { 0 };
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(oci_parse_resources(text, strlen(text), &config, &err), 0);
	assert_int_equal(config.cg_value_count, 1);
	assert_true(config.checks_memory);
	assert_int_equal(config.device_rule_count, 2);
	assert_int_equal(config.device_rules[0].minor, DEVICE_ANY);
	assert_int_equal(config.device_rules[0].access, DEVICE_READ | DEVICE_WRITE);
	assert_int_equal(config.device_rules[1].type, 'a');
	assert_int_equal(config.device_rules[1].access, DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD);
	oci_free(&config);
}

/* What is wrong, and the sentence. */
static const struct { const char *more, *error; int code; } refused[] = {
	{ "{\"ociVersion\": \"2.0.0\"}", "ociVersion: \"2.0.0\" is not supported; allowed are 1.0.0 and later 1.x", EINVAL },
	{ "{\"ociVersion\": \"0.9.0\"}", "ociVersion: \"0.9.0\" is not supported", EINVAL },
	{ "{\"ociVersion\": \"1.2\"}", "ociVersion: \"1.2\" is not a version such as", EINVAL },
	{ "{\"ociVersion\": 1}", "ociVersion: expected a string, got a number", EINVAL },
	{ "{\"root\": {\"path\": \"\"}}", "root.path: empty", EINVAL },
	{ "{\"root\": null}", "root: missing; it is required", EINVAL },
	{ "{\"process\": {\"cwd\": \"x\"}}", "process.cwd: \"x\" is not an absolute path", EINVAL },
	{ "{\"process\": {\"args\": []}}", "process.args: empty", EINVAL },
	{ "{\"process\": {\"env\": [\"A\"]}}", "process.env[0]: \"A\" is not of the form", EINVAL },
	{ "{\"process\": {\"user\": {\"uid\": -1}}}", "process.user.uid: -1 is not within 0 to 4294967294", EINVAL },
	{ "{\"process\": {\"user\": {\"umask\": 512}}}", "process.user.umask: 512 is not within", EINVAL },
	{ "{\"process\": {\"user\": {\"additionalGids\": [\"x\"]}}}", "process.user.additionalGids[0]: expected a whole number", EINVAL },
	{ "{\"process\": {\"oomScoreAdj\": 1001}}", "process.oomScoreAdj: 1001 is not within -1000 to 1000", EINVAL },
	{ "{\"process\": {\"rlimits\": [{\"type\": \"NOFILE\", \"soft\": 1, \"hard\": 1}]}}", "process.rlimits[0].type: \"NOFILE\" is not known; allowed are RLIMIT_AS", EINVAL },
	{ "{\"process\": {\"rlimits\": [{\"type\": \"RLIMIT_AS\", \"soft\": 2, \"hard\": 1}]}}", "process.rlimits[0]: soft 2 is above hard 1", EINVAL },
	{ "{\"process\": {\"rlimits\": [{\"type\": \"RLIMIT_AS\", \"soft\": 1, \"hard\": 1}, {\"type\": \"RLIMIT_AS\", \"soft\": 1, \"hard\": 1}]}}", "process.rlimits[1].type: it is that of rlimits[0] already", EINVAL },
	{ "{\"process\": {\"rlimits\": [{\"type\": \"RLIMIT_AS\", \"soft\": \"@OVER\", \"hard\": 1}]}}", "process.rlimits[0].soft: 18446744073709551616 is not within", EINVAL },
	{ "{\"process\": {\"capabilities\": {\"bounding\": \"all\"}}}", "process.capabilities.bounding: expected an array of strings, got a string", EINVAL },
	{ "{\"process\": {\"scheduler\": {\"policy\": \"FAST\"}}}", "process.scheduler.policy: \"FAST\" is not known", EINVAL },
	{ "{\"process\": {\"ioPriority\": {\"class\": \"IOPRIO_CLASS_BE\", \"priority\": 8}}}", "process.ioPriority.priority: 8 is not within 0 to 7", EINVAL },
	{ "{\"process\": {\"execCPUAffinity\": {\"initial\": \"x\"}}}", "process.execCPUAffinity.initial: \"x\" is not a list of processors", EINVAL },
	{ "{\"mounts\": [{\"destination\": \"/a/../b\", \"type\": \"proc\"}]}", "mounts[0].destination: \"/a/../b\" is not a path without \"..\"", EINVAL },
	{ "{\"mounts\": [{\"destination\": \"/a\"}]}", "mounts[0].type: missing", EINVAL },
	{ "{\"mounts\": [{\"destination\": \"/a\", \"type\": \"bind\"}]}", "mounts[0].source: missing", EINVAL },
	{ "{\"mounts\": [{\"destination\": \"/a\", \"type\": \"proc\", \"options\": [1]}]}", "mounts[0].options[0]: expected a string, got a number", EINVAL },
	{ "{\"mounts\": [{\"destination\": \"/a\", \"source\": \"/b\", \"options\": [\"bind\", \"size=1\"]}]}", "mounts[0].options[1]: \"size=1\" is no option of a bind mount", EINVAL },
	{ "{\"mounts\": [{\"destination\": \"/a\", \"type\": \"proc\", \"options\": [\"remount\"]}]}", "mounts[0].options[0]: \"remount\" is not possible", VPS_EHOST },
	{ "{\"mounts\": [{\"destination\": \"/a\", \"type\": \"proc\", \"options\": [\"tmpcopyup\"]}]}", "\"tmpcopyup\" is an option of tmpfs", EINVAL },
	{ "{\"hooks\": {\"prestart\": [{\"path\": \"x\"}]}}", "hooks.prestart[0].path: \"x\" is not an absolute path", EINVAL },
	{ "{\"hooks\": {\"prestart\": [{\"path\": \"/x\", \"timeout\": 0}]}}", "hooks.prestart[0].timeout: 0 is not within 1 to", EINVAL },
	{ "{\"annotations\": {\"a\": 1}}", "annotations.a: expected a string, got a number", EINVAL },
	{ "{\"hostname\": \"a\\nb\"}", "hostname: \"a?b\" is not", EINVAL },
	{ "{\"hostname\": \"h\", \"linux\": {\"namespaces\": [{\"type\": \"mount\"}]}}", "hostname: needs a \"uts\" in linux.namespaces", EINVAL },
	{ "{\"linux\": {\"namespaces\": [{\"type\": \"mnt\"}]}}", "linux.namespaces[0].type: \"mnt\" is no namespace", EINVAL },
	{ "{\"linux\": {\"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"pid\"}]}}", "linux.namespaces[1]: \"pid\" is listed already", EINVAL },
	{ "{\"linux\": {\"namespaces\": [{\"type\": \"pid\", \"path\": \"x\"}]}}", "linux.namespaces[0].path: \"x\" is not an absolute path", EINVAL },
	{ "{\"linux\": {\"namespaces\": [{\"type\": \"user\"}]}}", "linux.uidMappings: missing; a new user namespace needs it", EINVAL },
	{ "{\"linux\": {\"uidMappings\": [{\"containerID\": 0, \"hostID\": 1, \"size\": 1}]}}", "linux.uidMappings: needs a \"user\" in linux.namespaces", EINVAL },
	{ "{\"linux\": {\"uidMappings\": [{\"containerID\": 0, \"hostID\": 1, \"size\": 0}]}}", "linux.uidMappings[0].size: 0 is not within 1 to 4294967295", EINVAL },
	{ "{\"linux\": {\"uidMappings\": [{\"containerID\": 0, \"hostID\": 4294967290, \"size\": 10}]}}", "linux.uidMappings[0].size: 10 ids from containerID 0 and hostID 4294967290 go beyond", EINVAL },
	{ "{\"linux\": {\"uidMappings\": [{\"containerID\": 0, \"hostID\": 1, \"size\": 5}, {\"containerID\": 9, \"hostID\": 5, \"size\": 5}]}}", "linux.uidMappings: ranges 0 and 1 overlap", EINVAL },
	{ "{\"linux\": {\"namespaces\": [{\"type\": \"mount\"}], \"timeOffsets\": {\"boottime\": {\"secs\": 1}}}}", "linux.timeOffsets: needs a new \"time\"", EINVAL },
	{ "{\"linux\": {\"timeOffsets\": {\"realtime\": {}}}}", "linux.timeOffsets.realtime: unknown key; allowed are monotonic, boottime", EINVAL },
	{ "{\"linux\": {\"devices\": [{\"path\": \"/d\", \"type\": \"x\"}]}}", "linux.devices[0].type: \"x\" is not known; allowed are c, b, u, p", EINVAL },
	{ "{\"linux\": {\"devices\": [{\"path\": \"/d\", \"type\": \"c\", \"major\": 1}]}}", "linux.devices[0]: major and minor: missing", EINVAL },
	{ "{\"linux\": {\"devices\": [{\"path\": \"/a/../d\", \"type\": \"p\"}]}}", "linux.devices[0].path:", EINVAL },
	{ "{\"linux\": {\"netDevices\": {\"a/b\": {}}}}", "linux.netDevices: \"a/b\" is no interface's name", EINVAL },
	{ "{\"linux\": {\"netDevices\": {\"a\": {\"name\": \"c\"}, \"c\": {}}}}", "two devices would be called c", EINVAL },
	{ "{\"linux\": {\"cgroupsPath\": \"../x\"}}", "linux.cgroupsPath: \"../x\" is not a path without \"..\"", EINVAL },
	{ "{\"linux\": {\"rootfsPropagation\": \"most\"}}", "linux.rootfsPropagation: \"most\" is not known", EINVAL },
	{ "{\"linux\": {\"maskedPaths\": [\"proc\"]}}", "linux.maskedPaths[0]: \"proc\" is not an absolute path", EINVAL },
	{ "{\"linux\": {\"personality\": {\"domain\": \"LINUX64\"}}}", "linux.personality.domain: \"LINUX64\" is not known; allowed are LINUX, LINUX32", EINVAL },
	{ "{\"linux\": {\"personality\": {\"domain\": \"LINUX\", \"flags\": [\"X\"]}}}", "linux.personality.flags: no flags are supported", VPS_EHOST },
	{ "{\"linux\": {\"intelRdt\": {\"closID\": \"a/b\"}}}", "linux.intelRdt.closID: \"a/b\" is no name of a class", EINVAL },
	{ "{\"linux\": {\"intelRdt\": {\"closID\": \"info\"}}}", "linux.intelRdt.closID: \"info\" is no name", EINVAL },
	{ "{\"linux\": {\"intelRdt\": {\"schemata\": [\"\"]}}}", "linux.intelRdt.schemata[0]: \"\" is not a line", EINVAL },
	{ "{\"linux\": {\"intelRdt\": {\"l3CacheSchema\": \"L3:0=f\\nMB:0=1\"}}}", "linux.intelRdt.l3CacheSchema:", EINVAL },
	{ "{\"linux\": {\"memoryPolicy\": {}}}", "linux.memoryPolicy.mode: missing", EINVAL },
	{ "{\"linux\": {\"sysctl\": {\"kernel.core_pattern\": \"|/x\"}}}", "\"kernel/core_pattern\": belongs to the host", EINVAL },
	{ "{\"linux\": {\"sysctl\": {\"net.ipv4.x\": \"1+kernel.core_pattern=|/x\"}}}", "holds a line break", EINVAL },
	{ "{\"linux\": {\"sysctl\": {\"net.ipv4.x\": \"1\\n2\"}}}", "holds a line break", EINVAL },
	{ "{\"linux\": {\"sysctl\": {\"net/../kernel/core_pattern\": \"1\"}}}", "is not the name of a sysctl", EINVAL },
	{ "{\"linux\": {\"sysctl\": {\"net./x\": \"1\"}}}", "\"net/.x\"", 0 },
	{ "{\"linux\": {\"sysctl\": {\"net..x\": \"1\"}}}", "is not the name of a sysctl", EINVAL },
	{ "{\"linux\": {\"sysctl\": {\"\": \"1\"}}}", "linux.sysctl: a key is empty", EINVAL },
	{ "{\"linux\": {\"sysctl\": {\"kernel.hostname\": \"x\"}}}", "belongs to the host", EINVAL },
	{ "{\"linux\": {\"namespaces\": [{\"type\": \"mount\"}], \"sysctl\": {\"net.core.somaxconn\": \"1\"}}}", "would change the host; needs \"network\"", EINVAL },
	{ "{\"linux\": {\"seccomp\": {}}}", "linux.seccomp.defaultAction: missing", EINVAL },
	{ "{\"linux\": {\"seccomp\": {\"defaultAction\": \"ALLOW\"}}}", "linux.seccomp.defaultAction: \"ALLOW\" is none of", EINVAL },
	{ "{\"linux\": {\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [], \"action\": \"SCMP_ACT_ALLOW\"}]}}}", "linux.seccomp.syscalls[0].names: empty", EINVAL },
	{ "{\"linux\": {\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": [{\"index\": 6, \"value\": 0, \"op\": \"SCMP_CMP_EQ\"}]}]}}}", "linux.seccomp.syscalls[0].args[0].index: 6 is not within 0 to 5", EINVAL },
	{ "{\"linux\": {\"resources\": {\"memory\": {\"limit\": \"1G\"}}}}", "linux.resources.memory.limit: expected a whole number, got a string", EINVAL },
	{ "{\"linux\": {\"resources\": {\"memory\": {\"limit\": -2}}}}", "linux.resources.memory.limit: -2 is not within", EINVAL },
	{ "{\"linux\": {\"resources\": {\"memory\": {\"swap\": 5}}}}", "linux.resources.memory.swap: 5 without a limit", EINVAL },
	{ "{\"linux\": {\"resources\": {\"memory\": {\"limit\": 6, \"swap\": 5}}}}", "linux.resources.memory.swap: 5 is below limit 6", EINVAL },
	{ "{\"linux\": {\"resources\": {\"memory\": {\"swappiness\": 60}}}}", "linux.resources.memory.swappiness: cgroup v2 has nothing like it", VPS_EHOST },
	{ "{\"linux\": {\"resources\": {\"memory\": {\"swappiness\": 0}}}}", "linux.resources.memory.swappiness: cgroup v2", VPS_EHOST },
	{ "{\"linux\": {\"resources\": {\"memory\": {\"disableOOMKiller\": true}}}}", "linux.resources.memory.disableOOMKiller: cgroup v2", VPS_EHOST },
	{ "{\"linux\": {\"resources\": {\"cpu\": {\"realtimeRuntime\": 5}}}}", "linux.resources.cpu.realtimeRuntime: cgroup v2", VPS_EHOST },
	{ "{\"linux\": {\"resources\": {\"cpu\": {\"idle\": 2}}}}", "linux.resources.cpu.idle: 2 is not within 0 to 1", EINVAL },
	{ "{\"linux\": {\"resources\": {\"cpu\": {\"cpus\": \"a\"}}}}", "linux.resources.cpu.cpus: \"a\" is not a list", EINVAL },
	{ "{\"linux\": {\"resources\": {\"network\": {\"classID\": 5}}}}", "linux.resources.network.classID: cgroup v2", VPS_EHOST },
	{ "{\"linux\": {\"resources\": {\"blockIO\": {\"weight\": 5}}}}", "linux.resources.blockIO.weight: 5 is not within 10 to 1000", EINVAL },
	{ "{\"linux\": {\"resources\": {\"blockIO\": {\"leafWeight\": 50}}}}", "linux.resources.blockIO.leafWeight: cgroup v2", VPS_EHOST },
	{ "{\"linux\": {\"resources\": {\"hugepageLimits\": [{\"pageSize\": \"2M/../x\", \"limit\": 1}]}}}", "linux.resources.hugepageLimits[0].pageSize:", EINVAL },
	{ "{\"linux\": {\"resources\": {\"rdma\": {\"a b\": {\"hcaHandles\": 1}}}}}", "linux.resources.rdma: \"a b\" is no name", EINVAL },
	{ "{\"linux\": {\"resources\": {\"rdma\": {\"a\": {}}}}}", "linux.resources.rdma.a: hcaHandles and hcaObjects: both missing", EINVAL },
	{ "{\"linux\": {\"resources\": {\"unified\": {\"../memory.max\": \"1\"}}}}", "linux.resources.unified: \"../memory.max\" is no file of a controller", EINVAL },
	{ "{\"linux\": {\"resources\": {\"unified\": {\"cgroup.procs\": \"1\"}}}}", "linux.resources.unified: \"cgroup.procs\" is no file", EINVAL },
	{ "{\"linux\": {\"resources\": {\"unified\": {\"memory.max\": 1}}}}", "linux.resources.unified.memory.max: expected a string, got a number", EINVAL },
	{ "{\"linux\": {\"resources\": {\"devices\": [{\"type\": \"c\"}]}}}", "linux.resources.devices[0].allow: missing", EINVAL },
	{ "{\"linux\": {\"resources\": {\"devices\": [{\"allow\": true, \"access\": \"x\"}]}}}", "linux.resources.devices[0].access: \"x\" is not of the letters", EINVAL },
};

static void what_is_wrong_is_refused_with_its_path(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(refused); i++) {
		OWN_MEM char *text = with(refused[i].more);
		struct oci_config config = { 0 };
		struct vps_err err = { 0 };
		int r = oci_parse(text, strlen(text), &config, &err);

		if (r != -refused[i].code || (r && !strstr(err.text, refused[i].error)))
			fail_msg("[%zu] wanted %d \"%s\", got %d \"%s\"", i, -refused[i].code,
				 refused[i].error, r, err.text);
		if (r < 0)
			assert_null(config.arena.blocks);
		oci_free(&config);
	}
}

static char *read_seed(const char *name)
{
	struct vps_err err = { 0 };
	char path[256], *text = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", VPS_TEST_DATA, name);
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &text, NULL, &err), 0);
	return text;
}

static int attempt(void *arg)
{
	struct oci_config config = { 0 };
	struct vps_err err = { 0 };
	int r = oci_parse(arg, strlen(arg), &config, &err);

	if (r < 0) {
		assert_null(config.arena.blocks);
		assert_true(*err.text);
	}
	oci_free(&config);
	return r;
}

static void every_allocation_may_fail(void **state)
{
	OWN_MEM char *text = read_seed("oci-full.json");

	(void)state;
	assert_in_range(fail_every(attempt, text), 3, 10000);
}

/* Cut anywhere, or with any byte changed: a verdict, never a crash. */
static void damage_is_survived(void **state)
{
	OWN_MEM char *text = read_seed("oci-full.json");
	size_t len = strlen(text), at;

	(void)state;
	for (at = 0; at < len; at += 3) {
		struct oci_config config = { 0 };
		struct vps_err err = { 0 };
		char was = text[at];

		if (oci_parse(text, at, &config, &err) == 0)
			fail_msg("accepted when cut at %zu", at);
		memset(&err, 0, sizeof(err));
		text[at] = (char)(at * 7 % 128);
		(void)oci_parse(text, len, &config, &err);
		oci_free(&config);
		text[at] = was;
	}
}

static char *merged(const char *base, bool is_config, const char *over)
{
	struct vps_err err = { 0 };
	char *text = NULL;

	if (oci_merge_resources(base, strlen(base), is_config, over, strlen(over), &text, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

static void resources_are_laid_over_others(void **state)
{
	OWN_MEM char *first = NULL;
	OWN_MEM char *second = NULL;

	(void)state;
	first = merged("{\"linux\": {\"resources\": {\"memory\": {\"limit\": 9, \"swap\": 10},"
		       " \"hugepageLimits\": [{\"pageSize\": \"2MB\", \"limit\": 18446744073709551615},"
		       " {\"pageSize\": \"1GB\", \"limit\": 1}]}}}", true,
		       "{\"memory\": {\"limit\": 0, \"swap\": 11, \"reservation\": null},"
		       " \"cpu\": {\"idle\": 0},"
		       " \"hugepageLimits\": [{\"pageSize\": \"1GB\", \"limit\": 0}]}");
	assert_non_null(strstr(first, "\"limit\": 9"));
	assert_non_null(strstr(first, "\"swap\": 11"));
	assert_non_null(strstr(first, "\"idle\": 0"));
	assert_null(strstr(first, "reservation"));
	assert_non_null(strstr(first, "\"limit\": 18446744073709551615"));
	assert_null(strstr(first, "\"limit\": 1\n"));
	/* What came out goes in again; rules for devices are an order, and replaced whole. */
	second = merged(first, false, "{\"devices\": [{\"allow\": true, \"access\": \"r\"}]}");
	assert_non_null(strstr(second, "18446744073709551615"));
	first = (free(first), merged(second, false, "{\"devices\": [{\"allow\": true, \"access\": \"w\"}]}"));
	assert_null(strstr(first, "\"r\""));
	assert_non_null(strstr(first, "\"w\""));
}

static void what_cannot_be_laid_over_is_refused(void **state)
{
	static const char *const wrong[] = { "", "7", "[]", "{", "{\"a\": 1, \"a\": 2}" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(wrong); i++) {
		struct vps_err err = { 0 };
		char *text = NULL;

		assert_int_equal(oci_merge_resources("{}", 2, true, wrong[i], strlen(wrong[i]), &text, &err),
				 -EINVAL);
		assert_null(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_minimal_document_is_enough),
		cmocka_unit_test(unknown_properties_and_null_are_ignored),
		cmocka_unit_test(the_process_is_read),
		cmocka_unit_test(a_process_document_alone_is_read),
		cmocka_unit_test(mounts_are_sorted_into_fields),
		cmocka_unit_test(the_rest_of_linux_is_read),
		cmocka_unit_test(seccomp_is_read),
		cmocka_unit_test(a_known_filter_is_not_read_again),
		cmocka_unit_test(resources_become_files_of_cgroup_v2),
		cmocka_unit_test(a_resources_document_alone_is_read),
		cmocka_unit_test(resources_are_laid_over_others),
		cmocka_unit_test(what_cannot_be_laid_over_is_refused),
		cmocka_unit_test(what_is_wrong_is_refused_with_its_path),
		cmocka_unit_test(every_allocation_may_fail),
		cmocka_unit_test(damage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
