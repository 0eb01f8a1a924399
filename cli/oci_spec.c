// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci spec: writes a config.json to start from. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "cli/oci_say.h"

struct spec_values {
	const char *bundle;
	bool        is_rootless;
};

static const struct option_row options[] = {
	{ 'b', "bundle", "DIR", OPTION_TEXT, offsetof(struct spec_values, bundle),
	  "directory to write it to (.)" },
	{ 0, "rootless", NULL, OPTION_SWITCH, offsetof(struct spec_values, is_rootless),
	  "for a container that its user runs without root" },
	{ 0 },
};

/* A shell on a terminal, in a root that is not written to; as runc's, so that scripts can edit it. */
static const char config[] =
	"{\n"
	"  \"ociVersion\": \"1.2.0\",\n"
	"  \"process\": {\n"
	"    \"terminal\": true,\n"
	"    \"user\": {\"uid\": 0, \"gid\": 0},\n"
	"    \"args\": [\"sh\"],\n"
	"    \"env\": [\n"
	"      \"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\n"
	"      \"TERM=xterm\"\n"
	"    ],\n"
	"    \"cwd\": \"/\",\n"
	"    \"capabilities\": {\n"
	"      \"bounding\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"],\n"
	"      \"effective\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"],\n"
	"      \"permitted\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"]\n"
	"    },\n"
	"    \"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"hard\": 1024, \"soft\": 1024}],\n"
	"    \"noNewPrivileges\": true\n"
	"  },\n"
	"  \"root\": {\"path\": \"rootfs\", \"readonly\": true},\n"
	"  \"hostname\": \"vps-oci\",\n"
	"  \"mounts\": [\n"
	"    {\"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\"},\n"
	"    {\n"
	"      \"destination\": \"/dev\",\n"
	"      \"type\": \"tmpfs\",\n"
	"      \"source\": \"tmpfs\",\n"
	"      \"options\": [\"nosuid\", \"strictatime\", \"mode=755\", \"size=65536k\"]\n"
	"    },\n"
	"    {\n"
	"      \"destination\": \"/dev/pts\",\n"
	"      \"type\": \"devpts\",\n"
	"      \"source\": \"devpts\",\n"
	"      \"options\": [\n"
	"        \"nosuid\",\n"
	"        \"noexec\",\n"
	"        \"newinstance\",\n"
	"        \"ptmxmode=0666\",\n"
	"        \"mode=0620\",\n"
	"        \"gid=5\"\n"
	"      ]\n"
	"    },\n"
	"    {\n"
	"      \"destination\": \"/dev/shm\",\n"
	"      \"type\": \"tmpfs\",\n"
	"      \"source\": \"shm\",\n"
	"      \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"mode=1777\", \"size=65536k\"]\n"
	"    },\n"
	"    {\n"
	"      \"destination\": \"/dev/mqueue\",\n"
	"      \"type\": \"mqueue\",\n"
	"      \"source\": \"mqueue\",\n"
	"      \"options\": [\"nosuid\", \"noexec\", \"nodev\"]\n"
	"    },\n"
	"    {\n"
	"      \"destination\": \"/sys\",\n"
	"      \"type\": \"sysfs\",\n"
	"      \"source\": \"sysfs\",\n"
	"      \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"ro\"]\n"
	"    },\n"
	"    {\n"
	"      \"destination\": \"/sys/fs/cgroup\",\n"
	"      \"type\": \"cgroup\",\n"
	"      \"source\": \"cgroup\",\n"
	"      \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"relatime\", \"ro\"]\n"
	"    }\n"
	"  ],\n"
	"  \"linux\": {\n"
	"    \"resources\": {\"devices\": [{\"allow\": false, \"access\": \"rwm\"}]},\n"
	"    \"namespaces\": [\n"
	"      {\"type\": \"pid\"},\n"
	"      {\"type\": \"network\"},\n"
	"      {\"type\": \"ipc\"},\n"
	"      {\"type\": \"uts\"},\n"
	"      {\"type\": \"mount\"},\n"
	"      {\"type\": \"cgroup\"}\n"
	"    ],\n"
	"    \"maskedPaths\": [\n"
	"      \"/proc/acpi\",\n"
	"      \"/proc/asound\",\n"
	"      \"/proc/kcore\",\n"
	"      \"/proc/keys\",\n"
	"      \"/proc/latency_stats\",\n"
	"      \"/proc/timer_list\",\n"
	"      \"/proc/timer_stats\",\n"
	"      \"/proc/sched_debug\",\n"
	"      \"/sys/firmware\",\n"
	"      \"/proc/scsi\"\n"
	"    ],\n"
	"    \"readonlyPaths\": [\n"
	"      \"/proc/bus\",\n"
	"      \"/proc/fs\",\n"
	"      \"/proc/irq\",\n"
	"      \"/proc/sys\",\n"
	"      \"/proc/sysrq-trigger\"\n"
	"    ]\n"
	"  }\n"
	"}\n";

/* What a user without root does differently, in the order of the text above. */
static const struct {
	const char *usual, *rootless;
} edits[] = {
	{ "        \"mode=0620\",\n        \"gid=5\"\n", "        \"mode=0620\"\n" },	/* his only group is 0 */
	{ "    \"resources\": {\"devices\": [{\"allow\": false, \"access\": \"rwm\"}]},\n", "" },
	{ "      {\"type\": \"cgroup\"}\n    ],\n",
	  "      {\"type\": \"cgroup\"},\n      {\"type\": \"user\"}\n    ],\n" },
};

static void put_rootless(FILE *out)
{
	const char *at = config;
	size_t i;

	for (i = 0; i < ARRAY_LEN(edits); i++) {
		const char *found = strstr(at, edits[i].usual);

		(void)fwrite(at, 1, (size_t)(found - at), out);
		(void)fputs(edits[i].rootless, out);
		at = found + strlen(edits[i].usual);
	}
	/* Behind the namespaces. */
	(void)fprintf(out, "    \"uidMappings\": [{\"containerID\": 0, \"hostID\": %u, \"size\": 1}],\n"
			   "    \"gidMappings\": [{\"containerID\": 0, \"hostID\": %u, \"size\": 1}],\n",
		      geteuid(), getegid());
	(void)fputs(at, out);
}

static int write_config(int dir_fd, const char *dir, bool is_rootless, struct vps_err *err)
{
	OWN_FD fd = openat(dir_fd, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	OWN_FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out)
		return vps_err_set(err, -errno, "cannot write %s/config.json", dir);
	(void)fd_take(&fd);
	if (is_rootless)
		put_rootless(out);
	else
		(void)fputs(config, out);
	if (fflush(out) || ferror(out))
		return vps_err_set(err, errno ? -errno : -EIO, "cannot write %s/config.json", dir);
	return 0;
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	const struct spec_values *wanted = values;
	const char *dir = wanted->bundle ? wanted->bundle : ".";
	OWN_FD dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct vps_err err = { 0 };

	(void)count;
	(void)args;
	if (dir_fd < 0)
		(void)vps_err_set(&err, -errno, "cannot open %s", dir);
	else
		(void)write_config(dir_fd, dir, wanted->is_rootless, &err);
	return err.code ? oci_say_error(cli, &err) : OCI_DONE;
}

const struct oci_command oci_spec = {
	.name = "spec",
	.args = "",
	.summary = "write a config.json to start from",
	.max_args = 0,
	.options = options,
	.values_size = sizeof(struct spec_values),
	.run = run,
};
