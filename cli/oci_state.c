// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci state: the state document of a container. */
#include <pwd.h>
#include <stdio.h>
#include <time.h>

#include "cli/oci_say.h"
#include "cli/oci_show.h"

const char *oci_show_time(const struct oci_box *box, char buf[OCI_TIME_SIZE])
{
	const time_t sec = (time_t)box->record.created_sec;
	struct tm parts = { 0 };
	size_t len;

	(void)gmtime_r(&sec, &parts);
	len = strftime(buf, OCI_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(buf + len, OCI_TIME_SIZE - len, ".%09uZ", box->record.created_nsec);
	return buf;
}

const char *oci_show_owner(const struct oci_box *box, char buf[OCI_OWNER_SIZE])
{
	/* Without a look into the databases of users for the one that is the same everywhere. */
	const struct passwd *entry = box->record.owner ? getpwuid(box->record.owner) : NULL;

	if (!box->record.owner || entry)
		(void)snprintf(buf, OCI_OWNER_SIZE, "%s", entry ? entry->pw_name : "root");
	else
		(void)snprintf(buf, OCI_OWNER_SIZE, "#%u", box->record.owner);
	return buf;
}

void oci_show_state(const struct oci_box *box, struct emit *emit)
{
	struct oci_config config = { 0 };
	struct vps_err ignored = { 0 };
	char created[OCI_TIME_SIZE], owner[OCI_OWNER_SIZE];
	size_t i;

	emit_object(emit, NULL);
	emit_text(emit, "ociVersion", OCI_SPEC_VERSION);
	emit_text(emit, "id", box->id);
	emit_number(emit, "pid", box->init_fd >= 0 ? box->record.init_pid : 0);
	emit_text(emit, "status", oci_box_status(box));
	emit_text(emit, "bundle", box->record.bundle);
	emit_text(emit, "rootfs", box->record.rootfs);
	emit_text(emit, "created", oci_show_time(box, created));
	emit_text(emit, "owner", oci_show_owner(box, owner));
	/* A config that is damaged or not there yet has no annotations to show. */
	if (oci_box_config(box, &config, NULL, &ignored) == 0 && config.annotation_count) {
		emit_object(emit, "annotations");
		for (i = 0; i < config.annotation_count; i++)
			emit_text(emit, config.annotations[i].key, config.annotations[i].value);
		emit_end(emit, '}');
	}
	oci_free(&config);
	emit_end(emit, '}');
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	OWN_BOX box = OCI_BOX_INIT;
	struct vps_err err = { 0 };
	struct emit emit = { 0 };

	(void)values;
	(void)count;
	if (oci_box_open(cli, args[0], false, &box, &err) < 0)
		return oci_say_error(cli, &err);
	oci_show_state(&box, &emit);
	return OCI_DONE;
}

const struct oci_command oci_state = {
	.name = "state",
	.args = "ID",
	.summary = "print the state of a container",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
