/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An OCI config.json (runtime specification 1.3, Linux) as plain structs,
 * parsed whole and checked before anything is done. Both doors of the engine
 * come through here: a bundle of vps-oci, and what compile.c made of a vps.json.
 */
#ifndef RUNTIME_OCI_H
#define RUNTIME_OCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/cpulist.h"
#include "base/err.h"
#include "isolation/caps.h"
#include "isolation/cg.h"
#include "isolation/devices.h"
#include "isolation/idmap.h"
#include "isolation/mounts.h"
#include "isolation/namespaces.h"
#include "isolation/rdt.h"
#include "isolation/syscalls.h"

#define OCI_SPEC_VERSION	"1.3.0"	/* what we implement, and say in what we print */

struct oci_pair {
	const char *key, *value;
};

struct oci_rlimit {
	int      resource;		/* RLIMIT_… */
	uint64_t soft, hard;		/* UINT64_MAX is RLIM_INFINITY */
};

struct oci_hook {
	const char        *path;
	const char *const *args, *const *env;	/* NULL-terminated; args may be NULL */
	unsigned           timeout_sec;		/* 0: none */
};

enum oci_hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KINDS
};

struct oci_hooks {
	const struct oci_hook *hooks;
	size_t                 count;
};

/* process, and equally the document of `exec --process`. */
struct oci_process {
	bool               terminal;
	unsigned           rows, columns;	/* consoleSize; 0: not given */
	const char        *cwd;
	const char *const *env, *const *args;	/* NULL-terminated */
	uid_t              uid;
	gid_t              gid;
	const gid_t       *groups;		/* additionalGids */
	size_t             group_count;
	bool               has_umask;
	mode_t             umask;
	bool               has_caps;		/* false: none at all, but those of the container for an exec */
	struct caps_sets   caps;
	const char *const *unknown_caps;	/* named in capabilities, unknown here: to be warned of; or NULL */
	const struct oci_rlimit *rlimits;
	size_t             rlimit_count;
	bool               no_new_privileges;
	const char        *apparmor_profile, *selinux_label;
	bool               has_oom_score_adj;
	int                oom_score_adj;
	const char        *scheduler_policy;	/* "SCHED_BATCH" …, or NULL */
	int                scheduler_nice, scheduler_priority;
	uint64_t           scheduler_flags, scheduler_runtime, scheduler_deadline, scheduler_period;
	const char        *io_class;		/* "IOPRIO_CLASS_BE" …, or NULL */
	int                io_priority;
	const char        *cpus_initial, *cpus_final;	/* execCPUAffinity */
};

struct oci_namespace {
	bool        is_listed;		/* false: shared with whoever starts us */
	const char *path;		/* join this one; NULL: a new one */
};

struct oci_net_device {
	const char *host_name, *name;
};

struct oci_config {
	struct arena               arena;		/* owns every pointer below */
	const char                *version;
	const char                *root_path;
	bool                       root_readonly;
	const char                *hostname, *domainname;
	bool                       has_process;
	struct oci_process         process;
	struct mount_entry        *mounts;		/* prepared is filled by the engine */
	size_t                     mount_count;
	struct oci_hooks           hooks[HOOK_KINDS];
	const struct oci_pair     *annotations;
	size_t                     annotation_count;

	struct oci_namespace       namespaces[NS_KINDS];
	bool                       has_time_offsets;
	struct ns_time_offset      monotonic, boottime;
	struct idmap               idmap;
	const struct device_node  *devices;		/* the default ones are not in here */
	size_t                     device_count;
	const struct oci_net_device *net_devices;
	size_t                     net_device_count;
	const char                *cgroups_path;	/* NULL: the engine chooses */
	const struct cg_value     *cg_values;		/* resources, as cgroup v2 takes them, in a safe order */
	size_t                     cg_value_count;
	bool                       checks_memory;	/* resources.memory.checkBeforeUpdate */
	const struct device_rule  *device_rules;	/* resources.devices, in order */
	size_t                     device_rule_count;
	const struct oci_pair     *sysctls;	/* keys are paths below /proc/sys: "net/ipv4/ip_forward" */
	size_t                     sysctl_count;
	bool                       has_seccomp;
	struct syscalls_profile    seccomp;
	unsigned long              rootfs_propagation;	/* MS_…|MS_REC; 0: not given */
	const char *const         *masked_paths, *const *readonly_paths;
	size_t                     masked_count, readonly_count;
	const char                *mount_label;
	bool                       has_personality;
	unsigned long              personality;
	bool                       has_rdt;
	struct rdt                 rdt;
	bool                       has_memory_policy;
	int                        memory_mode;		/* MPOL_…, with MPOL_F_… */
	struct cpulist             memory_nodes;
};

/*
 * Parse and check a whole config.json.
 *
 * text       not necessarily terminated; len bytes
 * config     zeroed by the caller; filled on success, to be released with
 *            oci_free(); empty after failure
 *
 * Returns 0, or -EINVAL with one sentence that starts with the JSON path
 * ("mounts[3].options[1]: …") and names the allowed values; -ENOMEM; or
 * -VPS_EHOST for a property that this build or host cannot honour: nothing is
 * ever ignored silently.
 */
int oci_parse(const char *text, size_t len, struct oci_config *config, struct vps_err *err);

/*
 * oci_parse(), and the filter of linux.seccomp where the cache has it for that very text: then
 * that text, most of a document, is not parsed, and config->seccomp stays empty. It had neither
 * flags nor a listener (syscalls_recall()).
 *
 * cache_fd    as in syscalls_compile()
 * ret_filter  without a program: syscalls_compile() is yet to be called. To be released with
 *             syscalls_free(); empty after failure
 */
int oci_parse_and_recall(const char *text, size_t len, int cache_fd, struct oci_config *config,
			 struct syscalls_filter *ret_filter, struct vps_err *err);

/* Parse only a process document (`exec --process FILE`) into process, owned by arena. */
int oci_parse_process(const char *text, size_t len, struct arena *arena,
		      struct oci_process *process, struct vps_err *err);

/*
 * Parse only a resources document (`update -r FILE`) into the members of config
 * that belong to it: cg_values, device_rules and checks_memory.
 */
int oci_parse_resources(const char *text, size_t len, struct oci_config *config,
			struct vps_err *err);

/*
 * Lay a resources document over another one: a member of it replaces that of
 * the base, in lists of devices and page sizes the entry of the same thing;
 * null, and 0 where that means nothing, leave the base as it is.
 *
 * base       a config.json (is_config), of which linux.resources counts, or a resources document
 * ret_text   malloc()ed; a document that oci_parse_resources() has not seen yet
 * Returns 0, or -errno with err set.
 */
int oci_merge_resources(const char *base, size_t base_len, bool is_config, const char *over,
			size_t over_len, char **ret_text, struct vps_err *err);

void oci_free(struct oci_config *config);

/* Value of an annotation, or NULL. */
const char *oci_annotation(const struct oci_config *config, const char *key);

#endif
