// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-oci events: statistics now and then, and when the kernel killed for memory; lines of JSON. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "base/units.h"
#include "cli/oci_box.h"
#include "cli/oci_say.h"
#include "cli/oci_stats.h"
#include "isolation/cg.h"
#include "isolation/cg_stat.h"

#define INTERVAL_MSEC	5000

struct events_values {
	const char *interval;
	bool        is_once;
};

static const struct option_row options[] = {
	{ 0, "interval", "TIME", OPTION_TEXT, offsetof(struct events_values, interval),
	  "between statistics, such as 500ms or 1m (5s)" },
	{ 0, "stats", NULL, OPTION_SWITCH, offsetof(struct events_values, is_once),
	  "statistics once, and end" },
	{ 0 },
};

/* What is watched. */
struct watch {
	const char *id;
	int         init_fd, cg_fd, notify_fd;	/* notify_fd: changes of memory.events, or FD_NONE */
	uint64_t    kills;			/* that were reported already */
	int         interval_msec;
};

static void begin_event(struct emit *emit, const char *type, const char *id)
{
	*emit = (struct emit){ .is_compact = true };
	emit_object(emit, NULL);
	emit_text(emit, "type", type);
	emit_text(emit, "id", id);
}

/* Whoever reads a pipe wants each line when it is written. */
static int end_event(struct emit *emit, struct vps_err *err)
{
	emit_end(emit, '}');
	return fflush(stdout) == 0 ? 0 : vps_err_set(err, -errno, "cannot write to standard output");
}

static int show_stats(const struct watch *w, struct vps_err *err)
{
	struct emit emit;

	begin_event(&emit, "stats", w->id);
	oci_stats_show(w->cg_fd, &emit);
	return end_event(&emit, err);
}

/* One event for what was killed since the last one. */
static int show_kills(struct watch *w, struct vps_err *err)
{
	uint64_t kills = cg_stat_number(w->cg_fd, "memory.events", "oom_kill");
	struct emit emit;

	if (kills <= w->kills)
		return 0;
	w->kills = kills;
	begin_event(&emit, "oom", w->id);
	return end_event(&emit, err);
}

static int64_t now_msec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until init ends. */
static int follow(struct watch *w, struct vps_err *err)
{
	struct pollfd fds[] = {
		{ .fd = w->init_fd, .events = POLLIN },
		{ .fd = w->notify_fd, .events = POLLIN },	/* negative: not looked at */
	};
	int64_t next = now_msec() + w->interval_msec;
	char changes[4096];
	int r = 0;

	while (r == 0) {
		int64_t left = next - now_msec();
		int ready = poll(fds, ARRAY_LEN(fds), left > 0 ? (int)left : 0);

		if (ready < 0 && errno != EINTR)
			return vps_err_set(err, -errno, "cannot wait for events");
		if (ready > 0 && fds[1].revents)
			(void)!read(w->notify_fd, changes, sizeof(changes));
		r = show_kills(w, err);
		if (r == 0 && ready > 0 && fds[0].revents)
			return 0;
		if (r == 0 && ready == 0) {
			r = show_stats(w, err);
			next = now_msec() + w->interval_msec;	/* no burst after a reader that slept */
		}
	}
	return r;
}

/* Changes of memory.events; FD_NONE where nothing counts memory. */
static int watch_memory(int cg_fd, struct vps_err *err)
{
	OWN_FD fd = FD_NONE;
	char path[64];

	if (faccessat(cg_fd, "memory.events", F_OK, 0) < 0)
		return FD_NONE;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/memory.events", cg_fd);
	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0 || inotify_add_watch(fd, path, IN_MODIFY) < 0)
		(void)vps_err_set(err, -errno, "cannot watch memory.events");
	return err->code ? FD_NONE : fd_take(&fd);
}

static int events(const struct oci_box *box, bool is_once, int interval_msec, struct vps_err *err)
{
	OWN_FD cg_fd = FD_NONE, notify_fd = FD_NONE;
	struct watch w = { .id = box->id, .init_fd = box->init_fd, .interval_msec = interval_msec };

	if (box->init_fd < 0)
		return vps_err_say(err, -VPS_ESTATE, "container not running: %.100s", box->id);
	cg_fd = oci_box_cgroup(box, "which would count what it uses", err);
	if (cg_fd < 0)
		return cg_fd;
	w.cg_fd = cg_fd;
	if (is_once)
		return show_stats(&w, err);
	w.kills = cg_stat_number(cg_fd, "memory.events", "oom_kill");
	notify_fd = watch_memory(cg_fd, err);
	w.notify_fd = notify_fd;
	return err->code ? err->code : follow(&w, err);
}

/* "500ms", and what people write for a time elsewhere. */
static int parse_interval(const char *text, int *ret_msec)
{
	size_t len = strlen(text);
	uint64_t msec;
	char number[12];

	if (len > 2 && len < sizeof(number) && !strcmp(text + len - 2, "ms")) {
		(void)snprintf(number, sizeof(number), "%.*s", (int)(len - 2), text);
		if (number_parse(number, 1, INT32_MAX, &msec) < 0)
			return -EINVAL;
	} else if (unit_parse(UNIT_SECONDS, text, &msec) < 0 || !msec || msec > INT32_MAX) {
		return -EINVAL;
	}
	*ret_msec = (int)msec;
	return 0;
}

static int run(const struct oci_cli *cli, const void *values, int count, char **args)
{
	const struct events_values *wanted = values;
	OWN_BOX box = OCI_BOX_INIT;
	struct vps_err err = { 0 };
	int interval_msec = INTERVAL_MSEC;

	(void)count;
	if (wanted->interval && parse_interval(wanted->interval, &interval_msec) < 0)
		return oci_say_misuse(cli, "--interval: \"%.60s\" is not a time such as 5s or 500ms",
				      wanted->interval);
	if (oci_box_open(cli, args[0], false, &box, &err) < 0 ||
	    events(&box, wanted->is_once, interval_msec, &err) < 0)
		return oci_say_error(cli, &err);
	return OCI_DONE;
}

const struct oci_command oci_events = {
	.name = "events",
	.args = "ID",
	.summary = "print what a container uses, and when memory ran out",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.values_size = sizeof(struct events_values),
	.run = run,
};
