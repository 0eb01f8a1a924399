// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci features: what this build can do, in the form of the specification's features.md. */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"
#include "cli/emit.h"
#include "cli/oci_say.h"
#include "isolation/caps.h"
#include "isolation/mounts.h"
#include "isolation/namespaces.h"
#include "isolation/syscalls.h"
#include "runtime/oci.h"

#define WAIT_KILLABLE_RECV	(1ul << 5)	/* SECCOMP_FILTER_FLAG_… of Linux 5.19 */

static const char *const hooks[] = {
	"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop", NULL,
};

static const char *const mount_options[] = {
	"async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "iversion",
	"lazytime", "loud", "mand", "noatime", "nodev", "nodiratime", "noexec", "noiversion",
	"nolazytime", "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private",
	"ratime", "rbind", "rdev", "rdiratime", "relatime", "remount", "rexec", "rnoatime",
	"rnodev", "rnodiratime", "rnoexec", "rnorelatime", "rnostrictatime", "rnosuid",
	"rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave",
	"rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared", "silent", "slave",
	"strictatime", "suid", "symfollow", "sync", "tmpcopyup", "unbindable", "idmap", "ridmap",
};

/* Not among ours: the kernel takes them for every new file system, fs/fs_context.c. */
static const char *const superblock_options[] = {
	"async", "dirsync", "lazytime", "mand", "nolazytime", "nomand", "sync",
};

static const char *const seccomp_flags[] = {
	"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
};

static const char *const policy_modes[] = {
	"MPOL_BIND", "MPOL_DEFAULT", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED",
	"MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE",
};

static const char *const policy_flags[] = {
	"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES",
};

static const char *const actions[] = {
	"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE",
	"SCMP_ACT_TRAP",
};

static const char *const archs[] = {
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
	"SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390X", "SCMP_ARCH_X32",
	"SCMP_ARCH_X86", "SCMP_ARCH_X86_64",
};

static const char *const operators[] = {
	"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT",
	"SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE",
};

/* Asked of those who will have to do it, so that this list cannot promise too much. */
static bool knows_option(const char *option)
{
	struct mount_entry entry = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_LEN(superblock_options); i++)
		if (!strcmp(superblock_options[i], option))
			return true;
	return mount_option(&entry, option);
}

/* Whether a config with these members of "linux" is one that can be run. */
static bool parses(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static bool parses(const char *fmt, ...)
{
	struct oci_config config = { 0 };
	struct vps_err ignored = { 0 };
	char members[200], text[400];
	va_list ap;
	bool is_good;

	va_start(ap, fmt);
	(void)vsnprintf(members, sizeof(members), fmt, ap);
	va_end(ap);
	(void)snprintf(text, sizeof(text),
		       "{\"ociVersion\": \"1.0.0\", \"root\": {\"path\": \"r\"}, \"linux\": {"
		       "\"namespaces\": [{\"type\": \"mount\"}, {\"type\": \"network\"}], %s}}", members);
	is_good = oci_parse(text, strlen(text), &config, &ignored) == 0;
	oci_free(&config);
	return is_good;
}

static bool knows_policy_mode(const char *mode)
{
	return parses("\"memoryPolicy\": {\"mode\": \"%s\", \"nodes\": \"0\"}", mode) ||
	       parses("\"memoryPolicy\": {\"mode\": \"%s\"}", mode);
}

static bool knows_policy_flag(const char *flag)
{
	return parses("\"memoryPolicy\": {\"mode\": \"MPOL_BIND\", \"nodes\": \"0\", \"flags\": [\"%s\"]}", flag);
}

/* Whether a rule for read(2) with that action, or that comparison, is one that can be compiled. */
static bool knows_rule(const char *action, const struct syscalls_arg *arg)
{
	static const char *const names[] = { "read", NULL };
	const struct syscalls_rule rule = {
		.names = names, .name_count = 1, .action = action, .args = arg, .arg_count = !!arg,
	};
	const struct syscalls_profile profile = {
		.default_action = "SCMP_ACT_ALLOW", .rules = &rule, .rule_count = 1,
		.listener_path = "/",	/* which SCMP_ACT_NOTIFY needs */
	};
	struct vps_err ignored = { 0 };

	return syscalls_check(&profile, &ignored) == 0;
}

static bool knows_action(const char *action)
{
	return knows_rule(action, NULL);
}

static bool knows_operator(const char *op)
{
	const struct syscalls_arg arg = { .op = op };

	return knows_rule("SCMP_ACT_ERRNO", &arg);
}

static bool knows_arch(const char *arch)
{
	const struct syscalls_profile profile = {
		.default_action = "SCMP_ACT_ALLOW", .archs = &arch, .arch_count = 1,
	};
	struct vps_err ignored = { 0 };

	return syscalls_check(&profile, &ignored) == 0;
}

static bool knows_flag(const char *flag)
{
	const struct syscalls_profile profile = {
		.default_action = "SCMP_ACT_ALLOW", .flags = &flag, .flag_count = 1,
		.listener_path = "/",
	};
	struct vps_err ignored = { 0 };

	return syscalls_check(&profile, &ignored) == 0;
}

/* Of those that we know, what this kernel knows too: it then looks at the filter, which is none. */
static bool has_flag(const char *flag)
{
	static const unsigned long flags[] = {
		SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_TSYNC,
		WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_NEW_LISTENER,
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(flags); i++)
		if (!strcmp(seccomp_flags[i], flag))
			return knows_flag(flag) &&
			       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags[i], NULL) < 0 &&
			       errno == EFAULT;
	return false;
}

static void put_known(struct emit *emit, const char *key, const char *const *words, size_t count,
		      bool (*knows)(const char *word))
{
	size_t i;

	emit_array(emit, key);
	for (i = 0; i < count; i++)
		if (knows(words[i]))
			emit_text(emit, NULL, words[i]);
	emit_end(emit, ']');
}

#define PUT_KNOWN(emit, key, words, knows)	put_known(emit, key, words, ARRAY_LEN(words), knows)

static void put_enabled(struct emit *emit, const char *key, bool is_enabled)
{
	emit_object(emit, key);
	emit_bool(emit, "enabled", is_enabled);
	emit_end(emit, '}');
}

static void put_linux(struct emit *emit)
{
	unsigned i, last = caps_last();
	enum ns_kind kind;

	emit_object(emit, "linux");
	emit_array(emit, "namespaces");
	for (kind = 0; kind < NS_KINDS; kind++)
		emit_text(emit, NULL, ns_infos[kind].oci);
	emit_end(emit, ']');
	emit_array(emit, "capabilities");
	for (i = 0; i <= last; i++)
		if (caps_name(i))
			emit_text(emit, NULL, caps_name(i));
	emit_end(emit, ']');
	emit_object(emit, "cgroup");
	emit_bool(emit, "v1", false);
	emit_bool(emit, "v2", true);
	emit_bool(emit, "systemd", true);
	emit_bool(emit, "systemdUser", true);
	emit_bool(emit, "rdma", true);
	emit_end(emit, '}');
	emit_object(emit, "seccomp");
	emit_bool(emit, "enabled", true);
	PUT_KNOWN(emit, "actions", actions, knows_action);
	PUT_KNOWN(emit, "operators", operators, knows_operator);
	PUT_KNOWN(emit, "archs", archs, knows_arch);
	PUT_KNOWN(emit, "knownFlags", seccomp_flags, knows_flag);
	PUT_KNOWN(emit, "supportedFlags", seccomp_flags, has_flag);
	emit_end(emit, '}');
	put_enabled(emit, "apparmor", true);
	put_enabled(emit, "selinux", true);
	emit_object(emit, "intelRdt");
	emit_bool(emit, "enabled", parses("\"intelRdt\": {\"closID\": \"a\"}"));
	emit_bool(emit, "schemata", parses("\"intelRdt\": {\"schemata\": [\"L3:0=f\"]}"));
	emit_bool(emit, "monitoring", parses("\"intelRdt\": {\"enableMonitoring\": true}"));
	emit_end(emit, '}');
	emit_object(emit, "memoryPolicy");
	PUT_KNOWN(emit, "modes", policy_modes, knows_policy_mode);
	PUT_KNOWN(emit, "flags", policy_flags, knows_policy_flag);
	emit_end(emit, '}');
	emit_object(emit, "mountExtensions");
	put_enabled(emit, "idmap", true);
	emit_end(emit, '}');
	put_enabled(emit, "netDevices", parses("\"netDevices\": {\"eth0\": {\"name\": \"eth1\"}}"));
	emit_end(emit, '}');
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	struct emit emit = { 0 };

	(void)cli;
	(void)values;
	(void)count;
	(void)args;
	emit_object(&emit, NULL);
	emit_text(&emit, "ociVersionMin", "1.0.0");
	emit_text(&emit, "ociVersionMax", OCI_SPEC_VERSION);
	emit_texts(&emit, "hooks", hooks);
	PUT_KNOWN(&emit, "mountOptions", mount_options, knows_option);
	put_linux(&emit);
	/* No annotation of a config changes what we do. */
	emit_texts(&emit, "potentiallyUnsafeConfigAnnotations", NULL);
	emit_end(&emit, '}');
	return OCI_DONE;
}

const struct oci_command oci_features = {
	.name = "features",
	.args = "",
	.summary = "print what this program can do",
	.max_args = 0,
	.run = run,
};
