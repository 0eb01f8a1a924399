// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci run: create and start, and without --detach stay until its init ends. */
#include "base/phase.h"
#include "cli/oci_bring.h"
#include "cli/oci_say.h"
#include "runtime/relay.h"
#include "runtime/streams.h"

static const struct option_row options[] = {
	OCI_BRING_ROWS,
	{ 'd', "detach", NULL, OPTION_SWITCH, OCI_BRING(is_detached), "do not wait for it" },
	{ 0, "keep", NULL, OPTION_SWITCH, OCI_BRING(is_kept), "do not delete it when it ends" },
	{ 0 },
};

/* Until init ends; its exit status. */
static int attend(struct oci_bring *bring, struct streams *streams, int signal_fd)
{
	struct container *c = &bring->c;
	int status;

	if (c->console_fd >= 0)
		relay_terminal(c->console_fd, c->init_fd, signal_fd, true);
	else
		streams_relay(streams, 0, c->init_fd, signal_fd);
	status = relay_wait(c->init_pid);
	c->init_pid = 0;
	phase_end("program");
	return status;
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	const struct oci_bring_values *wanted = values;
	struct oci_bring bring = OCI_BRING_INIT;
	struct vps_err err = { 0 }, ignored = { 0 };
	OWN_STREAMS streams = STREAMS_INIT;
	OWN_FD signal_fd = wanted->is_detached ? FD_NONE : relay_watch_signals();
	int status = OCI_DONE;
	int r = wanted->is_detached ? 0 : streams_open(&streams, true, &err);

	(void)count;
	bring.c.starts_at_once = true;
	bring.c.stdio = streams.inside;
	if (r == 0)
		r = oci_bring_up(cli, wanted, args[0], false, &bring, &err);
	if (r == 0) {
		r = container_start(&bring.c, &err);
		if (r < 0)
			oci_bring_down(&bring);
	}
	if (r == 0 && !wanted->is_detached) {
		/* Others may stop, pause or delete it from here on. */
		oci_box_unlock(&bring.box);
		status = attend(&bring, &streams, signal_fd);
		/* Without the directory, somebody deleted it meanwhile. */
		if (!wanted->is_kept && oci_box_lock(&bring.box, &ignored) == 0)
			oci_bring_down(&bring);
	}
	oci_bring_free(&bring);
	phase_end("cleanup");
	return r < 0 ? oci_bring_say(cli, &bring, &err) : status;
}

const struct oci_command oci_run = {
	.name = "run",
	.args = "ID",
	.summary = "create and start a container",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.values_size = sizeof(struct oci_bring_values),
	.run = run,
};
