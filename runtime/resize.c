// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vps_set(): changes limits of a VPS, in its spec and in the run that goes on,
 * all of them or none; called by vpsctl. journal.h says in which order.
 */
#include "resize.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpulist.h"
#include "base/fileio.h"
#include "base/lock.h"
#include "disk.h"
#include "events.h"
#include "fault.h"
#include "host_limits.h"
#include "isolation/cg.h"
#include "limits.h"
#include "places.h"
#include "resize_parts.h"
#include "spec_parts.h"

/* One vps_set() on its way. */
struct resize {
	struct vps    *vps;
	unsigned       flags;
	struct arena   arena;		/* the plan, and the lines of the steps */
	struct spec    spec;		/* becomes the new one */
	struct limits  saved_before, saved;
	struct limits  run_before, run;	/* of the rows that are asked for */
	bool           is_asked[RESOURCES], is_live[RESOURCES];
	struct live    live;
	struct resize_step steps[RESOURCES + 1];	/* and memory.high, for shrink.c */
	size_t         step_count;
	char          *text;		/* the new spec.json, or NULL: it stays */
	int            claims_fd;	/* of host_limits_claim() */
};

static void resize_free(struct resize *rz)
{
	live_close(&rz->live);
	own_close(&rz->claims_fd);
	spec_free(&rz->spec);
	arena_free(&rz->arena);
	free(rz->text);
}

static bool is_saved(const struct resize *rz)
{
	return !(rz->flags & VPS_SET_RUNNING);
}

/* Whether a run goes on, or begins again by policy, that is to be changed too. */
static bool has_run(const struct resize *rz)
{
	return rz->vps->has_monitor && !(rz->flags & VPS_SET_SAVED);
}

/* ---- what is asked for ---- */

static bool asks_disk(const struct resize *rz)
{
	return rz->is_asked[RES_DISK] || rz->is_asked[RES_INODES];
}

/* Whether what was read limits anything: a burst follows from its rate, and a list of all processors is none. */
static bool is_limit(const struct resize *rz, enum resource_id id, uint64_t value, const char *lines)
{
	struct cpulist list, all;
	char text[LIVE_LINES];

	if (!resources[id].is_text)
		return resources[id].place != PLACE_LINK || value != resource_value(&rz->run, id);
	if (id != RES_CPU_SET || file_read_line(rz->live.cg_fd, "../cpuset.cpus.effective", text,
						sizeof(text)) <= 0)
		return *lines;
	return *lines && !(cpulist_parse(lines, &list) && cpulist_parse(text, &all) &&
			   cpulist_is_equal(&list, &all));
}

/* What limits a run has that is not changed through its spec: as the kernel says. */
static void read_run(struct resize *rz)
{
	char lines[LIVE_LINES];
	int id;

	if (rz->live.cg_fd >= 0)
		live_open_disk(&rz->live);
	for (id = 0; id < RESOURCES; id++) {
		uint64_t value;

		if (rz->live.cg_fd < 0 || live_read(&rz->live, (enum resource_id)id, &value, lines) < 0)
			continue;
		rz->run.text[id] = resources[id].is_text ? arena_strdup(&rz->arena, lines) : NULL;
		rz->run.value[id] = value;
		rz->run.is_set[id] = is_limit(rz, (enum resource_id)id, value, lines) &&
				     (!resources[id].is_text || rz->run.text[id]);
	}
	if (rz->run.is_set[RES_CPU_DEDICATED])	/* its list is in the file of both */
		rz->run.is_set[RES_CPU_SET] = false;
}

static int change(struct resize *rz, const struct limit_change *change, struct vps_err *err)
{
	rz->is_asked[change->id] = true;
	return limits_apply(is_saved(rz) ? &rz->saved : &rz->run, change, err);
}

static int change_by_plan(struct resize *rz, const char *plan, struct vps_err *err)
{
	struct limits limits = { 0 };
	int id, r = spec_parse_resources(plan, strlen(plan), &rz->arena, &limits, err);

	for (id = 0; r == 0 && id < RESOURCES; id++) {
		const struct limit_change to = {
			.id = (enum resource_id)id,
			.value = limits.value[id],
			.text = limits.text[id],
		};

		if (limits.is_set[id])
			r = change(rz, &to, err);
	}
	return r;
}

static int change_by_words(struct resize *rz, const struct vps_settings *settings,
			   struct vps_err *err)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < settings->count; i++) {
		struct limit_change asked;

		r = limits_read_change(settings->pairs[i], &asked, err);
		if (r == 0)
			r = change(rz, &asked, err);
	}
	return r;
}

/* ---- whether it can be ---- */

/* A link that is limited shows that this kernel can, and faster than the probe. */
static bool is_limited_link(const struct live *live, enum resource_id id)
{
	char lines[LIVE_LINES];
	uint64_t value;

	return resources[id].place == PLACE_LINK && live->cg_fd >= 0 &&
	       live_read(live, id, &value, lines) == 0 && value != UINT64_MAX;
}

/* Whether the spec lets this host leave out what it cannot do. */
static bool is_left_out(const struct resize *rz, const struct limits *limits, enum resource_id id)
{
	struct vps_err ignored = { 0 };

	return rz->spec.is_best_effort && is_saved(rz) && !is_limited_link(&rz->live, id) &&
	       host_limits_check(limits, id, &rz->live.places, &ignored) == -VPS_EHOST;
}

static bool asks(const struct resize *rz, const struct limits *limits, enum resource_id id)
{
	return rz->is_asked[id] && limits->is_set[id];
}

/* What only one VPS can have; of memory.min what is more than before, unless it is forced. */
static int claim(struct resize *rz, const struct limits *limits, struct vps_err *err)
{
	const struct limits *before = is_saved(rz) ? &rz->saved_before : &rz->run_before;
	const bool is_claimed[RESOURCES] = {
		[RES_MEMORY_MIN] = asks(rz, limits, RES_MEMORY_MIN) && !(rz->flags & VPS_SET_FORCE) &&
				   limits->value[RES_MEMORY_MIN] > resource_value(before, RES_MEMORY_MIN),
		[RES_CPU_SET] = asks(rz, limits, RES_CPU_SET),
		[RES_CPU_DEDICATED] = asks(rz, limits, RES_CPU_DEDICATED),
	};

	return host_limits_claim(rz->vps->host, rz->vps->name, limits, is_claimed, &rz->claims_fd,
				 err);
}

static int check_host(struct resize *rz, const struct limits *limits, struct vps_err *err)
{
	int id, r = 0;

	for (id = 0; r == 0 && id < RESOURCES; id++) {
		if (!asks(rz, limits, (enum resource_id)id))
			continue;
		if (is_left_out(rz, limits, (enum resource_id)id))
			continue;
		if (resources[id].place == PLACE_LINK && rz->live.cg_fd >= 0)
			continue;	/* doing it shows, and is faster than the probe */
		r = host_limits_check(limits, (enum resource_id)id, &rz->live.places, err);
		if (r == 0 && resources[id].place == PLACE_QUOTA)
			r = disk_check(&rz->live.disk, (enum resource_id)id, limits->value[id],
				       rz->live.cg_fd >= 0, err);
	}
	return r == 0 ? claim(rz, limits, err) : r;
}

/* Of a run alone what is not changed is as it may be. */
static int check_elastic(const struct resize *rz, const struct limits *limits, struct vps_err *err)
{
	const struct elastic *elastic = is_saved(rz) ? &rz->spec.elastic : &rz->live.elastic;
	struct limits become = *limits;
	int id;

	for (id = 0; id < ELASTICS; id++) {
		enum resource_id row = elastic_rows[id].id;

		if (is_saved(rz) || rz->is_asked[row])
			continue;
		become.is_set[row] = true;
		become.value[row] = elastic->floor[id];
	}
	return elastic_check(elastic, &become, "", err);
}

static int check(struct resize *rz, struct vps_err *err)
{
	const struct limits *limits = is_saved(rz) ? &rz->saved : &rz->run;

	if (rz->is_asked[RES_CPU_SET] && rz->is_asked[RES_CPU_DEDICATED])
		return vps_err_say(err, -EINVAL, "cpu.dedicated: not together with cpu.set; one after the other");
	if (limits_check(limits, "", err) < 0 || check_elastic(rz, limits, err) < 0 ||
	    spec_check_link(&rz->spec, limits, "", err) < 0)
		return err->code;
	return check_host(rz, limits, err);
}

/* ---- the steps ---- */

static int add_step(struct resize *rz, enum resource_id id, const char *before, const char *after,
		    bool is_changed)
{
	struct resize_step *step = &rz->steps[rz->step_count++];

	step->step.id = id;
	step->step.before = arena_strdup(&rz->arena, before);
	step->step.after = arena_strdup(&rz->arena, after);
	step->is_changed = is_changed;
	if (!step->step.before || !step->step.after)
		return -ENOMEM;
	if (resource_cg_parse(id, before, &rz->live.places, &step->before) < 0)
		step->before = step->after;
	(void)resource_cg_parse(id, after, &rz->live.places, &step->after);
	return 0;
}

/* How a limit is in the run: by its cgroup, or between two runs by what the next one starts from. */
static int read_before(struct resize *rz, enum resource_id id, const char *after, char *lines,
		       struct vps_err *err)
{
	const struct limits none = { 0 };
	uint64_t value;
	int r;

	if (rz->live.cg_fd < 0)
		return resource_cg_lines(id, &rz->saved_before, &rz->live.places, lines, LIVE_LINES,
					 err);
	r = live_read(&rz->live, id, &value, lines);
	if (r == -ENOENT && rz->flags & VPS_SET_DRY_RUN && resources[id].controller) {
		value = resource_value(&none, id);
		r = resource_cg_lines(id, &none, &rz->live.places, lines, LIVE_LINES, err);
	} else if (r == -ENOENT) {
		r = live_enable(&rz->live, id, after, err);
		if (r == 0)
			r = live_read(&rz->live, id, &value, lines);
	}
	if (r == -ENOENT)
		return vps_err_say(err, -VPS_EHOST, "%s: this kernel has no %s",
				   resources[id].name, resources[id].file);
	if (r < 0)
		return vps_err_set(err, r, "%s: cannot read %s", resources[id].name,
				   resources[id].file);
	rz->run_before.value[id] = value;
	rz->run_before.is_set[id] = true;
	if (resources[id].is_text)
		rz->run_before.text[id] = arena_strdup(&rz->arena, lines);
	rz->is_live[id] = true;
	return 0;
}

/* Nothing limits it, and nothing shall. */
static bool is_free(const struct resize *rz, const struct limits *wanted, enum resource_id id)
{
	uint64_t value;

	if (!host_limits_has(id))
		return !wanted->is_set[id];
	return resources[id].place == PLACE_QUOTA &&
	       (!wanted->is_set[id] || wanted->value[id] == UINT64_MAX) &&
	       disk_read(&rz->live.disk, id, &value) == -ENOENT;
}

static int plan_step(struct resize *rz, enum resource_id id, struct vps_err *err)
{
	const struct limits *wanted = is_saved(rz) ? &rz->saved : &rz->run;
	char before[LIVE_LINES], after[LIVE_LINES];
	int r;

	if (is_free(rz, wanted, id))
		return 0;
	if (is_left_out(rz, wanted, id))
		return 0;
	r = resource_cg_lines(id, wanted, &rz->live.places, after, sizeof(after), err);
	if (r == 0)
		r = read_before(rz, id, after, before, err);
	if (r < 0)
		return r;
	r = add_step(rz, id, before, after, strcmp(before, after) != 0);
	if (r < 0)
		return vps_err_set(err, r, "cannot plan %s", resources[id].name);
	rz->run.is_set[id] = true;
	rz->run.value[id] = rz->steps[rz->step_count - 1].after;
	rz->run.text[id] = wanted->is_set[id] ? wanted->text[id] : "";
	return 0;
}

/* shrink.c lowers memory.high for a moment: whoever undoes a killed one must know what it was. */
static int plan_high(struct resize *rz, struct vps_err *err)
{
	char lines[LIVE_LINES];
	uint64_t value;

	if (!rz->is_asked[RES_MEMORY] || rz->is_asked[RES_MEMORY_HIGH] || rz->live.cg_fd < 0 ||
	    live_read(&rz->live, RES_MEMORY_HIGH, &value, lines) < 0)
		return 0;
	if (add_step(rz, RES_MEMORY_HIGH, lines, lines, false) < 0)
		return vps_err_set(err, -ENOMEM, "cannot plan the change");
	return 0;
}

/* A file system that grew does not shrink again: until all else is done it stays. */
static void put_growth_last(struct resize *rz)
{
	struct resize_step *steps = rz->steps, step;
	size_t i, last = rz->step_count - 1;

	for (i = 0; i + 1 < rz->step_count; i++) {
		if (steps[i].step.id != RES_DISK || rz->live.disk.is_counted)
			continue;
		step = steps[i];
		memmove(&steps[i], &steps[i + 1], (last - i) * sizeof(*steps));
		steps[last] = step;
		return;
	}
}

static int plan(struct resize *rz, struct vps_err *err)
{
	int id, r = 0;

	for (id = 0; r == 0 && id < RESOURCES; id++)
		if (rz->is_asked[id])
			r = plan_step(rz, (enum resource_id)id, err);
	if (r == 0)
		r = plan_high(rz, err);
	resize_sort(rz->steps, rz->step_count);
	put_growth_last(rz);
	return r;
}

/* ---- doing it ---- */

static size_t steps_of(const struct resize *rz, struct journal_step steps[RESOURCES + 1])
{
	size_t i;

	for (i = 0; i < rz->step_count; i++)
		steps[i] = rz->steps[i].step;
	return rz->step_count;
}

static int write_spec(struct resize *rz, struct vps_err *err)
{
	if (fault_hits("set spec", err))
		return err->code;
	return file_replace(rz->vps->vps_fd, SPEC_FILE, rz->text, strlen(rz->text), 0600, true, err);
}

/* What follows the cgroup. On failure config.json and cgroup are put back. */
static int write_files(struct resize *rz, const struct journal_step *steps, size_t count,
		       struct vps_err *err)
{
	struct vps_err ignored = { 0 }, why = { 0 };
	int r = fault_hits("set config", err) ? err->code :
		bundle_set_limits(rz->vps->run_fd, steps, count, false, err);

	if (r == 0 && rz->text)
		r = write_spec(rz, err);
	if (r == 0)
		return 0;
	(void)bundle_set_limits(rz->vps->run_fd, steps, count, true, &ignored);
	if (rz->live.cg_fd >= 0 && resize_undo(&rz->live, steps, count, &why) < 0)
		return vps_err_in(err, "not all limits could be put back (%.150s)", why.text);
	return vps_err_in(err, "all limits are as they were");
}

/* What asks us to end has to wait: what is half done would stay so until the next command. */
static void hold_signals(sigset_t *ret_before)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGQUIT);
	(void)sigaddset(&set, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &set, ret_before);
}

static int change_run(struct resize *rz, struct vps_err *err)
{
	struct journal_step steps[RESOURCES + 1];
	size_t count = steps_of(rz, steps);
	struct vps_err ignored = { 0 };
	sigset_t before;
	int r;

	hold_signals(&before);
	r = journal_write(rz->vps->run_fd, steps, count, rz->text, err);

	if (r == 0 && !fault_hits("set journal", err) && rz->live.cg_fd >= 0)
		(void)resize_apply(&rz->live, rz->steps, rz->step_count, err);
	if (!err->code)
		(void)write_files(rz, steps, count, err);
	if (!err->code)
		(void)fault_hits("set done", &ignored);	/* only to be killed at */
	/* Also after a failure: what could not be put back now cannot be later. */
	(void)journal_remove(rz->vps->run_fd, err->code ? &ignored : err);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err->code;
}

/* The new spec.json, unless it is the same as the old one. */
static int print_spec(struct resize *rz, struct vps_err *err)
{
	OWN_MEM char *before = NULL, *after = NULL;
	int r;

	if (!is_saved(rz))
		return 0;
	rz->spec.limits = rz->saved_before;
	r = spec_print(&rz->spec, &before, err);
	rz->spec.limits = rz->saved;
	if (r == 0)
		r = spec_print(&rz->spec, &after, err);
	if (r == 0 && strcmp(before, after) != 0)
		rz->text = mem_take(&after);
	return r;
}

static int set_disk(struct resize *rz, const struct limits *limits, struct vps_err *err)
{
	return disk_apply(rz->vps->vps_fd, &rz->live.disk, limits, rz->spec.is_best_effort, err);
}

static int carry_out(struct resize *rz, struct vps_err *err)
{
	/* Of one that does not run no step does it. The next start does it again anyway. */
	bool sets_disk = asks_disk(rz) && rz->live.cg_fd < 0 && !(rz->flags & VPS_SET_SAVED);
	int r = print_spec(rz, err);

	if (r == 0 && sets_disk)
		r = set_disk(rz, &rz->saved, err);
	if (r < 0)
		return r;
	if (has_run(rz) && rz->step_count)
		r = change_run(rz, err);
	else if (rz->text)
		r = write_spec(rz, err);
	if (r < 0 && sets_disk)
		(void)set_disk(rz, &rz->saved_before, &(struct vps_err){ 0 });
	return r;
}

/* ---- the report ---- */

static void put_text(char *to, size_t size, const struct limits *limits, enum resource_id id)
{
	char buf[40];

	(void)snprintf(to, size, "%s", limits_format(limits, id, buf, sizeof(buf)));
}

static struct vps_change change_of(const struct resize *rz, enum resource_id id)
{
	struct vps_change change = { 0 };

	(void)snprintf(change.name, sizeof(change.name), "%s", resources[id].name);
	if (is_saved(rz)) {
		put_text(change.saved_before, sizeof(change.saved_before), &rz->saved_before, id);
		put_text(change.saved, sizeof(change.saved), &rz->saved, id);
	}
	if (rz->is_live[id]) {
		put_text(change.running_before, sizeof(change.running_before), &rz->run_before, id);
		put_text(change.running, sizeof(change.running), &rz->run, id);
	}
	return change;
}

static int report(const struct resize *rz, struct vps_change **ret_changes, size_t *ret_count,
		  struct vps_err *err)
{
	struct vps_change *changes = calloc(RESOURCES + 1, sizeof(*changes));
	size_t n = 0;
	int id;

	if (!changes)
		return vps_err_set(err, -ENOMEM, "cannot report the change");
	for (id = 0; id < RESOURCES; id++)
		if (rz->is_asked[id])
			changes[n++] = change_of(rz, (enum resource_id)id);
	*ret_changes = changes;
	*ret_count = n;
	return 0;
}

static void record(const struct resize *rz)
{
	int id;

	for (id = 0; id < RESOURCES; id++) {
		const struct vps_change change = change_of(rz, (enum resource_id)id);
		bool is_run = rz->is_live[id];
		const char *before = is_run ? change.running_before : change.saved_before;
		const char *after = is_run ? change.running : change.saved;

		if (rz->is_asked[id] && strcmp(before, after) != 0)
			event_record(rz->vps->host->root_fd, rz->vps->name, "limit-changed",
				     event_by(json_pack("{ss, ss, ss, sb, sb}", "limit",
							change.name, "old", before, "new", after,
							"is_running", is_run, "is_saved",
							is_saved(rz))));
	}
}

/* ---- the verb ---- */

static int open_run(struct resize *rz, struct vps_err *err)
{
	if ((rz->flags & VPS_SET_RUNNING) && rz->vps->init_fd < 0)
		return vps_err_say(err, -VPS_ESTATE, "it is not running");
	if (has_run(rz) && rz->vps->init_fd >= 0)
		return live_open(rz->vps->run_fd, rz->vps->host->root_fd, &rz->live, err);
	places_find(rz->vps->host->root_fd, &rz->live.places);
	return 0;
}

/* We hold its lock: one that does not run is mounted until we are done. */
static void open_disk(struct resize *rz)
{
	if (rz->live.cg_fd < 0)
		disk_open(rz->vps->vps_fd, true, &rz->live.disk);
	else if (is_saved(rz))		/* else read_run() has */
		live_open_disk(&rz->live);
}

static int prepare(struct resize *rz, const struct vps_settings *settings, struct vps_err *err)
{
	int r = vps_load_spec(rz->vps->vps_fd, &rz->spec, err);

	if (r == 0)
		r = open_run(rz, err);
	if (r < 0)
		return r;
	rz->saved = rz->saved_before = rz->spec.limits;
	if (!is_saved(rz))
		read_run(rz);
	rz->run_before = rz->run;
	if (settings->plan)
		r = change_by_plan(rz, settings->plan, err);
	if (r == 0)
		r = change_by_words(rz, settings, err);
	if (r == 0 && asks_disk(rz))
		open_disk(rz);
	if (r == 0)
		r = check(rz, err);
	if (r == 0 && has_run(rz))
		r = plan(rz, err);
	return r;
}

int vps_set(struct vps_host *host, const char *name, const struct vps_settings *settings,
	    unsigned flags, struct vps_change **ret_changes, size_t *ret_count,
	    struct vps_err *err)
{
	OWN_VPS vps = VPS_INIT;
	struct resize rz = { .vps = &vps, .flags = flags, .live = LIVE_INIT,
			     .claims_fd = FD_NONE };
	struct vps_change *changes = NULL;
	size_t count = 0;
	int r = vps_lock(host, name, &vps, err);

	if (r == 0)
		r = prepare(&rz, settings, err);
	if (r == 0 && ret_changes)
		r = report(&rz, &changes, &count, err);
	if (r == 0 && !(flags & VPS_SET_DRY_RUN)) {
		r = carry_out(&rz, err);
		if (r == 0)
			record(&rz);
	}
	if (r == 0 && ret_changes) {
		*ret_changes = mem_take(&changes);
		*ret_count = count;
	}
	free(changes);
	resize_free(&rz);
	return r;
}
