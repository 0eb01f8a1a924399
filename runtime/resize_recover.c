// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finishes or undoes a vps_set() that was killed, by its journal; called with the lock of the VPS. */
#include "resize.h"

#include <jansson.h>
#include <string.h>

#include "base/fileio.h"
#include "events.h"
#include "host.h"
#include "places.h"
#include "resize_parts.h"

/* Whether the new spec of the journal is the one that is there. */
static bool is_done(const struct vps *vps, const struct journal *journal)
{
	OWN_MEM char *text = NULL;
	struct vps_err ignored = { 0 };

	return journal->spec &&
	       file_read(vps->vps_fd, SPEC_FILE, SPEC_SIZE_MAX, &text, NULL, &ignored) == 0 &&
	       strcmp(text, journal->spec) == 0;
}

/* What a person would write; lists are written as they are. */
static const char *text_of(enum resource_id id, const char *lines,
			   const struct resource_places *places, char *buf, size_t size)
{
	uint64_t value;

	if (resources[id].is_text)
		return *lines ? lines : "default";
	return resource_cg_parse(id, lines, places, &value) == 0 ?
		       resource_format(id, value, buf, size) : lines;
}

/* The set was killed before it could say what it had done, and nobody knows who asked for it. */
static void record(const struct vps *vps, const struct journal *journal)
{
	struct resource_places places;
	char before[40], after[40];
	size_t i;

	places_find(vps->host->root_fd, &places);
	for (i = 0; i < journal->count; i++) {
		const struct journal_step *step = &journal->steps[i];

		if (strcmp(step->before, step->after) == 0)
			continue;
		event_record(vps->host->root_fd, vps->name, "limit-changed",
			     json_pack("{ss, ss, ss, sb, sb, sn}", "limit", resources[step->id].name,
				       "old", text_of(step->id, step->before, &places, before, sizeof(before)),
				       "new", text_of(step->id, step->after, &places, after, sizeof(after)),
				       "is_running", true, "is_saved", true, "by"));
	}
}

static void put_back(struct vps *vps, const struct journal *journal)
{
	struct live live = LIVE_INIT;
	struct vps_err ignored = { 0 };

	/* A run that has ended meanwhile took its limits along. */
	if (vps->init_fd >= 0 &&
	    live_open(vps->run_fd, vps->host->root_fd, &live, &ignored) == 0) {
		live_open_disk(&live);
		(void)resize_undo(&live, journal->steps, journal->count, &ignored);
	}
	live_close(&live);
	/* But what was made for it while it ended, somebody has to take away. */
	if (vps->init_fd < 0 && !vps->has_monitor)
		run_clear(vps);
	(void)bundle_set_limits(vps->run_fd, journal->steps, journal->count, true, &ignored);
}

int resize_recover(struct vps *vps, struct vps_err *err)
{
	struct journal journal = { 0 };
	int r = journal_read(vps->run_fd, &journal, err);

	if (r <= 0)
		return r;
	if (is_done(vps, &journal))
		record(vps, &journal);
	else
		put_back(vps, &journal);
	journal_free(&journal);
	return journal_remove(vps->run_fd, err);
}
