// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finishes or undoes a vps_set() that was killed, by its journal; called with the lock of the VPS. */
#include "resize.h"

#include <string.h>

#include "base/fileio.h"
#include "host.h"
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
	if (!is_done(vps, &journal))
		put_back(vps, &journal);
	journal_free(&journal);
	return journal_remove(vps->run_fd, err);
}
