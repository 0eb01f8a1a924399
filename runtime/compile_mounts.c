// SPDX-License-Identifier: LGPL-2.1-or-later
/* Mounts, masked and read-only paths of the config.json of a VPS; called by compile.c. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "runtime/compile_parts.h"

#define OPTIONS_MAX	6
#define SHM_DIVISOR	2	/* tmpfs(5): half the memory is usual */
#define RUN_DIVISOR	5	/* as systemd has it */

/*
 * What every VPS finds mounted. A tmpfs lives in the memory of the VPS, so its
 * own limit bounds it; size= bounds it where there is none.
 */
static const struct {
	const char *destination, *type, *options[OPTIONS_MAX];
	unsigned    divisor;	/* size= is the memory limit by this; 0: no size of its own */
} mounts[] = {
	{ "/proc",	    "proc",   { "nosuid", "noexec", "nodev" }, 0 },
	/* Read-only: udevd then does not start, as in every container, and knobs of the host stay put. */
	{ "/sys",	    "sysfs",  { "nosuid", "noexec", "nodev", "ro" }, 0 },
	/* Writable: inside its namespace the VPS delegates what it was given. */
	{ "/sys/fs/cgroup", "cgroup2", { "nosuid", "noexec", "nodev", "relatime", "rw" }, 0 },
	{ "/dev",	    "tmpfs",  { "nosuid", "noexec", "strictatime", "mode=755", "size=4m",
				        "nr_inodes=16k" }, 0 },
	{ "/dev/pts",	    "devpts", { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620",
				        "gid=5" }, 0 },
	{ "/dev/shm",	    "tmpfs",  { "nosuid", "nodev", "mode=1777" }, SHM_DIVISOR },
	{ "/dev/mqueue",    "mqueue", { "nosuid", "noexec", "nodev" }, 0 },
	{ "/run",	    "tmpfs",  { "nosuid", "nodev", "mode=755" }, RUN_DIVISOR },
};

/*
 * What shows the host or its other tenants. Masked here is what any user may
 * read; what only root may (kcore, kpageflags, slabinfo, vmallocinfo, …) the
 * user namespace keeps shut, and kcore is here all the same because its loss
 * would be total.
 *
 * Deliberately not here: /proc/version and /proc/cpuinfo, which programs need;
 * /proc/stat, meminfo, uptime and their like, which a view of the VPS's own
 * replaces; /sys/kernel/debug, tracing and security, which are empty in a
 * sysfs of our own; /proc/kmsg, whose reader would spin on an empty file.
 */
static const char *const masked[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/cmdline",		/* how the host was booted */
	"/proc/config.gz",
	"/proc/interrupts",		/* when its neighbours type, and how fast */
	"/proc/kallsyms",
	"/proc/kcore",
	"/proc/key-users",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/mdstat",			/* the host's disks … */
	"/proc/modules",
	"/proc/partitions",		/* … all of them */
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/softirqs",		/* as interrupts: when packets come for whom */
	"/proc/timer_list",
	"/sys/devices/virtual/dmi",	/* maker and model of the host */
	"/sys/devices/virtual/powercap",	/* CVE-2020-8694: power tells of secrets */
	"/sys/firmware",
	"/sys/kernel/irq",		/* the numbers of /proc/interrupts once more */
	NULL
};

/* /proc/sys is not here: its namespaced part must be writable, the rest the user namespace guards. */
static const char *const readonly[] = {
	"/proc/bus",
	"/proc/fs",
	"/proc/irq",
	"/proc/sysrq-trigger",
	NULL
};

/* "size=…" of a tmpfs: a part of the memory limit, or of all there is. */
static void put_size(struct compile *c, json_t *options, unsigned divisor)
{
	const struct limits *limits = &c->spec->limits;
	uint64_t memory = limits->value[RES_MEMORY];
	char text[40];

	if (limits->is_set[RES_MEMORY] && memory != UINT64_MAX)
		(void)snprintf(text, sizeof(text), "size=%juk",
			       (uintmax_t)(memory / divisor / 1024));
	else
		(void)snprintf(text, sizeof(text), "size=%u%%", 100 / divisor);
	writer_append(&c->w, options, json_string(text));
}

static void put_default_mounts(struct compile *c, json_t *array)
{
	size_t i, j;

	for (i = 0; i < ARRAY_LEN(mounts); i++) {
		json_t *options = json_array();

		for (j = 0; j < OPTIONS_MAX && mounts[i].options[j]; j++)
			writer_append(&c->w, options, json_string(mounts[i].options[j]));
		if (mounts[i].divisor)
			put_size(c, options, mounts[i].divisor);
		writer_append(&c->w, array,
			      json_pack("{ss, ss, ss, so}", "destination", mounts[i].destination,
					"type", mounts[i].type, "source", mounts[i].type, "options",
					options));
	}
}

static bool has_option(const struct spec_mount *mount, const char *option)
{
	const char *const *at;

	for (at = mount->options; at && *at; at++)
		if (strcmp(*at, option) == 0)
			return true;
	return false;
}

static void put_spec_mount(struct compile *c, json_t *array, const struct spec_mount *mount)
{
	bool is_bind = strcmp(mount->type, "bind") == 0;
	json_t *options = json_array();
	const char *const *option;

	if (is_bind && !has_option(mount, "bind") && !has_option(mount, "rbind"))
		writer_append(&c->w, options, json_string("rbind"));
	/* Files of root on the host are files of root inside, and the other way round. */
	if (is_bind && !has_option(mount, "idmap") && !has_option(mount, "ridmap"))
		writer_append(&c->w, options,
			      json_string(has_option(mount, "bind") ? "idmap" : "ridmap"));
	if (!is_bind) {
		writer_append(&c->w, options, json_string("nosuid"));
		writer_append(&c->w, options, json_string("nodev"));
	}
	for (option = mount->options; option && *option; option++)
		writer_append(&c->w, options, json_string(*option));
	if (mount->is_readonly)		/* with whatever is mounted below it */
		writer_append(&c->w, options, json_string(is_bind ? "rro" : "ro"));
	writer_append(&c->w, array,
		      json_pack("{ss, ss, ss, so}", "destination", mount->target, "type",
				mount->type, "source", is_bind ? mount->source : "tmpfs", "options",
				options));
}

void compile_mounts(struct compile *c, json_t *root)
{
	json_t *array = json_array();
	size_t i;

	put_default_mounts(c, array);
	for (i = 0; i < c->spec->mount_count; i++)
		put_spec_mount(c, array, &c->spec->mounts[i]);
	writer_put(&c->w, root, "mounts", array);
}

void compile_paths(struct compile *c, json_t *linux_part)
{
	writer_strings(&c->w, linux_part, "maskedPaths", masked);
	writer_strings(&c->w, linux_part, "readonlyPaths", readonly);
}
